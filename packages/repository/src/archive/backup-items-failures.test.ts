import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CoffreError } from '@coffre/foundation'
import { MemoryBackend, type MemoryOperation, type Verdict } from '@coffre/storage'
import { describeItems, FaultyBackend, fileItem, folderItem, RepositoryFixture, symlinkItem } from '@coffre/testkit'
import { loadIndex } from '../repository/load-index.ts'
import { readItems } from '../restore/read-items.ts'
import { listSnapshots } from '../snapshots/snapshots.ts'
import type { ArchiveItem } from './archive-item.ts'
import { backupItems, type ItemBackupOptions } from './backup-items.ts'
import type { BackupResult } from './commit-backup.ts'

async function* each(items: Iterable<ArchiveItem>): AsyncGenerator<ArchiveItem> {
  yield* items
}

async function store(
  fixture: Pick<RepositoryFixture, 'repository' | 'signal' | 'backupOptions'>,
  items: AsyncIterable<ArchiveItem>,
  options: Partial<ItemBackupOptions> = {},
  signal = fixture.signal,
): Promise<BackupResult> {
  const index = await loadIndex(fixture.repository, {}, fixture.signal)
  return backupItems(fixture.repository, index, items, { ...fixture.backupOptions(), paths: ['/docs'], ...options }, signal)
}

async function assertNoSnapshot({ repository, signal }: Pick<RepositoryFixture, 'repository' | 'signal'>): Promise<void> {
  assert.deepEqual(await listSnapshots(repository, signal), [])
}

const metadata = { mode: 0o600, modifiedMs: 0 }

const refused: readonly (readonly [why: string, items: readonly ArchiveItem[], message: RegExp])[] = [
  ['a path that came before', [fileItem('a', '1'), fileItem('a', '2')], /"a" came before/],
  ['a folder that came before', [folderItem('a'), folderItem('a/b'), fileItem('c', ''), folderItem('a/b')], /"a\/b" came before/],
  ['a folder after a file', [fileItem('a', '1'), folderItem('a')], /"a" came before/],
  ['an empty path', [folderItem('')], /"" has an empty segment/],
  ['a leading slash', [folderItem('/a')], /"\/a" has an empty segment/],
  ['a final slash', [folderItem('a/')], /"a\/" has an empty segment/],
  ['an empty segment', [folderItem('a'), fileItem('a//b', '')], /"a\/\/b" has an empty segment/],
  ['the folder itself', [fileItem('./b', '')], /"\.\/b" has/],
  ['the folder above', [folderItem('a'), fileItem('a/../b', '')], /"a\/\.\.\/b" has/],
  ['nothing but the folder above', [folderItem('..')], /"\.\." has/],
  ['a zero byte', [fileItem('a\0b', '')], /"a\\x00b" has/],
  ['a path of no bytes', [fileItem('a\ud800', '')], /"a\\ud800" has a path that stands for no bytes/],
  ['bytes that are another name', [fileItem('\udcc3\udca9', '')], /stands for no bytes/],
  ['a file used as a folder', [fileItem('a', '1'), fileItem('a/b', '2')], /"a\/b" lies in "a", which is no folder/],
  ['a symlink used as a folder', [symlinkItem('a', 'x'), fileItem('a/b', '2')], /"a\/b" lies in "a", which is no folder/],
  ['a folder that never came', [folderItem('a'), fileItem('a/b/c', '')], /"a\/b\/c" came before its folder "a\/b"/],
  ['a folder that comes too late', [fileItem('a/b', ''), folderItem('a')], /"a\/b" came before its folder "a"/],
  ['a mode with the type', [folderItem('a', { mode: 0o40755 })], /"a" has the mode 16877/],
  ['a negative mode', [folderItem('a', { mode: -1 })], /"a" has the mode -1/],
  ['no time', [folderItem('a', { modifiedMs: Number.NaN })], /"a" has the time NaN/],
  ['an endless time', [folderItem('a', { modifiedMs: Number.POSITIVE_INFINITY })], /"a" has the time Infinity/],
  ['half an owner', [folderItem('a', { uid: 0.5 })], /"a" has the owner 0\.5:1002/],
  ['a symlink to nowhere', [symlinkItem('a', '')], /"a" is a symlink without a usable target/],
]

for (const [why, items, message] of refused) {
  test(`refused with its path: ${why}`, async () => {
    await using fixture = await RepositoryFixture.create()
    await assert.rejects(store(fixture, each(items)), { code: 'source.failed', message })
    await assertNoSnapshot(fixture)
  })
}

test('an error of the source ends the backup as it is, and lets the source clean up', async () => {
  await using fixture = await RepositoryFixture.create()
  const broken = new CoffreError('source.unreachable', 'the connection is gone')
  const closed: string[] = []
  async function* content(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('half')
    throw broken
  }
  async function* items(): AsyncGenerator<ArchiveItem> {
    try {
      yield fileItem('whole', 'whole')
      yield { kind: 'file', path: 'half', metadata, cut: 'content', content: content() }
    } finally {
      closed.push('items')
    }
  }
  await assert.rejects(store(fixture, items()), broken)
  assert.deepEqual(closed, ['items'])
  async function* failing(): AsyncGenerator<ArchiveItem> {
    yield folderItem('a')
    throw broken
  }
  await assert.rejects(store(fixture, failing()), broken)
  await assertNoSnapshot(fixture)
})

