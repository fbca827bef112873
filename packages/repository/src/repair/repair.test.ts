import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { type Backend, MemoryBackend, type StoredFiles } from '@coffre/storage'
import { crashStates, RepositoryFixture } from '@coffre/testkit'
import { checkRepository } from '../check/check-repository.ts'
import type { Finding } from '../check/finding.ts'
import { encodeIndex } from '../format/index-encoder.ts'
import type { Id } from '../format/node.ts'
import type { Held } from '../prune/held.ts'
import { planPrune } from '../prune/plan-prune.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import { loadIndex } from '../repository/load-index.ts'
import { Repository } from '../repository/repository.ts'
import { listSnapshots } from '../snapshots/snapshots.ts'
import { repairIndex } from './repair-index.ts'
import { parsePackIds, repairPacks } from './repair-packs.ts'
import { repairSnapshots } from './repair-snapshots.ts'

const signal = new AbortController().signal
const packBytes = 64 * 1024

async function exampleRepository(): Promise<RepositoryFixture> {
  const fixture = await RepositoryFixture.create()
  await fixture.snapshot({ 'a/one': fixture.noise(150_000, 1), 'a/two': 'two', 'b/three': fixture.noise(9000, 3) })
  await fixture.snapshot({ 'b/four': fixture.noise(90_000, 4), 'a/two': 'not two', 'b/three': fixture.noise(9000, 33) })
  return fixture
}

type MemoryRepository = Repository & { readonly backend: MemoryBackend }

function on(fixture: RepositoryFixture, files: StoredFiles): MemoryRepository {
  return onBackend(fixture, new MemoryBackend({ files })) as MemoryRepository
}

function onBackend(fixture: RepositoryFixture, backend: Backend): Repository {
  const { config, masterKey, keyId, context } = fixture.repository
  return new Repository(backend, context, config, masterKey, keyId)
}

async function findingsOf(repository: Repository): Promise<Finding[]> {
  const findings: Finding[] = []
  await checkRepository(repository, { readData: 'all', onFinding: (finding) => findings.push(finding) }, signal)
  return findings
}

async function errorsOf(repository: Repository): Promise<Finding[]> {
  return (await findingsOf(repository)).filter(({ severity }) => severity !== 'note')
}

function pathsOf(files: StoredFiles, folder: string): string[] {
  return [...files.keys()].filter((path) => path.startsWith(folder)).sort()
}

function changed(files: StoredFiles, path: string, change: (bytes: Uint8Array) => Uint8Array | undefined): StoredFiles {
  const copy = new Map(files)
  const bytes = change(files.get(path) ?? new Uint8Array())
  if (bytes === undefined) copy.delete(path)
  else copy.set(path, bytes)
  return copy
}

function flip(at: number): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => bytes.map((byte, position) => (position === (at + bytes.length) % bytes.length ? byte ^ 1 : byte))
}

/** The largest pack: one of data. */
function dataPack(files: StoredFiles): string {
  return pathsOf(files, 'data/').toSorted((a, b) => (files.get(b)?.length ?? 0) - (files.get(a)?.length ?? 0))[0] ?? ''
}

function nameOf(path: string): Id {
  return path.slice(path.lastIndexOf('/') + 1)
}

async function assertIdle(repository: MemoryRepository, repair: () => Promise<unknown>): Promise<void> {
  const before = repository.backend.operations.length
  await repair()
  assert.equal(repository.backend.operations.length, before)
}

test('a sound index is left as it is, however it is looked at', async () => {
  await using fixture = await exampleRepository()
  const repository = on(fixture, fixture.backend.files())
  for (const readAllPacks of [false, true]) {
    await assertIdle(repository, async () =>
      assert.equal((await repairIndex(repository, { readAllPacks }, signal)).isChanged, false),
    )
  }
})

test('indexes that are lost or damaged are made anew from the packs', async () => {
  await using fixture = await exampleRepository()
  const files = fixture.backend.files()
  for (const path of pathsOf(files, 'index/')) {
    for (const change of [() => undefined, flip(50), (bytes: Uint8Array) => bytes.subarray(1), () => new Uint8Array()]) {
      const repository = on(fixture, changed(files, path, change))
      const result = await repairIndex(repository, {}, signal)
      assert.ok(result.added.length > 0)
      assert.deepEqual(result.damagedIndexes, change(files.get(path) ?? new Uint8Array()) === undefined ? [] : [nameOf(path)])
      assert.deepEqual(await findingsOf(repository), [])
      await assertIdle(repository, () => repairIndex(repository, {}, signal))
    }
  }
})

