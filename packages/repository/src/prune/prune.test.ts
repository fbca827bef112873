import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { hourMs } from '@coffre/foundation'
import { MemoryBackend } from '@coffre/storage'
import { crashStates, RepositoryFixture, type SourceFiles } from '@coffre/testkit'
import { checkRepository } from '../check/check-repository.ts'
import type { Finding } from '../check/finding.ts'
import { PackTotals } from '../check/pack-totals.ts'
import type { Id } from '../format/node.ts'
import { loadIndex } from '../repository/load-index.ts'
import { Repository } from '../repository/repository.ts'
import { listSnapshots } from '../snapshots/snapshots.ts'
import { type ExecuteOptions, executePrune, executePruneOnFullDisk } from './execute-prune.ts'
import { type PlanOptions, planPrune } from './plan-prune.ts'
import type { PruneCandidate, PruneLedger } from './prune-ledger.ts'
import type { PruneStats } from './prune-stats.ts'

const signal = new AbortController().signal
const packBytes = 64 * 1024

/** Three snapshots of files of which half change each time; the first two are forgotten. */
async function wastefulRepository(): Promise<RepositoryFixture> {
  const fixture = await RepositoryFixture.create()
  for (const round of [0, 1, 2]) {
    const files: Record<string, Uint8Array> = {}
    for (let file = 0; file < 24; file++)
      if (round === 0 || file % 2 === 0) files[`d${file % 5}/f${file}`] = fixture.noise(9000, round * 100 + file)
    await fixture.snapshot(files as SourceFiles)
  }
  await forgetAllBut(fixture.repository, 1)
  return fixture
}

async function forgetAllBut(repository: Repository, keep: number): Promise<void> {
  for (const { id } of (await listSnapshots(repository, signal)).slice(0, -keep))
    await repository.backend.remove({ type: 'snapshot', name: id }, signal)
}

async function prune(repository: Repository, options: PlanOptions & ExecuteOptions = {}): Promise<PruneStats> {
  const all = { packBytes, maxUnused: { kind: 'bytes', sizeBytes: 0 }, ...options } as const
  const plan = await planPrune(repository, all, signal)
  await executePrune(repository, plan, all, signal)
  return plan.stats
}

async function findingsOf(repository: Repository): Promise<Finding[]> {
  const findings: Finding[] = []
  await checkRepository(repository, { readData: 'all', onFinding: (finding) => findings.push(finding) }, signal)
  return findings
}

function onBackend(fixture: RepositoryFixture, backend: MemoryBackend): Repository {
  const { config, masterKey, keyId, context } = fixture.repository
  return new Repository(backend, context, config, masterKey, keyId)
}

function packsOf(backend: MemoryBackend): string[] {
  return [...backend.files().keys()].filter((path) => path.startsWith('data/')).map((path) => path.slice('data/aa/'.length))
}

test('a prune leaves exactly what the snapshots need', async () => {
  await using fixture = await wastefulRepository()
  const before = packsOf(fixture.backend).length
  const stats = await prune(fixture.repository)
  assert.ok(stats.packs.repack > 0 && stats.blobs.repackRemove > 0)
  assert.deepEqual(await findingsOf(fixture.repository), [])
  assert.ok(packsOf(fixture.backend).length < before)
  const after = await planPrune(fixture.repository, { packBytes }, signal)
  assert.equal(after.stats.blobs.used, stats.blobs.used)
  assert.equal(after.stats.blobs.unused + after.stats.blobs.duplicate + after.stats.packs.unindexed, 0)
})

test('worker threads leave the same as the calling thread', async () => {
  await using fixture = await RepositoryFixture.create({ workers: 2 })
  const files = (seed: number): SourceFiles => {
    const bytes = fixture.noise(1_200_000, seed)
    return Object.fromEntries(
      Array.from({ length: 600 }, (_, file) => [`d${file % 20}/f${file}`, bytes.subarray(file * 2000, file * 2000 + 2000)]),
    )
  }
  await fixture.snapshot(files(1))
  await fixture.snapshot(Object.fromEntries(Object.entries(files(2)).filter((_, file) => file % 3 === 0)))
  await forgetAllBut(fixture.repository, 1)
  const stats = await prune(fixture.repository)
  assert.ok(stats.blobs.repackRemove > 150)
  assert.deepEqual(await findingsOf(fixture.repository), [])
  const after = await planPrune(fixture.repository, { packBytes }, signal)
  assert.deepEqual([after.stats.blobs.used, after.stats.blobs.unused], [stats.blobs.used, 0])
})

