import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ByteString, dayMs } from '@coffre/foundation'
import {
  describeItems,
  fileItem,
  folderItem,
  lockedFixture,
  RepositoryFixture,
  SeededRandom,
  storedLocks,
  symlinkItem,
  testSeed,
} from '@coffre/testkit'
import type { StoredSnapshot } from '../format/snapshot.ts'
import { LockSession } from '../lock-down/lock-session.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import { loadIndex } from '../repository/load-index.ts'
import { readItems } from '../restore/read-items.ts'
import { listSnapshots, loadSnapshot } from '../snapshots/snapshots.ts'
import { walkTree } from '../walk/walk-tree.ts'
import type { ArchiveItem } from './archive-item.ts'
import { backupItems, type ItemBackupOptions } from './backup-items.ts'
import type { BackupResult } from './commit-backup.ts'
import { layOutPoint, readManifest } from './point-layout.ts'

const kibibyte = 1024
const mebibyte = 1024 * kibibyte

async function* each(items: Iterable<ArchiveItem>): AsyncGenerator<ArchiveItem> {
  yield* items
}

async function store(
  fixture: RepositoryFixture,
  items: Iterable<ArchiveItem> | AsyncIterable<ArchiveItem>,
  options: Partial<ItemBackupOptions> = {},
): Promise<BackupResult> {
  const index = await loadIndex(fixture.repository, {}, fixture.signal)
  const all = { ...fixture.backupOptions(), paths: ['/docs'], packBytes: 8 * mebibyte, ...options }
  return backupItems(fixture.repository, index, Symbol.asyncIterator in items ? items : each(items), all, fixture.signal)
}

async function snapshotOf(fixture: RepositoryFixture, result: BackupResult): Promise<StoredSnapshot> {
  assert.ok(result.snapshotId)
  return loadSnapshot(fixture.repository, result.snapshotId, fixture.signal)
}

async function stored(fixture: RepositoryFixture, result: BackupResult, below: ByteString = '') {
  const index = await loadIndex(fixture.repository, {}, fixture.signal)
  return describeItems(readItems(fixture.repository, index, result, below, fixture.signal))
}

/** The lengths of a file's blobs. */
async function pieceLengths(fixture: RepositoryFixture, result: BackupResult, path: ByteString): Promise<number[]> {
  const index = await loadIndex(fixture.repository, {}, fixture.signal)
  const reader = new BlobReader(fixture.repository, index)
  for await (const item of walkTree(reader, result.tree, {}, fixture.signal)) {
    if (item.path === path) return (item.node.content ?? []).map((id) => index.contentBytes(id, false) ?? -1)
  }
  throw new Error(`${path} is not there`)
}

test('items come back as they were: kinds, names, metadata, contents', async () => {
  await using fixture = await RepositoryFixture.create()
  const items = (): ArchiveItem[] => [
    fileItem('Z', 'capital'),
    folderItem('a', { mode: 0o1777, modifiedMs: 0 }),
    folderItem('a/empty', { uid: 0, gid: 4_294_967_295 }),
    fileItem('a/file', 'content', { metadata: { mode: 0o4755, modifiedMs: -1.5 } }),
    fileItem('a/none', '', { metadata: { mode: 0 } }),
    symlinkItem('a/link', '../é\udcff'),
    fileItem('a\udc80 b\n"\\', 'awkward'),
    folderItem('a-', {}),
    fileItem('a-/x', 'not in a', { metadata: { modifiedMs: 253_402_300_799_999 } }),
    fileItem('é', fixture.noise(3 * mebibyte, 1)),
  ]
  const result = await store(fixture, items(), { tags: ['coffre:source=docs'] })
  const sorted = (await describeItems(each(items()))).sort((x, y) => (walkKey(x.path) < walkKey(y.path) ? -1 : 1))
  assert.deepEqual(await stored(fixture, result), sorted)
  const { paths, tags, hostname, summary } = await snapshotOf(fixture, result)
  assert.deepEqual({ paths, tags, hostname }, { paths: ['/docs'], tags: ['coffre:source=docs'], hostname: 'fixture-host' })
  assert.equal(summary?.totalFilesProcessed, 6)
  assert.equal(summary?.totalBytesProcessed, 3 * mebibyte + 'capitalcontentawkwardnot in a'.length)
})