test('a dry run says what would change and changes nothing', async () => {
  await using fixture = await exampleRepository()
  const files = fixture.backend.files()
  const repository = on(
    fixture,
    changed(files, pathsOf(files, 'index/')[0] ?? '', () => undefined),
  )
  await assertIdle(repository, async () => assert.ok((await repairIndex(repository, { dryRun: true }, signal)).isChanged))
})

test('an index that says what is not in the packs is believed until every pack is read', async () => {
  await using fixture = await exampleRepository()
  const files = fixture.backend.files()
  const index = await loadIndex(fixture.repository, {}, signal)
  const found = index.found(0)
  const lie = { id: found.packId, blobs: [{ ...found, id: index.blobs.idHex(0), isTree: !index.blobs.isTree(0) }] }
  const repository = on(fixture, files)
  await repository.saveUnpacked('index', encodeIndex([lie]), signal)
  const result = await repairIndex(repository, { readAllPacks: true }, signal)
  assert.deepEqual(result.corrected, [found.packId])
  assert.deepEqual(await findingsOf(repository), [])
})

test('packs that are gone leave the index, unless they are held', async () => {
  await using fixture = await exampleRepository()
  const files = fixture.backend.files()
  const path = dataPack(files)
  const repository = on(
    fixture,
    changed(files, path, () => undefined),
  )
  const held: Held = { snapshots: new Set(), packs: new Set([nameOf(path)]) }
  await assertIdle(repository, () => assert.rejects(repairIndex(repository, { held }, signal), { code: 'repository.held' }))
  assert.deepEqual((await repairIndex(repository, {}, signal)).dropped, [nameOf(path)])
  assert.ok((await findingsOf(repository)).every(({ kind }) => kind === 'missing-blob'))
})

test('a pack without a header keeps its entries, from which its blobs are saved', async () => {
  await using fixture = await exampleRepository()
  const files = fixture.backend.files()
  const path = dataPack(files)
  const repository = on(
    fixture,
    changed(files, path, (bytes) => bytes.subarray(0, bytes.length - 10)),
  )
  const { broken, isChanged } = await repairIndex(repository, {}, signal)
  assert.deepEqual([broken, isChanged], [[nameOf(path)], false])
  const { lost, savedBlobs } = await repairPacks(repository, broken, { packBytes }, signal)
  assert.deepEqual(lost, [])
  assert.ok(savedBlobs > 0)
  assert.deepEqual(await findingsOf(repository), [])
})

test('of a damaged pack everything else is saved, and what is lost is named', async () => {
  await using fixture = await exampleRepository()
  const files = fixture.backend.files()
  const index = await loadIndex(fixture.repository, {}, signal)
  const path = dataPack(files)
  const name = nameOf(path)
  const repository = on(fixture, changed(files, path, flip(100)))
  const copies: Id[] = []
  const dry = await repairPacks(repository, [name], { dryRun: true }, signal)
  const keepCopy = async (pack: Id, content: Uint8Array): Promise<void> => {
    copies.push(pack)
    assert.equal(content.length, files.get(path)?.length)
  }
  const result = await repairPacks(repository, [name], { packBytes, keepCopy }, signal)
  assert.deepEqual(dry, result)
  const entry = Array.from({ length: index.blobs.count }, (_, number) => number).find((number) => {
    const { packId, offset } = index.found(number)
    return packId === name && offset === 0
  })
  assert.deepEqual(
    result.lost.map(({ pack, blob, isTree, isElsewhere }) => ({ pack, blob, isTree, isElsewhere })),
    [{ pack: name, blob: index.blobs.idHex(entry ?? -1), isTree: false, isElsewhere: false }],
  )
  assert.deepEqual(copies, [name])
  assert.ok(!pathsOf(repository.backend.files(), 'data/').includes(path))
  assert.ok((await errorsOf(repository)).every(({ kind, blob }) => kind === 'missing-blob' && blob?.id === result.lost[0]?.blob))
})