test('a plan changes nothing, and a second prune has nothing to do', async () => {
  await using fixture = await wastefulRepository()
  const count = fixture.backend.operations.length
  await planPrune(fixture.repository, {}, signal)
  assert.equal(fixture.backend.operations.length, count)
  await prune(fixture.repository)
  const settled = fixture.backend.operations.length
  await prune(fixture.repository)
  assert.equal(fixture.backend.operations.length, settled)
})

test('stopped at any operation in any way, nothing that is needed is lost and another run ends as the first would have', async () => {
  await using fixture = await wastefulRepository()
  const before = fixture.backend.files()
  const needed = await planPrune(fixture.repository, {}, signal)
  const expected = needed.stats.blobs.used
  let states = 0
  for await (const state of crashStates(before, async (backend) => prune(onBackend(fixture, backend as MemoryBackend)))) {
    states++
    const backend = new MemoryBackend({ files: state.files })
    const repository = onBackend(fixture, backend)
    // Power cuts leave unindexed packs that are empty and index files that are: those are named, and hinder nobody.
    const where = `operation ${state.point.operation}, ${state.point.variant}`
    const damaged = (await findingsOf(repository)).filter(({ severity, file }) => severity === 'error' && !isEmpty(backend, file))
    assert.deepEqual(damaged, [], where)
    for (const [path, bytes] of backend.files()) {
      if (path.startsWith('index/') && bytes.length === 0)
        await backend.remove({ type: 'index', name: path.slice('index/'.length) }, signal)
    }
    await prune(repository)
    assert.deepEqual(await findingsOf(repository), [], where)
    const { stats } = await planPrune(repository, { packBytes }, signal)
    assert.equal(stats.blobs.used, expected, where)
    assert.equal(stats.blobs.unused + stats.blobs.duplicate + stats.packs.unindexed, 0, where)
  }
  assert.ok(states > 30, `${states} states`)
})

function isEmpty(backend: MemoryBackend, file: Finding['file']): boolean {
  return file?.type === 'index' && backend.files().get(`index/${file.name}`)?.length === 0
}

test('a blob that is needed and in no index stops the prune and is named', async () => {
  await using fixture = await wastefulRepository()
  const [latest] = (await listSnapshots(fixture.repository, signal)).slice(-1)
  const index = await loadIndex(fixture.repository, {}, signal)
  const root = latest?.tree ?? ''
  for (const name of index.files) {
    const files = new Map(fixture.backend.files())
    files.delete(`index/${name}`)
    const backend = new MemoryBackend({ files })
    const repository = onBackend(fixture, backend)
    if ((await loadIndex(repository, {}, signal)).has(root, true)) continue
    await assert.rejects(
      prune(repository),
      (error: Error) => 'code' in error && error.code === 'blob.missing' && error.message.includes(root),
    )
    assert.equal(backend.operations.length, 0)
    return
  }
  assert.fail('no index has the root')
})

test('a needed pack that is missing or cut short stops the prune and is named', async () => {
  await using fixture = await wastefulRepository()
  const plan = await planPrune(fixture.repository, {}, signal)
  const [entry = 0] = plan.wanted
  const { packId } = plan.index.found(entry)
  const path = `data/${packId.slice(0, 2)}/${packId}`
  const whole = fixture.backend.files().get(path) ?? new Uint8Array()
  for (const change of [
    (files: Map<string, Uint8Array>) => files.delete(path),
    (files: Map<string, Uint8Array>) => files.set(path, whole.subarray(1)),
  ]) {
    const files = new Map(fixture.backend.files())
    change(files)
    const backend = new MemoryBackend({ files })
    await assert.rejects(prune(onBackend(fixture, backend)), (error: Error) => error.message.includes(packId))
    assert.equal(backend.operations.length, 0)
  }
})