/** Orders paths as a walk over sorted trees does, for paths whose bytes are ordered as their code units are. */
function walkKey(path: ByteString): string {
  return Buffer.from(path.replaceAll('/', '\0').replaceAll('\udc80', '\x80'), 'utf8').toString('latin1')
}

test('who names no owner is given that of the backup', async () => {
  await using fixture = await RepositoryFixture.create()
  const metadata = { mode: 0o600, modifiedMs: 5 }
  const result = await store(fixture, [{ kind: 'folder', path: 'a', metadata }])
  assert.deepEqual(await stored(fixture, result), [{ kind: 'folder', path: 'a', metadata: { ...metadata, uid: 1000, gid: 1000 } }])
})

test('no items make an empty tree', async () => {
  await using fixture = await RepositoryFixture.create()
  const result = await store(fixture, [])
  assert.deepEqual(await stored(fixture, result), [])
  assert.equal((await listSnapshots(fixture.repository, fixture.signal)).length, 1)
})

test('a tree is the same in whatever order its items come, folders before what is in them', async () => {
  await using fixture = await RepositoryFixture.create()
  const random = new SeededRandom(testSeed('order of items'))
  const folders = ['b', 'b/inner', 'b/inner/most', 'a', 'a/x', 'c', 'c/c', 'c/c/c']
  const files = folders.flatMap((folder) => ['1', '2', 'z'].map((name) => `${folder}/${name}`))
  const make = (path: string): ArchiveItem => (folders.includes(path) ? folderItem(path) : fileItem(path, path))
  const sorted = [...folders, ...files].sort()
  const first = await store(fixture, sorted.map(make))
  const orders = [
    [...folders, ...files],
    [...folders, ...files.toReversed()],
    sorted.toSorted((x, y) => x.split('/').length - y.split('/').length),
    ...Array.from({ length: 20 }, () => anyOrder(sorted, random)),
  ]
  for (const order of orders) {
    const { tree, counts } = await store(fixture, order.map(make))
    assert.equal(tree, first.tree, order.join(' '))
    assert.deepEqual([counts.dirsNew, counts.filesNew], [folders.length, files.length])
  }
})

/** A random order in which folders come before what is in them. */
function anyOrder(paths: readonly string[], random: SeededRandom): string[] {
  const waiting = [...paths]
  const order: string[] = []
  while (waiting.length > 0) {
    const ready = waiting.filter((path) => !waiting.some((other) => path.startsWith(`${other}/`)))
    const chosen = ready[random.integer(ready.length)] ?? ''
    waiting.splice(waiting.indexOf(chosen), 1)
    order.push(chosen)
  }
  return order
}

test('a folder that was left long ago is taken up again from its tree, with parent and counts as if it had never been left', async () => {
  await using fixture = await RepositoryFixture.create()
  const folders = Array.from({ length: 3 }, (_, number) => `outer/${number}`)
  const names = Array.from({ length: 1500 }, (_, number) => `file ${number}`)
  const inOrder = (last: string): ArchiveItem[] => [
    folderItem('outer'),
    ...folders.flatMap((folder) => [folderItem(folder), ...names.map((name) => fileItem(`${folder}/${name}`, folder))]),
    fileItem('outer/0/last', last),
    folderItem('outer/0/inner'),
    fileItem('outer/0/inner/late', 'late'),
  ]
  const first = await store(fixture, inOrder('1'))
  const sorted = inOrder('1').sort((x, y) => (walkKey(x.path) < walkKey(y.path) ? -1 : 1))
  const second = await store(fixture, sorted, { parent: await snapshotOf(fixture, first) })
  assert.equal(first.tree, second.tree)
  assert.deepEqual([first.counts.dirsNew, first.counts.filesNew], [5, 4502])
  const third = await store(fixture, inOrder('2'), { parent: await snapshotOf(fixture, first) })
  const { dirsNew, dirsChanged, dirsUnmodified, filesNew, filesChanged, filesUnmodified } = third.counts
  assert.deepEqual({ dirsNew, dirsChanged, dirsUnmodified }, { dirsNew: 0, dirsChanged: 2, dirsUnmodified: 3 })
  assert.deepEqual({ filesNew, filesChanged, filesUnmodified }, { filesNew: 0, filesChanged: 1, filesUnmodified: 4501 })
  const twice = [...inOrder('1'), fileItem('outer/0/file 17', 'again')]
  await assert.rejects(store(fixture, twice), { code: 'source.failed', message: /"outer\/0\/file 17" came before/ })
})

