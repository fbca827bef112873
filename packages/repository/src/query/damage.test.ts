import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RepositoryFixture } from '@coffre/testkit'
import type { Id, Node } from '../format/node.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import { loadIndex } from '../repository/load-index.ts'
import { findFolder } from '../walk/find-folder.ts'
import type { TreeSource } from '../walk/walk-tree.ts'
import { diff } from './diff.ts'
import { findEntries } from './find-entries.ts'
import { findObjects } from './find-objects.ts'
import { ls } from './ls.ts'

/** A repository of which one tree is lost. */
class Lossy implements TreeSource {
  readonly #reader: BlobReader
  readonly #lost: Id

  constructor(reader: BlobReader, lost: Id) {
    this.#reader = reader
    this.#lost = lost
  }

  async tree(id: Id, signal: AbortSignal): Promise<readonly Node[]> {
    if (id === this.#lost) throw new Error('lost')
    return this.#reader.tree(id, signal)
  }
}

test('a lost tree ends a listing, and is told of by searches and comparisons, which go on', async () => {
  await using fixture = await RepositoryFixture.create()
  const { repository, signal } = fixture
  const first = await fixture.snapshot({ 'lost/x': 'x', 'z/x': 'x' })
  const second = await fixture.snapshot({ 'lost/x': 'other', 'z/y': 'y' })
  const index = await loadIndex(repository, {}, signal)
  const reader = new BlobReader(repository, index)
  const lost = await findFolder(reader, first.tree, `${fixture.source}/lost`, signal)
  const source = new Lossy(reader, lost)

  await assert.rejects(
    Array.fromAsync(ls(source, first.tree, { folders: [], recursive: false, sort: 'name', reverse: false }, signal)),
    /lost/,
  )

  const told: Id[] = []
  const onUnreadable = (_snapshot: unknown, tree: Id): number => told.push(tree)
  const found = await Array.fromAsync(
    findEntries(source, [first, second], { patterns: ['x'], ignoreCase: false, onUnreadable }, signal),
  )
  assert.deepEqual(
    found.map(({ snapshot, path }) => [snapshot.id, path.slice(fixture.source.length)]),
    [
      [first.id, '/z/x'],
      [second.id, '/lost/x'],
      [second.id, '/z/x'],
    ],
  )
  const blob = found[0]?.node.content?.[0] ?? ''
  const objects = await Array.fromAsync(findObjects(source, [first], { blobs: [blob], trees: [] }, onUnreadable, signal))
  assert.deepEqual(
    objects.map(({ path }) => path.slice(fixture.source.length)),
    ['/z/x'],
  )
  assert.deepEqual(told, [lost, lost])

  const changes: string[] = []
  const failed: string[] = []
  const onChange = ({ path, modifier }: { path: string; modifier: string }): number =>
    changes.push(modifier + path.slice(fixture.source.length))
  await diff(
    source,
    index,
    first.tree,
    second.tree,
    { metadata: false, onChange, onError: (path) => failed.push(path.slice(fixture.source.length)) },
    signal,
  )
  assert.deepEqual([changes, failed], [['+/z/y'], ['/lost']])
})

test('what is no id is refused', async () => {
  await using fixture = await RepositoryFixture.create()
  const reader = new BlobReader(fixture.repository, await loadIndex(fixture.repository, {}, fixture.signal))
  for (const id of ['', 'abc', 'xyz'.repeat(4), 'a'.repeat(65)]) {
    const search = findObjects(reader, [], { blobs: [id], trees: [] }, () => assert.fail(), fixture.signal)
    await assert.rejects(Array.fromAsync(search), { code: 'usage.invalid' }, id)
  }
})