test('a pack that was cut in half, emptied or removed gives what is left of it', async () => {
  await using fixture = await exampleRepository()
  const files = fixture.backend.files()
  const path = dataPack(files)
  for (const change of [(bytes: Uint8Array) => bytes.subarray(0, bytes.length >> 1), () => new Uint8Array(), () => undefined]) {
    const repository = on(fixture, changed(files, path, change))
    const { lost } = await repairPacks(repository, [nameOf(path)], { packBytes }, signal)
    assert.ok(lost.length > 0)
    const kinds = new Set((await errorsOf(repository)).map(({ kind }) => kind))
    assert.deepEqual(kinds, new Set(['missing-blob']))
    await repairSnapshots(repository, { forget: true }, signal)
    assert.deepEqual(await errorsOf(repository), [])
  }
})

test('a damaged pack whose blobs are all elsewhere loses nothing', async () => {
  await using fixture = await exampleRepository()
  const files = fixture.backend.files()
  const path = dataPack(files)
  const twice = on(fixture, files)
  await repairPacks(twice, [nameOf(path)], { packBytes }, signal)
  for (const [file, bytes] of changed(files, path, flip(100))) twice.backend.plant(file, bytes)
  const { lost } = await repairPacks(twice, [nameOf(path)], { packBytes }, signal)
  assert.deepEqual(
    lost.map(({ isElsewhere }) => isElsewhere),
    [true],
  )
  assert.deepEqual(await errorsOf(twice), [])
})

test('held packs are not touched, unknown ones are told', async () => {
  await using fixture = await exampleRepository()
  const name = nameOf(dataPack(fixture.backend.files()))
  const held: Held = { snapshots: new Set(), packs: new Set([name]) }
  const repository = on(fixture, fixture.backend.files())
  await assertIdle(repository, () => assert.rejects(repairPacks(repository, [name], { held }, signal), { code: 'repository.held' }))
  const ghost = createHash('sha256').update('ghost').digest('hex')
  assert.deepEqual((await repairPacks(repository, [ghost], { dryRun: true }, signal)).unknown, [ghost])
  assert.throws(() => parsePackIds(['abc']), { code: 'usage.invalid' })
})

/** A repository that lost the pack of `a/one`, and the names of its snapshots, oldest first. */
async function withLostContent(): Promise<{ fixture: RepositoryFixture; repository: MemoryRepository; ids: Id[] }> {
  const fixture = await exampleRepository()
  const files = fixture.backend.files()
  const repository = on(
    fixture,
    changed(files, dataPack(files), () => undefined),
  )
  await repairIndex(repository, {}, signal)
  return { fixture, repository, ids: (await listSnapshots(repository, signal)).map(({ id }) => id) }
}

test('broken snapshots get replacements that refer to what is there, once', async () => {
  const { fixture, repository, ids } = await withLostContent()
  await using _fixture = fixture
  const repairs: string[] = []
  const onRepair = (_: unknown, { path, problem }: { path: string; problem: string }): number =>
    repairs.push(`${path.slice(path.indexOf('/source'))} ${problem}`)
  await assertIdle(repository, async () => assert.equal((await repairSnapshots(repository, { dryRun: true }, signal)).length, 2))
  const repaired = await repairSnapshots(repository, { onRepair }, signal)
  assert.deepEqual(repairs, ['/source/a/one lost-content', '/source/a/one lost-content'])
  const snapshots = await listSnapshots(repository, signal)
  assert.equal(snapshots.length, 4)
  for (const { snapshot, replacement } of repaired) {
    const fresh = snapshots.find(({ id }) => id === replacement)
    assert.deepEqual([fresh?.original, fresh?.tags, fresh?.time], [snapshot.id, ['repaired'], snapshot.time])
  }
  await repairSnapshots(repository, {}, signal)
  assert.equal((await listSnapshots(repository, signal)).length, 4)
  const removed = await repairSnapshots(repository, { forget: true }, signal)
  assert.deepEqual(
    removed.map(({ snapshot, isRemoved }) => [snapshot.id, isRemoved]),
    ids.map((id) => [id, true]),
  )
  assert.deepEqual(await errorsOf(repository), [])
  await assertIdle(repository, async () => assert.deepEqual(await repairSnapshots(repository, { forget: true }, signal), []))
})