test('contents are cut as those of files are, however their chunks lie', async () => {
  const sizes = [0, 1, 512 * kibibyte - 1, 512 * kibibyte, 512 * kibibyte + 1, 4 * mebibyte, 6 * mebibyte, 6 * mebibyte + 1]
  sizes.push(12 * mebibyte + 7, 20 * mebibyte + 13)
  await using fixture = await RepositoryFixture.create()
  const contents = new Map(sizes.map((size) => [`of ${size}`, fixture.noise(size, size)]))
  for (const cut of ['content', 'fixed'] as const) {
    await fixture.write(Object.fromEntries(contents))
    const fromDisk = await fixture.backup({ cut, packBytes: 8 * mebibyte })
    for (const chunkBytes of [1000, 65_536, 5 * mebibyte, 64 * mebibyte]) {
      const items = [...contents].map(([path, content]) => fileItem(path, content, { cut, chunkBytes }))
      const result = await store(fixture, items)
      for (const path of contents.keys()) {
        const expected = await pieceLengths(fixture, fromDisk, `${fixture.source}/${path}`)
        assert.deepEqual(await pieceLengths(fixture, result, `/${path}`), expected, `${cut}, ${path}, chunks of ${chunkBytes}`)
      }
      assert.equal(result.counts.dataBlobs, 0, 'a blob that the files did not have')
    }
  }
  const whole = await store(fixture, [fileItem('x', new Uint8Array(mebibyte + 5), { cut: 'fixed' })])
  assert.deepEqual(await pieceLengths(fixture, whole, '/x'), [512 * kibibyte, 512 * kibibyte, 5])
})

for (const workers of [0, 2]) {
  test(`thousands of small contents come back whole, with ${workers} threads`, async () => {
    await using fixture = await RepositoryFixture.create({ workers })
    const random = new SeededRandom(testSeed('small contents'))
    const items = (): ArchiveItem[] => {
      const draw = new SeededRandom(7)
      return Array.from({ length: 4000 }, (_, number) => {
        const size = draw.integer(10) === 0 ? draw.integer(40_000) : draw.integer(300)
        return fileItem(`file ${String(number).padStart(5, '0')}`, draw.bytes(size), { chunkBytes: 1 + draw.integer(3000) })
      })
    }
    const shuffled = items()
      .map((item) => ({ item, key: random.integer(2 ** 30) }))
      .sort((x, y) => x.key - y.key)
    const result = await store(
      fixture,
      shuffled.map(({ item }) => item),
    )
    assert.deepEqual(await stored(fixture, result), await describeItems(each(items())))
    assert.equal(result.counts.filesNew, 4000)
  })
}

