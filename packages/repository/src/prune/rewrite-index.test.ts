import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RepositoryFixture } from '@coffre/testkit'
import { loadIndex } from '../repository/load-index.ts'
import { rewriteIndex } from './rewrite-index.ts'

const signal = new AbortController().signal

test('an index that does not account for every byte of a pack replaces nothing', async () => {
  await using fixture = await RepositoryFixture.create()
  await fixture.snapshot({ a: fixture.noise(5000, 1), b: fixture.noise(5000, 2) })
  const { repository } = fixture
  const index = await loadIndex(repository, { trustOnlyListedPacks: true }, signal)
  const before = await repository.names('index', signal)
  const { pack: _pack, ...place } = index.blobs.location(0)
  index.blobs.place(0, { ...place, pack: index.blobs.packOf(index.blobs.count - 1) })
  const rewriting = rewriteIndex(repository, index, () => true, before, undefined, signal)
  await assert.rejects(rewriting, /make \d+ bytes, it has \d+/)
  assert.deepEqual(await repository.names('index', signal), before)
})

test('packs that are not kept are in no index afterwards, all others are', async () => {
  await using fixture = await RepositoryFixture.create()
  await fixture.snapshot({ a: fixture.noise(900_000, 1) })
  const { repository } = fixture
  const index = await loadIndex(repository, {}, signal)
  const [gone = 0, ...kept] = index.packs.numbers()
  assert.ok(kept.length > 0)
  const before = await repository.names('index', signal)
  await rewriteIndex(repository, index, (pack) => pack !== gone, before, undefined, signal)
  const after = await loadIndex(repository, {}, signal)
  assert.deepEqual(
    [...after.packs.numbers()].map((pack) => after.packs.id(pack)).sort(),
    kept.map((pack) => index.packs.id(pack)).sort(),
  )
  assert.deepEqual(after.files, index.files)
})
