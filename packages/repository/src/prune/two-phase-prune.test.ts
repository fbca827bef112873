import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBackend } from '@coffre/storage'
import { crashStates, RepositoryFixture, SeededRandom, testSeed } from '@coffre/testkit'
import { backup } from '../archive/backup.ts'
import { checkRepository } from '../check/check-repository.ts'
import type { Id } from '../format/node.ts'
import { loadIndex } from '../repository/load-index.ts'
import { Repository } from '../repository/repository.ts'
import { listSnapshots } from '../snapshots/snapshots.ts'
import { planPrune } from './plan-prune.ts'
import type { PruneCandidate, PruneLedger } from './prune-ledger.ts'
import { markPrune, swapPrune, sweepGraceMs, sweepPrune } from './two-phase-prune.ts'

const signal = new AbortController().signal
const mark = { packBytes: 64 * 1024, maxUnused: { kind: 'bytes', sizeBytes: 0 } } as const

class MemoryLedger implements PruneLedger {
  readonly kept: Map<Id, PruneCandidate>

  constructor(candidates: Iterable<PruneCandidate> = []) {
    this.kept = new Map([...candidates].map((candidate) => [candidate.pack, candidate]))
  }

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

/** Two snapshots of files of which half change; the first one is forgotten. The source folder is as it was at first. */
async function wastefulRepository(): Promise<RepositoryFixture> {
  const fixture = await RepositoryFixture.create()
  await fixture.snapshot(filesOf(fixture, 0, 1))
  await fixture.snapshot(filesOf(fixture, 1, 2))
  const [first] = await listSnapshots(fixture.repository, signal)
  await fixture.backend.remove({ type: 'snapshot', name: first?.id ?? '' }, signal)
  await fixture.write(filesOf(fixture, 0, 1))
  return fixture
}

function filesOf(fixture: RepositoryFixture, round: number, step: number): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {}
  for (let file = 0; file < 20; file += step) files[`d${file % 3}/f${file}`] = fixture.noise(9000, round * 100 + file)
  return files
}

async function assertSound(repository: Repository): Promise<void> {
  const result = await checkRepository(
    repository,
    { readData: 'all', onFinding: (finding) => finding.severity === 'error' && assert.fail(finding.message) },
    signal,
  )
  assert.equal(result.errors, 0)
}

test('mark, swap and sweep leave what one prune would, and at every step all snapshots are whole', async () => {
  await using fixture = await wastefulRepository()
  const { repository, context } = fixture
  const ledger = new MemoryLedger()
  const indexesBefore = await repository.names('index', signal)
  const { candidates } = await markPrune(repository, ledger, mark, signal)
  assert.ok(candidates > 0)
  const indexesMarked = await repository.names('index', signal)
  for (const name of indexesBefore) assert.ok(indexesMarked.includes(name))
  await assertSound(repository)

  const { swapped, spared, waiting } = await swapPrune(repository, ledger, {}, signal)
  assert.deepEqual([swapped.length, spared, waiting], [candidates, [], []])
  await assertSound(repository)
  const index = await loadIndex(repository, {}, signal)
  for (const pack of swapped) assert.ok(index.packs.find(pack) < 0)

  context.clock.advance(sweepGraceMs - 1)
  assert.deepEqual((await sweepPrune(repository, ledger, {}, signal)).removed, [])
  context.clock.advance(1)
  const swept = await sweepPrune(repository, ledger, {}, signal)
  assert.deepEqual(swept.removed.toSorted(), swapped.toSorted())
  assert.ok(swept.removedBytes > 0)
  await assertSound(repository)
  assert.equal(ledger.kept.size, 0)
  const { stats } = await planPrune(repository, {}, signal)
  assert.deepEqual([stats.blobs.unused, stats.blobs.duplicate, stats.packs.unindexed], [0, 0, 0])
})

test('a session that began before the mark and refers to a candidate keeps it alive', async () => {
  await using fixture = await wastefulRepository()
  const { repository, context } = fixture
  const ledger = new MemoryLedger()
  const older = await loadIndex(repository, {}, signal)
  const beganMs = context.clock.nowMs()
  context.clock.advance(1000)
  await markPrune(repository, ledger, mark, signal)
  assert.deepEqual((await swapPrune(repository, ledger, { oldestSessionMs: beganMs }, signal)).swapped, [])
  await backup(repository, older, [fixture.source], fixture.backupOptions(), signal)
  const { spared } = await swapPrune(repository, ledger, {}, signal)
  assert.ok(spared.length > 0)
  await assertSound(repository)
  context.clock.advance(sweepGraceMs)
  await sweepPrune(repository, ledger, {}, signal)
  await assertSound(repository)
  for (const pack of spared) assert.ok(!ledger.kept.has(pack))
})