test('an item is new, changed or unmodified by its content alone', async () => {
  await using fixture = await RepositoryFixture.create()
  const items = (version: number): ArchiveItem[] => [
    folderItem('same'),
    fileItem('same/file', 'same'),
    folderItem('touched'),
    fileItem('touched/file', 'same', { metadata: { modifiedMs: version } }),
    folderItem('other'),
    fileItem('other/changed', `version ${version}`),
    fileItem(`other/new ${version}`, 'new'),
    symlinkItem('other/link', 'somewhere'),
  ]
  const first = await store(fixture, items(1))
  const { counts } = await store(fixture, items(2), { parent: await snapshotOf(fixture, first) })
  const { dirsNew, dirsChanged, dirsUnmodified, filesNew, filesChanged, filesUnmodified, dataBlobs } = counts
  assert.deepEqual({ dirsNew, dirsChanged, dirsUnmodified }, { dirsNew: 0, dirsChanged: 2, dirsUnmodified: 1 })
  assert.deepEqual({ filesNew, filesChanged, filesUnmodified }, { filesNew: 1, filesChanged: 1, filesUnmodified: 2 })
  assert.equal(dataBlobs, 1)
})

test('no snapshot is made of what equals the parent, if so wished', async () => {
  await using fixture = await RepositoryFixture.create()
  const items = (): ArchiveItem[] => [folderItem('a'), fileItem('a/b', 'c')]
  const parent = await snapshotOf(fixture, await store(fixture, items()))
  const again = await store(fixture, items(), { parent, skipIfUnchanged: true })
  assert.deepEqual([again.snapshotId, again.tree], [undefined, parent.tree])
})

test('the manifest lies beside the folder of the items, and is asked for when all have come', async () => {
  await using fixture = await RepositoryFixture.create()
  let delivered = false
  async function* items(): AsyncGenerator<ArchiveItem> {
    yield folderItem('base')
    yield fileItem('base/1', 'one')
    yield symlinkItem('link', 'base/1')
    delivered = true
  }
  const metadata = { mode: 0o700, modifiedMs: 1_700_000_000_000, uid: 1, gid: 2 }
  const manifest = async (): Promise<Uint8Array> => {
    assert.ok(delivered)
    return Buffer.from('{"engine":"scripted"}')
  }
  const result = await store(fixture, layOutPoint(items(), { folder: 'data', metadata, manifest }))
  const manifestOf = async (tree: string) =>
    readManifest(fixture.repository, await loadIndex(fixture.repository, {}, fixture.signal), { tree }, fixture.signal)
  assert.equal((await manifestOf(result.tree))?.toString(), '{"engine":"scripted"}')
  assert.deepEqual(
    (await stored(fixture, result)).map(({ path, kind, metadata: { mode } }) => `${kind} ${path} ${mode.toString(8)}`),
    ['file coffre.json 644', 'folder data 700', 'folder data/base 700', 'file data/base/1 600', 'symlink data/link 777'],
  )
  assert.deepEqual(
    (await stored(fixture, result, 'data')).map(({ path }) => path),
    ['base', 'base/1', 'link'],
  )
  assert.equal(await manifestOf((await store(fixture, [fileItem('other.json', '{}')])).tree), undefined)
  const failing = layOutPoint(items(), { folder: 'data', metadata, manifest: () => Promise.reject(new Error('no manifest')) })
  await assert.rejects(store(fixture, failing), /no manifest/)
  assert.equal((await listSnapshots(fixture.repository, fixture.signal)).length, 2)
})

test('in a locked vault all that a snapshot of items needs is under retention', async () => {
  await using fixture = await lockedFixture()
  const items = [folderItem('a'), ...Array.from({ length: 50 }, (_, i) => fileItem(`a/${i}`, fixture.noise(30_000, i)))]
  const index = await loadIndex(fixture.repository, { trustOnlyListedPacks: true }, fixture.signal)
  const lock = await LockSession.open(fixture.repository, index, {}, fixture.signal)
  assert.ok(lock)
  const options = { ...fixture.backupOptions(), paths: ['/docs'], lock }
  await backupItems(fixture.repository, index, each(items), options, fixture.signal)
  const { objectLock } = fixture.backend
  const locks = (await storedLocks(objectLock, fixture.signal)).filter(({ version }) => version.type === 'pack')
  assert.ok(locks.length > 1)
  const termMs = 30 * dayMs
  for (const { retention } of locks) assert.ok((retention?.until.getTime() ?? 0) >= fixture.context.clock.nowMs() + termMs - 60_000)
})
