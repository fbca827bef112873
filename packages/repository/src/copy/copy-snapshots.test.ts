import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Backend, MemoryBackend, pathOf, type StoredFiles } from '@coffre/storage'
import { crashStates, fixtureContext, fixturePassword, RepositoryFixture } from '@coffre/testkit'
import type { StoredSnapshot } from '../format/snapshot.ts'
import { EntriesByPack } from '../prune/entries-by-pack.ts'
import { repackPacks } from '../prune/repack-packs.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import { loadIndex } from '../repository/load-index.ts'
import { openRepository } from '../repository/open-repository.ts'
import type { Repository } from '../repository/repository.ts'
import { listSnapshots } from '../snapshots/snapshots.ts'
import { walkTree } from '../walk/walk-tree.ts'
import { type CopyCounts, type CopyOptions, copySnapshots } from './copy-snapshots.ts'

const signal = new AbortController().signal
const options: CopyOptions = { compression: 'auto', verification: 'all', packBytes: 64 * 1024 }

async function copyAll(
  from: Repository,
  to: Repository,
  more: Partial<CopyOptions> = {},
  chosen?: StoredSnapshot[],
): Promise<CopyCounts> {
  const { onDamaged } = more
  const load = { trustOnlyListedPacks: true, ...(onDamaged === undefined ? {} : { onDamaged }) }
  const source = { repository: from, index: await loadIndex(from, {}, signal) }
  const target = { repository: to, index: await loadIndex(to, load, signal) }
  return copySnapshots(source, target, chosen ?? (await listSnapshots(from, signal)), { ...options, ...more }, signal)
}

/** What a power cut tore was not yet relied on by anything. */
function passOver(): void {
  // The test shows that nothing is missing without it.
}

/** Everything in a snapshot, contents too: reading it proves that no blob is missing. */
async function contentOf(repository: Repository, tree: string): Promise<string[]> {
  const reader = new BlobReader(repository, await loadIndex(repository, { onDamaged: passOver }, signal))
  const items: string[] = []
  for await (const { path, node } of walkTree(reader, tree, {}, signal)) {
    const blobs = await Promise.all((node.content ?? []).map((id) => reader.blob(id, false, signal)))
    items.push(`${path} ${node.mtime} ${Buffer.concat(blobs).toString('base64')}`)
  }
  return items
}

async function twoSnapshots(): Promise<RepositoryFixture> {
  const fixture = await RepositoryFixture.create({ seed: 1 })
  await fixture.snapshot({ 'a/one': 'one', 'a/noise': fixture.noise(200_000, 1) }, { tags: ['x'] })
  await fixture.snapshot({ 'b/two': 'two', 'a/one': 'one more' })
  return fixture
}

test('copies are whole, name their original, and have no parent', async () => {
  await using from = await twoSnapshots()
  await using to = await RepositoryFixture.create({ seed: 2 })
  const counts = await copyAll(from.repository, to.repository)
  const [originals, copies] = [await listSnapshots(from.repository, signal), await listSnapshots(to.repository, signal)]
  assert.equal(counts.snapshotsCopied, 2)
  assert.deepEqual(
    copies.map(({ id, ...rest }) => rest),
    originals.map(({ id, parent, ...rest }) => ({ ...rest, original: id })),
  )
  for (const { tree } of originals) assert.deepEqual(await contentOf(to.repository, tree), await contentOf(from.repository, tree))
  assert.equal(counts.bytesTransferred, counts.bytesPlanned)
})

test('what was copied already is skipped, and blobs that are there are not stored again', async () => {
  await using from = await twoSnapshots()
  await using to = await RepositoryFixture.create({ seed: 2 })
  const [first] = await listSnapshots(from.repository, signal)
  assert.ok(first !== undefined)
  await copyAll(from.repository, to.repository, {}, [first])
  const skipped: string[] = []
  const counts = await copyAll(from.repository, to.repository, { onSkipped: ({ id }) => skipped.push(id) })
  assert.deepEqual(skipped, [first.id])
  assert.deepEqual([counts.snapshotsCopied, counts.dataBlobs], [1, 2])
  const before = to.backend.operations.length
  assert.equal((await copyAll(from.repository, to.repository)).snapshotsSkipped, 2)
  assert.deepEqual(
    to.backend.operations.slice(before).filter(({ kind }) => kind === 'save'),
    [],
  )
})

