import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayMs } from '@coffre/foundation'
import { describeItems, fileItem, folderItem, lockedFixture, RepositoryFixture, storedLocks } from '@coffre/testkit'
import { LockSession } from '../lock-down/lock-session.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import { loadIndex } from '../repository/load-index.ts'
import { readItems } from '../restore/read-items.ts'
import type { ArchiveItem, StoredEntry } from './archive-item.ts'
import { backupItems, type ItemBackupOptions } from './backup-items.ts'
import type { BackupResult } from './commit-backup.ts'

type Items = readonly (ArchiveItem | StoredEntry)[]

async function* each(items: Items): AsyncGenerator<ArchiveItem | StoredEntry> {
  yield* items
}

async function store(
  fixture: Pick<RepositoryFixture, 'repository' | 'backupOptions' | 'signal'>,
  items: Items,
  more: Partial<ItemBackupOptions> = {},
) {
  const index = await loadIndex(fixture.repository, { trustOnlyListedPacks: true }, fixture.signal)
  return backupItems(
    fixture.repository,
    index,
    each(items),
    { ...fixture.backupOptions(), paths: ['/log'], ...more },
    fixture.signal,
  )
}

/** The root's entries of an earlier result, to be taken over. */
async function entriesOf(fixture: RepositoryFixture, { tree }: BackupResult): Promise<Map<string, StoredEntry>> {
  const reader = new BlobReader(fixture.repository, await loadIndex(fixture.repository, {}, fixture.signal))
  const nodes = await reader.tree(tree, fixture.signal)
  return new Map(nodes.map((node) => [node.name, { kind: 'stored', path: node.name, node }]))
}

function hours(): ArchiveItem[] {
  return [
    folderItem('00'),
    fileItem('00/a', 'first'),
    folderItem('00/deep'),
    fileItem('00/deep/b', 'second'),
    folderItem('01'),
    fileItem('01/c', 'third'),
    fileItem('alone', 'fourth'),
  ]
}

test('folders and files of a snapshot are taken over as they are, beside new ones and under other names', async () => {
  await using fixture = await RepositoryFixture.create()
  const first = await store(fixture, hours())
  const entries = await entriesOf(fixture, first)
  const [zero, one, alone] = ['00', '01', 'alone'].map((name) => entries.get(name))
  assert.ok(zero && one && alone)
  const again = await store(fixture, [
    zero,
    folderItem('01'),
    { ...alone, path: '01/c' },
    { ...one, path: '02' },
    fileItem('new', 'fifth'),
  ])
  const index = await loadIndex(fixture.repository, {}, fixture.signal)
  const found = await describeItems(readItems(fixture.repository, index, again, '', fixture.signal))
  assert.deepEqual(
    found.map(({ path, content }) => `${path} ${content ?? ''}`),
    ['00 ', '00/a first', '00/deep ', '00/deep/b second', '01 ', '01/c fourth', '02 ', '02/c third', 'new fifth'],
  )
  assert.deepEqual([again.counts.filesUnmodified, again.counts.filesNew, again.counts.dirsUnmodified], [4, 1, 3])
  assert.equal(again.counts.totalBytesProcessed, 'firstsecondfourththirdfifth'.length)
  const whole = await store(fixture, [...entries.values()])
  assert.deepEqual([whole.tree, whole.counts.dataBlobs, whole.counts.treeBlobs], [first.tree, 0, 0])
})

test('what is not all there is not taken over, and a folder taken over takes more', async () => {
  await using fixture = await RepositoryFixture.create()
  const entries = await entriesOf(fixture, await store(fixture, hours()))
  const zero = entries.get('00')
  assert.ok(zero)
  const grown = await store(fixture, [zero, fileItem('other', ''), fileItem('00/more', 'x')])
  const index = await loadIndex(fixture.repository, {}, fixture.signal)
  const found = await describeItems(readItems(fixture.repository, index, grown, '00', fixture.signal))
  assert.deepEqual(
    found.map(({ path }) => path),
    ['a', 'deep', 'deep/b', 'more'],
  )
  await assert.rejects(store(fixture, [zero, zero]), { code: 'source.failed', message: /came before/ })
  await assert.rejects(store(fixture, [{ ...zero, path: 'nowhere/00' }]), { code: 'source.failed' })
  const unknown = { ...zero.node, subtree: 'ab'.repeat(32) }
  await assert.rejects(store(fixture, [{ kind: 'stored', path: 'x', node: unknown }]), { code: 'blob.missing', message: /"x"/ })
  const file = entries.get('alone')?.node
  assert.ok(file)
  await assert.rejects(store(fixture, [{ kind: 'stored', path: 'y', node: { ...file, content: ['cd'.repeat(32)] } }]), {
    code: 'blob.missing',
    message: /data blob cdcd/,
  })
})

test('in a locked vault the packs of what is taken over are extended with the snapshot', async () => {
  await using fixture = await lockedFixture()
  const { repository, signal } = fixture
  const under = async (items: Items): Promise<BackupResult> => {
    const index = await loadIndex(repository, { trustOnlyListedPacks: true }, signal)
    const lock = await LockSession.open(repository, index, {}, signal)
    assert.ok(lock)
    return backupItems(repository, index, each(items), { ...fixture.backupOptions(), paths: ['/log'], lock }, signal)
  }
  const first = await under(hours())
  fixture.context.clock.advance(25 * dayMs)
  const reader = new BlobReader(repository, await loadIndex(repository, {}, signal))
  const nodes = await reader.tree(first.tree, signal)
  await under(nodes.map((node) => ({ kind: 'stored', path: node.name, node })))
  const dueMs = fixture.context.clock.nowMs() + 30 * dayMs
  const packs = (await storedLocks(fixture.backend.objectLock, signal)).filter(({ version }) => version.type === 'pack')
  assert.ok(packs.length >= 2)
  for (const { retention } of packs) assert.ok((retention?.until.getTime() ?? 0) >= dueMs - 60_000)
})