test('a damaged blob stops the prune before anything is removed, and is named with its pack', async () => {
  await using fixture = await wastefulRepository()
  const plan = await planPrune(fixture.repository, { maxUnused: { kind: 'bytes', sizeBytes: 0 }, packBytes }, signal)
  const entry = [...plan.wanted].find((wanted) => !plan.index.blobs.isTree(wanted)) ?? 0
  const { packId, offset } = plan.index.found(entry)
  const path = `data/${packId.slice(0, 2)}/${packId}`
  const files = new Map(fixture.backend.files())
  files.set(
    path,
    (files.get(path) ?? new Uint8Array()).map((byte, at) => (at === offset + 20 ? byte ^ 1 : byte)),
  )
  const backend = new MemoryBackend({ files })
  const orphan = plantOrphan(backend)
  await assert.rejects(prune(onBackend(fixture, backend)), (error: Error) => {
    return error.message.includes(packId) && error.message.includes(plan.index.blobs.idHex(entry))
  })
  assert.deepEqual(
    backend.operations.filter(({ kind }) => kind === 'remove'),
    [],
  )
  assert.ok(packsOf(backend).includes(orphan))
})

function plantOrphan(backend: MemoryBackend): Id {
  const name = createHash('sha256').update('orphan').digest('hex')
  backend.plant(`data/${name.slice(0, 2)}/${name}`, Buffer.from('orphan'))
  return name
}

test('held packs stay, indexed, though nothing needs them', async () => {
  await using fixture = await wastefulRepository()
  const plan = await planPrune(fixture.repository, { maxUnused: { kind: 'bytes', sizeBytes: 0 }, packBytes }, signal)
  const leaving = [...plan.remove, ...plan.repack].map((pack) => plan.index.packs.id(pack))
  const orphan = plantOrphan(fixture.backend)
  await prune(fixture.repository, { held: { snapshots: new Set(), packs: new Set([...leaving, orphan]) } })
  const { packs } = await loadIndex(fixture.repository, {}, signal)
  for (const name of leaving) assert.ok(packs.find(name) >= 0 && packsOf(fixture.backend).includes(name), name)
  assert.ok(packsOf(fixture.backend).includes(orphan))
  assert.deepEqual(
    (await findingsOf(fixture.repository)).map(({ kind }) => kind),
    ['orphan-pack'],
  )
})

test('of several copies, the one in a held pack is the one that counts', async () => {
  await using fixture = await wastefulRepository()
  const whole = new MemoryBackend({ files: fixture.backend.files() })
  await prune(onBackend(fixture, whole))
  // Old packs with their index beside the repacked ones: every needed blob is there twice.
  for (const [path, bytes] of fixture.backend.files()) whole.plant(path, bytes)
  const repository = onBackend(fixture, whole)
  const old = packsOf(fixture.backend)
  await prune(repository, { held: { snapshots: new Set(), packs: new Set(old) } })
  assert.deepEqual(packsOf(whole).sort(), old.sort())
  assert.deepEqual(await findingsOf(repository), [])
})

test('tolerated waste stays, and so does what is more than the limit of repacking', async () => {
  await using fixture = await wastefulRepository()
  const repackedDataPacks = async (options: PlanOptions): Promise<number> => {
    const plan = await planPrune(fixture.repository, { packBytes, ...options }, signal)
    const totals = new PackTotals(plan.index)
    return plan.repack.filter((pack) => totals.treeBlobs[pack] === 0).length
  }
  const nothing = { kind: 'bytes', sizeBytes: 0 } as const
  const most = await repackedDataPacks({ maxUnused: nothing })
  assert.ok(most > 1)
  assert.equal(await repackedDataPacks({ maxUnused: { kind: 'unlimited' } }), 0)
  assert.equal(await repackedDataPacks({ maxRepackBytes: 0, maxUnused: nothing }), 0)
  assert.equal(await repackedDataPacks({ repackCacheableOnly: true, maxUnused: nothing }), 0)
  const some = await repackedDataPacks({ maxUnused: { kind: 'percent', percent: 15 } })
  assert.ok(some > 0 && some < most, `${some} of ${most}`)
})

