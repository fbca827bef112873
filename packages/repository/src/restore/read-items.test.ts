import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBackend } from '@coffre/storage'
import { describeItems, FaultyBackend, fileItem, folderItem, RepositoryFixture } from '@coffre/testkit'
import type { ArchiveItem } from '../archive/archive-item.ts'
import { backupItems } from '../archive/backup-items.ts'
import { loadIndex } from '../repository/load-index.ts'
import type { Repository } from '../repository/repository.ts'
import { readItems } from './read-items.ts'

const mebibyte = 1024 * 1024

/** Counts the loads of packs and what they bring. */
class CountingBackend extends MemoryBackend {
  loads = 0
  loadedBytes = 0

  override async load(...args: Parameters<MemoryBackend['load']>): Promise<Uint8Array> {
    const bytes = await super.load(...args)
    if (args[0].type === 'pack') {
      this.loads++
      this.loadedBytes += bytes.length
    }
    return bytes
  }

  reset(): void {
    this.loads = 0
    this.loadedBytes = 0
  }
}

interface Stored {
  readonly fixture: RepositoryFixture<CountingBackend>
  readonly tree: string
  items(below?: string, signal?: AbortSignal, repository?: Repository): AsyncGenerator<ArchiveItem>
}

async function stored(items: readonly ArchiveItem[]): Promise<Stored & AsyncDisposable> {
  const fixture = await RepositoryFixture.create<CountingBackend>({ backend: new CountingBackend() })
  const { repository, signal } = fixture
  const options = { ...fixture.backupOptions(), paths: ['/x'], packBytes: 16 * mebibyte }
  const index = await loadIndex(repository, {}, signal)
  const each = async function* (): AsyncGenerator<ArchiveItem> {
    yield* items
  }
  const { tree } = await backupItems(repository, index, each(), options, signal)
  return {
    fixture,
    tree,
    async *items(below = '', abort = signal, from = repository) {
      yield* readItems(from, await loadIndex(from, {}, signal), { tree }, below, abort)
    },
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  }
}

test('items come in the order of a walk, relative to the folder', async () => {
  await using snapshot = await stored([
    folderItem('b'),
    fileItem('b/x', 'x'),
    folderItem('b/c'),
    fileItem('b/c/y', 'y'),
    folderItem('b-'),
    fileItem('a', 'a'),
  ])
  const paths = async (below: string): Promise<string[]> => (await describeItems(snapshot.items(below))).map(({ path }) => path)
  assert.deepEqual(await paths(''), ['a', 'b', 'b/c', 'b/c/y', 'b/x', 'b-'])
  assert.deepEqual(await paths('b'), ['c', 'c/y', 'x'])
  assert.deepEqual(await paths('/b/c/'), ['y'])
  assert.deepEqual(await paths('b-'), [])
  await assert.rejects(paths('c'), { code: 'snapshot.path-missing' })
  await assert.rejects(paths('a'), { code: 'snapshot.path-missing' })
})

test('a content is fetched when it is read, and no other', async () => {
  const files = Array.from({ length: 60 }, (_, number) => new Uint8Array(200_000).fill(number))
  const noise = files.map((file, number) => file.map((_, at) => (at * number * 2_654_435_761) >>> 13))
  await using snapshot = await stored(noise.map((content, number) => fileItem(`file ${100 + number}`, content)))
  const { backend } = snapshot.fixture
  for await (const _ of snapshot.items());
  backend.reset()
  for await (const _ of snapshot.items());
  const withoutContents = backend.loads
  backend.reset()
  for await (const item of snapshot.items()) {
    if (item.kind !== 'file' || !/(12|47)$/.test(item.path)) continue
    const number = Number(item.path.slice(-3)) - 100
    assert.deepEqual(Buffer.concat(await Array.fromAsync(item.content)), Buffer.from(noise[number] ?? []))
  }
  assert.equal(backend.loads, withoutContents + 2)
  assert.ok(backend.loadedBytes < 500_000)
})

test('who reads all contents has small ones fetched together', async () => {
  await using snapshot = await stored(
    Array.from({ length: 2000 }, (_, number) => fileItem(`${10_000 + number}`, `content ${number}`)),
  )
  const { backend } = snapshot.fixture
  const found = await describeItems(snapshot.items())
  assert.deepEqual(
    found.map(({ content }) => content?.toString()),
    Array.from({ length: 2000 }, (_, number) => `content ${number}`),
  )
  assert.ok(backend.loads < 60, `${backend.loads} requests`)
})

test('of a long content no more than two windows are fetched ahead', async () => {
  await using fixture = await RepositoryFixture.create()
  await using snapshot = await stored([fileItem('long', fixture.noise(60 * mebibyte, 1), { cut: 'fixed' })])
  const { backend } = snapshot.fixture
  backend.reset()
  for await (const item of snapshot.items()) {
    if (item.kind !== 'file') continue
    let read = 0
    for await (const chunk of item.content) {
      read += chunk.length
      assert.ok(backend.loadedBytes < read + 17.5 * mebibyte, `${backend.loadedBytes} loaded when ${read} were read`)
    }
    assert.equal(read, 60 * mebibyte)
  }
})

test('an abort ends items and contents', async () => {
  await using snapshot = await stored([fileItem('a', 'a'), fileItem('b', new Uint8Array(3 * mebibyte), { cut: 'fixed' })])
  await assert.rejects(describeItems(snapshot.items('', AbortSignal.abort())), { code: 'interrupted' })
  const abort = new AbortController()
  const reading = (async (): Promise<void> => {
    for await (const item of snapshot.items('', abort.signal)) {
      if (item.kind !== 'file') continue
      for await (const _ of item.content) if (item.path === 'b') abort.abort()
    }
  })()
  await assert.rejects(reading, { code: 'interrupted' })
})

test('damage is an error, told when the content is read', async () => {
  await using snapshot = await stored([fileItem('a', new Uint8Array(100_000).fill(1))])
  const backend = new FaultyBackend(snapshot.fixture.backend, snapshot.fixture.context)
  const repository = await snapshot.fixture.open(backend)
  for await (const item of snapshot.items('', snapshot.fixture.signal, repository)) {
    assert.ok(item.kind === 'file')
    backend.setOdds({ probability: 1, faults: { load: [{ kind: 'bit-flip' }] } })
    await assert.rejects(Array.fromAsync(item.content), { code: 'blob.missing' })
  }
})

test('what is neither file, folder nor symlink cannot be an item', async () => {
  await using fixture = await RepositoryFixture.create()
  const { repository, context, signal } = fixture
  context.files.makeFifo(`${fixture.source}/fifo`, 0o600)
  const { tree } = await fixture.snapshot()
  const reading = describeItems(readItems(repository, await loadIndex(repository, {}, signal), { tree }, '', signal))
  await assert.rejects(reading, { code: 'usage.invalid', message: /fifo" is a fifo/ })
})