test('a content that ends with source.incomplete is left out, and the rest is stored', async () => {
  await using fixture = await RepositoryFixture.create()
  async function* vanishing(bytes: number): AsyncGenerator<Uint8Array> {
    yield fixture.noise(bytes, 1)
    throw new CoffreError('source.incomplete', 'it vanished')
  }
  const gone = (path: string, bytes: number): ArchiveItem => {
    return { kind: 'file', path, metadata, cut: 'fixed', content: vanishing(bytes) }
  }
  const items = [fileItem('a', '1'), gone('b', 10), fileItem('c', '3'), gone('d', 20_000_000), fileItem('e', '5'), gone('f', 0)]
  const told: string[] = []
  const result = await store(fixture, each(items), {
    onError: (path, error) => told.push(`${path}: ${error instanceof Error ? error.message : ''}`),
  })
  assert.deepEqual(told, ['/b: it vanished', '/d: it vanished', '/f: it vanished'])
  const { errors, filesNew, totalBytesProcessed } = result.counts
  assert.deepEqual({ errors, filesNew, totalBytesProcessed }, { errors: 3, filesNew: 3, totalBytesProcessed: 3 })
  const index = await loadIndex(fixture.repository, {}, fixture.signal)
  const stored = await describeItems(readItems(fixture.repository, index, result, '', fixture.signal))
  assert.deepEqual(
    stored.map(({ path, content }) => `${path}${content}`),
    ['a1', 'c3', 'e5'],
  )
})

/** Sources that never answer, at one place each; `closed` counts those that were asked to clean up. */
function hanging(place: 'items' | 'content' | 'closing'): AsyncIterable<ArchiveItem> & { reached: Promise<void> } {
  const { promise: reached, resolve } = Promise.withResolvers<void>()
  const forEver = (): Promise<never> => {
    resolve()
    return new Promise<never>(() => undefined)
  }
  const content: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => ({ next: forEver }) }
  let asked = 0
  const next = async (): Promise<IteratorResult<ArchiveItem>> => {
    if (place === 'items' && asked === 2) return forEver()
    asked++
    if (asked === 1) return { value: folderItem('a'), done: false }
    if (place === 'closing') return { value: folderItem('a'), done: false }
    return { value: { kind: 'file', path: 'a/b', metadata, cut: 'content', content }, done: false }
  }
  return { reached, [Symbol.asyncIterator]: () => ({ next, return: forEver }) }
}

for (const place of ['items', 'content', 'closing'] as const) {
  test(`a source whose ${place} never answers is left on an abort`, async () => {
    await using fixture = await RepositoryFixture.create()
    const abort = new AbortController()
    const source = hanging(place)
    const result = store(fixture, source, {}, abort.signal)
    result.catch(() => undefined)
    await source.reached
    abort.abort()
    await assert.rejects(result, { code: 'interrupted' })
    await assertNoSnapshot(fixture)
  })
}

test('an abort at any step ends the backup without a snapshot, and the source is told', async () => {
  await using origin = await RepositoryFixture.create()
  const { signal } = origin
  let finished = false
  for (let step = 0; !finished; step++) {
    const abort = new AbortController()
    let steps = 0
    const count = (): void => {
      if (steps++ === step) abort.abort()
    }
    let isCommitting = false
    const decide = (operation: MemoryOperation): Verdict => {
      if (operation.kind === 'save' && operation.path.startsWith('snapshots/')) isCommitting = true
      count()
      return { effect: 'applied' }
    }
    const repository = await origin.open(new MemoryBackend({ files: origin.backend.files(), decide }))
    const fixture = { repository, signal, backupOptions: () => origin.backupOptions() }
    async function* content(path: string): AsyncGenerator<Uint8Array> {
      for (let chunk = 0; chunk < 3; chunk++) {
        count()
        yield Buffer.from(`${path} ${chunk}`.repeat(20_000))
      }
      count()
    }
    let isOpen = false
    async function* items(): AsyncGenerator<ArchiveItem> {
      isOpen = true
      try {
        for (const folder of ['a', 'b']) {
          count()
          yield folderItem(folder)
          for (const name of ['1', '2']) {
            const path = `${folder}/${name}`
            count()
            yield { kind: 'file', path, metadata, cut: 'content', content: content(path) }
          }
        }
        count()
      } finally {
        isOpen = false
      }
    }
    try {
      await store(fixture, items(), {}, abort.signal)
      finished = steps <= step
      assert.equal((await listSnapshots(repository, signal)).length, 1)
    } catch (error) {
      assert.ok(error instanceof CoffreError && error.code === 'interrupted', `step ${step}: ${error}`)
      // What comes while the store is putting the snapshot down may be too late.
      if (!isCommitting) await assertNoSnapshot(fixture)
    }
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(isOpen, false, `step ${step}`)
    assert.ok(step < 500)
  }
})

for (const workers of [0, 2]) {
  test(`a full disk ends the backup with its own error, with ${workers} threads, though the source goes on for ever`, async () => {
    await using inner = await RepositoryFixture.create({ workers })
    const backend = new FaultyBackend(new MemoryBackend({ files: inner.backend.files() }), inner.context)
    const repository = await inner.open(backend)
    backend.limitSpace(2_000_000)
    async function* items(): AsyncGenerator<ArchiveItem> {
      for (let number = 0; ; number++) yield fileItem(`${number}`, inner.noise(50_000, number))
    }
    const fixture = { repository, signal: inner.signal, backupOptions: () => inner.backupOptions() }
    await assert.rejects(store(fixture, items()), { code: 'storage.no-space' })
    await assertNoSnapshot(fixture)
  })
}

test('a lock that is refused ends the backup', async () => {
  await using fixture = await RepositoryFixture.create()
  const confirmed = Promise.reject(new CoffreError('repository.locked', 'somebody was quicker'))
  await assert.rejects(store(fixture, each([fileItem('a', '1')]), { confirmed }), /somebody was quicker/)
  await assertNoSnapshot(fixture)
})