test('a file keeps the parts that are there, and its size is theirs', async () => {
  const { fixture, repository } = await withLostContent()
  await using _fixture = fixture
  await repairSnapshots(repository, { forget: true }, signal)
  const index = await loadIndex(repository, {}, signal)
  const reader = new BlobReader(repository, index)
  for (const { tree, paths } of await listSnapshots(repository, signal)) {
    let id = tree
    for (const name of `${paths[0]}/a`.split('/').slice(1))
      id = (await reader.tree(id, signal)).find((node) => node.name === name)?.subtree ?? ''
    const file = (await reader.tree(id, signal)).find(({ name }) => name === 'one')
    const bytes = (file?.content ?? []).reduce((sum, blob) => sum + (index.contentBytes(blob, false) ?? Number.NaN), 0)
    assert.equal(file?.size ?? 0, bytes)
    assert.ok(bytes < 150_000)
  }
})

test('a folder that cannot be read becomes empty, and a snapshot without a root goes only when asked', async () => {
  await using fixture = await exampleRepository()
  const files = fixture.backend.files()
  const index = await loadIndex(fixture.repository, {}, signal)
  const [first] = await listSnapshots(fixture.repository, signal)
  const reader = new BlobReader(fixture.repository, index)
  const tree = async (id: Id, name: string): Promise<Id> =>
    (await reader.tree(id, signal)).find((node) => node.name === name)?.subtree ?? ''
  let folder = first?.tree ?? ''
  for (const name of `${first?.paths[0]}/b`.split('/').slice(1)) folder = await tree(folder, name)
  for (const [lostTree, problems] of [
    [folder, ['lost-folder']],
    [first?.tree ?? '', []],
  ] as const) {
    const [place] = index.find(lostTree, true)
    const path = `data/${place?.packId.slice(0, 2)}/${place?.packId}`
    const repository = on(fixture, changed(files, path, flip((place?.offset ?? 0) + 20)))
    const seen: string[] = []
    const repaired = await repairSnapshots(repository, { onRepair: (_, { problem }) => seen.push(problem) }, signal)
    assert.deepEqual(seen, problems)
    assert.deepEqual(
      repaired.map(({ snapshot, isHopeless, isRemoved }) => [snapshot.id, isHopeless, isRemoved]),
      [[first?.id, problems.length === 0, false]],
    )
    assert.equal((await listSnapshots(repository, signal)).length, 2 + problems.length)
    await repairSnapshots(repository, { forget: true }, signal)
    assert.equal((await listSnapshots(repository, signal)).length, 1 + problems.length)
  }
})

test('held snapshots are not forgotten', async () => {
  const { fixture, repository, ids } = await withLostContent()
  await using _fixture = fixture
  const held: Held = { snapshots: new Set(ids.slice(1)), packs: new Set() }
  await assert.rejects(repairSnapshots(repository, { forget: true, held }, signal), { code: 'repository.held' })
  assert.deepEqual(
    (await listSnapshots(repository, signal)).map(({ id }) => id),
    ids,
  )
})

const variants = ['not-applied', 'acknowledgement-lost', 'leftover', 'no-space', 'unsynced-lost'] as const

test('stopped at any operation, a repair loses nothing more and another run ends well', async () => {
  await using fixture = await exampleRepository()
  const files = fixture.backend.files()
  const path = dataPack(files)
  const damaged = changed(changed(files, path, flip(100)), pathsOf(files, 'index/')[0] ?? '', () => undefined)
  const repair = async (repository: Repository): Promise<void> => {
    await repairIndex(repository, {}, signal)
    await repairPacks(repository, [nameOf(path)], { packBytes }, signal)
    await repairSnapshots(repository, { forget: true }, signal)
  }
  const done = on(fixture, damaged)
  await repair(done)
  const expected = (await planPrune(done, {}, signal)).stats.blobs.used
  let states = 0
  for await (const state of crashStates(damaged, (backend) => repair(onBackend(fixture, backend)), { variants })) {
    states++
    const where = `operation ${state.point.operation}, ${state.point.variant}`
    const repository = on(fixture, state.files)
    await repair(repository)
    assert.deepEqual(await errorsOf(repository), [], where)
    assert.equal((await listSnapshots(repository, signal)).length, 2, where)
    assert.equal((await planPrune(repository, {}, signal)).stats.blobs.used, expected, where)
  }
  assert.ok(states > 20, `${states} states`)
})