test('many small packs are put together when that is asked for', async () => {
  await using fixture = await RepositoryFixture.create()
  for (let round = 0; round < 8; round++) await fixture.snapshot({ [`f${round}`]: fixture.noise(3000, round) })
  const before = packsOf(fixture.backend).length
  await prune(fixture.repository)
  assert.equal(packsOf(fixture.backend).length, before)
  await prune(fixture.repository, { repackSmall: true })
  assert.ok(packsOf(fixture.backend).length <= 4)
  assert.deepEqual(await findingsOf(fixture.repository), [])
})

test('uncompressed data is compressed when that is asked for', async () => {
  await using fixture = await RepositoryFixture.create()
  await fixture.snapshot({ text: 'many words '.repeat(9000) }, { compression: 'off' })
  const stats = await prune(fixture.repository)
  assert.ok(stats.bytes.uncompressed > 90_000)
  await prune(fixture.repository, { repackUncompressed: true })
  assert.equal((await prune(fixture.repository)).bytes.uncompressed, 0)
  assert.deepEqual(await findingsOf(fixture.repository), [])
})

class MemoryLedger implements PruneLedger {
  readonly kept = new Map<Id, PruneCandidate>()

  async candidates(): Promise<PruneCandidate[]> {
    return [...this.kept.values()]
  }

  async record(candidates: readonly PruneCandidate[]): Promise<void> {
    for (const candidate of candidates) this.kept.set(candidate.pack, candidate)
  }

  async forget(packs: readonly Id[]): Promise<void> {
    for (const pack of packs) this.kept.delete(pack)
  }
}

test('a pack that no index names waits where somebody keeps count, and goes at once where nobody does', async () => {
  await using fixture = await wastefulRepository()
  const orphan = plantOrphan(fixture.backend)
  const grace = { ledger: new MemoryLedger(), graceMs: hourMs }
  await prune(fixture.repository, { grace })
  fixture.context.clock.advance(3_599_999)
  await prune(fixture.repository, { grace })
  assert.ok(packsOf(fixture.backend).includes(orphan))
  fixture.context.clock.advance(1)
  await prune(fixture.repository, { grace })
  assert.ok(!packsOf(fixture.backend).includes(orphan))
  assert.equal(grace.ledger.kept.size, 0)
  plantOrphan(fixture.backend)
  await prune(fixture.repository)
  assert.ok(!packsOf(fixture.backend).includes(orphan))
})

test('a full disk is freed by removals alone', async () => {
  await using fixture = await wastefulRepository()
  plantOrphan(fixture.backend)
  let isFull = true
  const backend = new MemoryBackend({
    files: fixture.backend.files(),
    decide(operation) {
      if (operation.kind === 'remove' && operation.path.startsWith('data/')) isFull = false
      if (operation.kind === 'save') assert.ok(!isFull, 'nothing is written before something is removed')
      return { effect: 'applied' }
    },
  })
  const repository = onBackend(fixture, backend)
  const plan = await planPrune(repository, { maxUnused: { kind: 'unlimited' } }, signal)
  await executePruneOnFullDisk(repository, plan, {}, signal)
  assert.deepEqual(
    (await findingsOf(repository)).filter(({ severity }) => severity !== 'note'),
    [],
  )
  const { stats } = await planPrune(repository, {}, signal)
  assert.deepEqual([stats.packs.unindexed, stats.packs.unused], [0, 0])
})

test('snapshots that a dry run leaves out do not count', async () => {
  await using fixture = await RepositoryFixture.create()
  const { id } = await fixture.snapshot({ a: fixture.noise(5000, 1) })
  await fixture.snapshot({ a: fixture.noise(5000, 2) })
  const all = await planPrune(fixture.repository, {}, signal)
  const less = await planPrune(fixture.repository, { withoutSnapshots: new Set([id]) }, signal)
  assert.equal(all.stats.blobs.unused, 0)
  assert.ok(less.stats.blobs.unused >= 2)
})

test('a repository of format 1 is planned for and not written to', async () => {
  await using fixture = await RepositoryFixture.create({ version: 1 })
  const plan = await planPrune(fixture.repository, {}, signal)
  await assert.rejects(executePrune(fixture.repository, plan, {}, signal), { code: 'repository.format-old' })
})
