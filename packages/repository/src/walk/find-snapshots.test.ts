import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathOf } from '@coffre/storage'
import { RepositoryFixture } from '@coffre/testkit'
import { BlobReader } from '../repository/blob-reader.ts'
import { loadIndex } from '../repository/load-index.ts'
import { BlobSet } from './blob-set.ts'
import { findSnapshot, selectSnapshots } from './find-snapshots.ts'
import { packStretches } from './pack-stretches.ts'
import { streamTrees } from './stream-trees.ts'

test('snapshots are found by latest, by beginnings of their ids, and with a folder', async () => {
  await using fixture = await RepositoryFixture.create()
  const { repository, signal } = fixture
  const first = await fixture.snapshot({ a: 'a' }, { tags: ['x'] })
  const second = await fixture.snapshot({ b: 'b' })
  const found = async (text: string, filter = {}): Promise<string[]> => {
    const { snapshot, subfolder } = await findSnapshot(repository, text, filter, signal)
    return [snapshot.id, subfolder]
  }
  assert.deepEqual(await found('latest'), [second.id, ''])
  assert.deepEqual(await found('latest:/a:b', { tags: [['x']] }), [first.id, '/a:b'])
  assert.deepEqual(await found(`${first.id.slice(0, 12)}:sub`), [first.id, 'sub'])
  await assert.rejects(found('latest', { hosts: ['other'], tags: [['a', 'b']] }), {
    code: 'snapshot.missing',
    message: /host other; tags a,b/,
  })
  await assert.rejects(found('xyz'), { code: 'snapshot.missing' })
})

test('a choice of snapshots has each once, and passes over what is not there', async () => {
  await using fixture = await RepositoryFixture.create()
  const { repository, signal } = fixture
  const first = await fixture.snapshot({ a: 'a' })
  const second = await fixture.snapshot({ b: 'b' }, { tags: ['x'] })
  const ids = async (names: string[], filter = {}, onProblem?: (name: string) => void): Promise<string[]> =>
    (await selectSnapshots(repository, names, filter, signal, onProblem)).map(({ id }) => id)
  assert.deepEqual(await ids([]), [first.id, second.id])
  assert.deepEqual(await ids([], { tags: [['x']] }), [second.id])
  assert.deepEqual(await ids(['latest', first.id.slice(0, 10), second.id]), [second.id, first.id])
  await assert.rejects(ids(['latest:folder']), { code: 'usage.invalid' })
  const problems: string[] = []
  fixture.backend.plant(pathOf({ type: 'snapshot', name: 'f'.repeat(64) }), Buffer.from('torn'))
  assert.deepEqual(await ids(['nothing', first.id], {}, (name) => problems.push(name)), [first.id])
  assert.deepEqual(await ids([], {}, (name) => problems.push(name)), [first.id, second.id])
  assert.deepEqual(problems, ['nothing', 'f'.repeat(64)])
})

test('trees are streamed once, for several roots too', async () => {
  await using fixture = await RepositoryFixture.create()
  const { repository, signal } = fixture
  const first = await fixture.snapshot({ 'same/deep/a': 'a', 'twin/deep/a': 'a', 'other/b': 'b' })
  const second = await fixture.snapshot({ 'other/c': 'c' })
  const index = await loadIndex(repository, {}, signal)
  const reader = new BlobReader(repository, index)
  const seen = new BlobSet(index)
  const stream = async (...roots: string[]): Promise<string[]> =>
    (await Array.fromAsync(streamTrees(reader, roots, seen, {}, signal))).map(({ id }) => id)
  const [ofFirst, ofSecond] = [await stream(first.tree), await stream(first.tree, second.tree)]
  const all = [...ofFirst, ...ofSecond]
  assert.equal(new Set(all).size, all.length)
  assert.ok(ofFirst.includes(first.tree) && ofSecond.includes(second.tree) && !ofSecond.includes(first.tree))
  assert.deepEqual(await stream(second.tree), [])
  const lost = 'ab'.repeat(32)
  await assert.rejects(stream(lost), { code: 'blob.missing' })
  assert.deepEqual([seen.has(lost, true), seen.has(lost, false), seen.size], [true, false, all.length + 1])
  const unreadable: string[] = []
  const passed = streamTrees(reader, [lost], new BlobSet(index), { onUnreadable: (id) => unreadable.push(id) }, signal)
  assert.deepEqual([await Array.fromAsync(passed), unreadable], [[], [lost]])
})

test('stretches hold the wanted blobs of a pack in order, and leave wide gaps out', async () => {
  await using fixture = await RepositoryFixture.create()
  await fixture.snapshot({ large: fixture.noise(8 << 20, 1) }, { packBytes: 32 << 20, cut: 'fixed' })
  const index = await loadIndex(fixture.repository, {}, fixture.signal)
  const data = Array.from({ length: index.blobs.count }, (_, entry) => entry).filter((entry) => !index.blobs.isTree(entry))
  const byOffset = data.toSorted(
    (a, b) => index.blobs.packOf(a) - index.blobs.packOf(b) || index.blobs.location(a).offset - index.blobs.location(b).offset,
  )
  const [whole] = packStretches(index, data.toReversed(), 64 << 20)
  const first = index.blobs.packOf(byOffset[0] ?? 0)
  assert.deepEqual(
    whole?.entries,
    byOffset.filter((entry) => index.blobs.packOf(entry) === first),
  )
  const ends = packStretches(
    index,
    [byOffset[0] ?? 0, byOffset.filter((entry) => index.blobs.packOf(entry) === first).at(-1) ?? 0],
    64 << 20,
  )
  assert.deepEqual(
    ends.map(({ entries }) => entries.length),
    [1, 1],
  )
  for (const { length, entries } of packStretches(index, data, 1 << 20)) assert.ok(length <= 1 << 20 || entries.length === 1)
})