test('a session that began after the mark stores again what only candidates have', async () => {
  await using fixture = await wastefulRepository()
  const { repository, context } = fixture
  const ledger = new MemoryLedger()
  await markPrune(repository, ledger, mark, signal)
  const aware = await loadIndex(repository, { withoutPacks: new Set(ledger.kept.keys()) }, signal)
  await backup(repository, aware, [fixture.source], fixture.backupOptions(), signal)
  assert.deepEqual((await swapPrune(repository, ledger, {}, signal)).spared, [])
  context.clock.advance(sweepGraceMs)
  assert.ok((await sweepPrune(repository, ledger, {}, signal)).removed.length > 0)
  await assertSound(repository)
})

test('a second mark keeps to the candidates of the first', async () => {
  await using fixture = await wastefulRepository()
  const ledger = new MemoryLedger()
  await markPrune(fixture.repository, ledger, mark, signal)
  const first = new Set(ledger.kept.keys())
  const operations = fixture.backend.operations.length
  await markPrune(fixture.repository, ledger, mark, signal)
  assert.deepEqual(new Set(ledger.kept.keys()), first)
  assert.equal(fixture.backend.operations.length, operations)
})

test('a candidate that an index names again, or that is held, is not swept', async () => {
  await using fixture = await wastefulRepository()
  const { repository, context, backend } = fixture
  const ledger = new MemoryLedger()
  const before = backend.files()
  await markPrune(repository, ledger, mark, signal)
  const { swapped } = await swapPrune(repository, ledger, {}, signal)
  context.clock.advance(sweepGraceMs)
  const held = { snapshots: new Set<Id>(), packs: new Set(swapped) }
  assert.deepEqual((await sweepPrune(repository, ledger, { held }, signal)).waiting.toSorted(), swapped.toSorted())
  for (const [path, bytes] of before) if (path.startsWith('index/')) backend.plant(path, bytes)
  const { removed, spared } = await sweepPrune(repository, ledger, {}, signal)
  assert.deepEqual([removed, spared.toSorted()], [[], swapped.toSorted()])
  await assertSound(repository)
})

test('a held pack is neither marked nor swapped', async () => {
  await using fixture = await wastefulRepository()
  const ledger = new MemoryLedger()
  const packs = new Set(await fixture.repository.names('pack', signal))
  const held = { snapshots: new Set<Id>(), packs }
  await markPrune(fixture.repository, ledger, { ...mark, held }, signal)
  assert.equal(ledger.kept.size, 0)
  await markPrune(fixture.repository, ledger, mark, signal)
  assert.deepEqual((await swapPrune(fixture.repository, ledger, { held }, signal)).swapped, [])
})

test('the sweep removes nothing while a snapshot lacks anything', async () => {
  await using fixture = await wastefulRepository()
  const { repository, context, backend } = fixture
  const ledger = new MemoryLedger()
  await markPrune(repository, ledger, mark, signal)
  await swapPrune(repository, ledger, {}, signal)
  context.clock.advance(sweepGraceMs)
  for (const name of await repository.names('index', signal)) await backend.remove({ type: 'index', name }, signal)
  const operations = backend.operations.length
  await assert.rejects(sweepPrune(repository, ledger, {}, signal), { code: 'blob.missing' })
  assert.equal(backend.operations.length, operations)
})

test('stopped at any operation of any step, snapshots stay whole and another run ends well', async () => {
  await using fixture = await wastefulRepository()
  const on = (backend: MemoryBackend): Repository => {
    const { config, masterKey, keyId, context } = fixture.repository
    return new Repository(backend, context, config, masterKey, keyId)
  }
  const steps = async (repository: Repository, ledger: PruneLedger): Promise<void> => {
    await markPrune(repository, ledger, mark, signal)
    await swapPrune(repository, ledger, {}, signal)
    fixture.context.clock.advance(sweepGraceMs)
    await sweepPrune(repository, ledger, {}, signal)
  }
  const seed = testSeed('two-phase prune, crashes')
  const random = new SeededRandom(seed)
  const variants = ['not-applied', 'acknowledgement-lost', 'unsynced-lost'] as const
  const full = new MemoryLedger()
  await steps(on(new MemoryBackend({ files: fixture.backend.files() })), full)
  let states = 0
  for await (const state of crashStates(
    fixture.backend.files(),
    (backend) => steps(on(backend as MemoryBackend), new MemoryLedger()),
    { variants, seed },
  )) {
    states++
    const repository = on(new MemoryBackend({ files: state.files }))
    await assertSound(repository)
    // The ledger may be any moment's: empty, or with candidates that were swapped or removed already.
    const packs = await repository.names('pack', signal)
    const indexed = await loadIndex(repository, {}, signal)
    const lagging = packs.filter((pack) => indexed.packs.find(pack) < 0 && random.integer(2) === 0)
    const ledger = new MemoryLedger(lagging.map((pack) => ({ pack, reason: 'unused', markedMs: 0 })))
    await steps(repository, ledger)
    await assertSound(repository)
    const { stats } = await planPrune(repository, {}, signal)
    assert.deepEqual(
      [stats.blobs.unused, stats.blobs.duplicate],
      [0, 0],
      `operation ${state.point.operation}, ${state.point.variant}`,
    )
  }
  assert.ok(states > 15, `${states} states`)
})