test('a copy of a copy has the first original, and is known as its copy', async () => {
  await using first = await twoSnapshots()
  await using second = await RepositoryFixture.create({ seed: 2 })
  await using third = await RepositoryFixture.create({ seed: 3 })
  await copyAll(first.repository, second.repository)
  await copyAll(second.repository, third.repository)
  const ids = (await listSnapshots(first.repository, signal)).map(({ id }) => id)
  assert.deepEqual(
    (await listSnapshots(third.repository, signal)).map(({ original }) => original),
    ids,
  )
  assert.equal((await copyAll(first.repository, third.repository)).snapshotsSkipped, 2)
  assert.equal((await copyAll(third.repository, first.repository)).snapshotsSkipped, 2)
})

test('a damaged pack stops the copy with the blob', async () => {
  await using from = await twoSnapshots()
  await using to = await RepositoryFixture.create({ seed: 2 })
  const blob = await damageDataBlob(from)
  await assert.rejects(copyAll(from.repository, to.repository), { code: 'blob.missing', message: new RegExp(blob) })
  assert.deepEqual(await listSnapshots(to.repository, signal), [])
})

test('a damaged blob is copied from another pack that has it', async () => {
  await using from = await twoSnapshots()
  await using to = await RepositoryFixture.create({ seed: 2 })
  const index = await loadIndex(from.repository, {}, signal)
  const packs = [...index.packs.numbers()]
  const entries = new EntriesByPack(index)
  await repackPacks(from.repository, index, packs, (pack) => entries.of(pack), {}, signal)
  await damageDataBlob(from)
  const [first] = await listSnapshots(from.repository, signal)
  assert.equal((await copyAll(from.repository, to.repository)).snapshotsCopied, 2)
  assert.equal(
    (await contentOf(to.repository, first?.tree ?? '')).length,
    (await contentOf(from.repository, first?.tree ?? '')).length,
  )
})

test('format 1 is read and not written', async () => {
  await using old = await RepositoryFixture.create({ seed: 2, version: 1 })
  await using from = await twoSnapshots()
  await assert.rejects(copyAll(from.repository, old.repository), { code: 'repository.format-old' })
})

test('wherever a copy stops, snapshots are whole and another run completes it', async () => {
  await using from = await twoSnapshots()
  await using to = await RepositoryFixture.create({ seed: 2 })
  const open = (files: StoredFiles): Promise<Repository> =>
    openRepository(new MemoryBackend({ files }), fixtureContext({ seed: 3 }), { password: Buffer.from(fixturePassword) }, signal)
  const originals = await listSnapshots(from.repository, signal)
  const contents = new Map(
    await Promise.all(originals.map(async ({ tree }) => [tree, await contentOf(from.repository, tree)] as const)),
  )
  let states = 0
  const scenario = async (backend: Backend): Promise<unknown> => {
    const target = await openRepository(backend, fixtureContext({ seed: 3 }), { password: Buffer.from(fixturePassword) }, signal)
    return copyAll(from.repository, target)
  }
  for await (const state of crashStates(to.backend.files(), scenario)) {
    const stopped = await open(state.files)
    for (const { tree } of await listSnapshots(stopped, signal, passOver)) {
      assert.deepEqual(await contentOf(stopped, tree), contents.get(tree))
    }
    await copyAll(from.repository, stopped, { onDamaged: passOver })
    const copies = await listSnapshots(stopped, signal, passOver)
    assert.deepEqual(new Set(copies.map(({ original }) => original)), new Set(originals.map(({ id }) => id)))
    for (const { tree } of copies) assert.deepEqual(await contentOf(stopped, tree), contents.get(tree))
    states++
  }
  assert.ok(states > 10, `${states} states`)
})

/** Flips a bit in the place where the first data blob of the index is looked for; its id. */
async function damageDataBlob(fixture: RepositoryFixture): Promise<string> {
  const index = await loadIndex(fixture.repository, {}, signal)
  let entry = 0
  while (index.blobs.isTree(entry)) entry++
  const { packId, offset } = index.found(entry)
  const file = { type: 'pack', name: packId } as const
  const bytes = Buffer.from(await fixture.backend.load(file, undefined, signal))
  bytes[offset + 20] = (bytes[offset + 20] ?? 0) ^ 1
  fixture.backend.plant(pathOf(file), bytes)
  return index.blobs.idHex(entry)
}
