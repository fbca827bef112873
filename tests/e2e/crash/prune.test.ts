import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  executePrune,
  executePruneOnFullDisk,
  listSnapshots,
  markPrune,
  planPrune,
  type Repository,
  removeLocks,
  repairIndex,
  StatePruneLedger,
  swapPrune,
  sweepGraceMs,
  sweepPrune,
} from '@coffre/repository'
import { MemoryBackend } from '@coffre/storage'
import { crashStates, RepositoryFixture, testSeed } from '@coffre/testkit'
import { proveCrashSafe } from './crash-proof.ts'
import { reopened } from './process-context.ts'
import { errorsOf, findingsOf, snapshotDigests } from './vault-content.ts'
import { underLock } from './vault-operations.ts'

const signal = new AbortController().signal
const packBytes = 64 * 1024

/** Half of the files change from one snapshot to the next, and only the last two snapshots are still there. */
async function wastefulRepository(seed: number): Promise<RepositoryFixture> {
  const fixture = await RepositoryFixture.create({ seed })
  for (const round of [0, 1, 2, 3]) {
    const files: Record<string, Uint8Array> = {}
    for (let file = 0; file < 16; file++)
      if (round === 0 || file % 2 === 0) files[`d${file % 3}/f${file}`] = fixture.noise(9000, round * 100 + file)
    await fixture.snapshot(files)
  }
  for (const { id } of (await listSnapshots(fixture.repository, signal)).slice(0, 2)) {
    await fixture.backend.remove({ type: 'snapshot', name: id }, signal)
  }
  return fixture
}

const options = { packBytes, maxUnused: { kind: 'bytes', sizeBytes: 0 } } as const

async function assertTidy(repository: Repository, where: string): Promise<void> {
  const { stats } = await planPrune(repository, {}, signal)
  assert.equal(stats.blobs.unused + stats.blobs.duplicate + stats.packs.unindexed, 0, where)
  assert.deepEqual(await findingsOf(repository), [], where)
}

test('a prune that is stopped anywhere harms no snapshot, and the next one finishes', async (t) => {
  const seed = testSeed(t.name)
  await using fixture = await wastefulRepository(seed)
  const operation = (repository: Repository): Promise<void> =>
    underLock(repository, { exclusive: true }, async (lockSignal) => {
      const plan = await planPrune(repository, options, lockSignal)
      await executePrune(repository, plan, options, lockSignal)
    })
  const { states } = await proveCrashSafe({
    repository: fixture.repository,
    before: fixture.backend.files(),
    operation,
    seed,
    promised: assertTidy,
  })
  assert.ok(states.length > 40, `${states.length} states`)
})

/** The steps of the server's prune. Each begins where the ones before it ended, a day after the swap for the last. */
const steps: Readonly<Record<string, (repository: Repository) => Promise<unknown>>> = {
  mark: (repository) =>
    underLock(repository, { exclusive: false }, (lockSignal) =>
      markPrune(repository, new StatePruneLedger(repository), options, lockSignal),
    ),
  swap: (repository) =>
    underLock(repository, { exclusive: true }, (lockSignal) =>
      swapPrune(repository, new StatePruneLedger(repository), {}, lockSignal),
    ),
  sweep: (repository) =>
    underLock(repository, { exclusive: false }, (lockSignal) =>
      sweepPrune(repository, new StatePruneLedger(repository), {}, lockSignal),
    ),
}

for (const [number, [name, operation]] of Object.entries(steps).entries()) {
  test(`the ${name} of a prune in three steps may be stopped anywhere`, async (t) => {
    const seed = testSeed(t.name)
    await using fixture = await wastefulRepository(seed)
    const backend = new MemoryBackend({ files: fixture.backend.files() })
    for (const earlier of Object.values(steps).slice(0, number)) await earlier(reopened(fixture.repository, backend, 1))
    if (name === 'sweep') fixture.context.clock.advance(sweepGraceMs + 3_600_000)
    const { states } = await proveCrashSafe({
      repository: fixture.repository,
      before: backend.files(),
      operation,
      seed,
      async promised(repository, where) {
        for (const later of Object.values(steps).slice(number + 1)) {
          const dayLater = reopened(repository, repository.backend, 6 + sweepGraceMs / 60_000)
          await later(dayLater)
        }
        if (name === 'sweep') await assertTidy(repository, where)
      },
    })
    assert.ok(states.length > 8, `${states.length} states`)
  })
}

test('a prune of a full disk may be stopped anywhere: the packs tell the index again, and nothing is lost', async (t) => {
  const seed = testSeed(t.name)
  await using fixture = await wastefulRepository(seed)
  const committed = Object.fromEntries(await snapshotDigests(fixture.repository))
  const operation = (repository: Repository): Promise<void> =>
    underLock(repository, { exclusive: true }, async (lockSignal) => {
      const plan = await planPrune(repository, { maxUnused: { kind: 'unlimited' } }, lockSignal)
      await executePruneOnFullDisk(repository, plan, {}, lockSignal)
    })
  let states = 0
  for await (const state of crashStates(fixture.backend.files(), (backend) => operation(reopened(fixture.repository, backend, 2)), {
    seed,
  })) {
    states++
    const where = `stopped at operation ${state.point.operation}, ${state.point.variant}, seed ${seed}`
    const repository = reopened(fixture.repository, new MemoryBackend({ files: state.files }), 3)
    await removeLocks(repository, true, signal)
    await underLock(repository, { exclusive: true }, (lockSignal) => repairIndex(repository, {}, lockSignal))
    assert.deepEqual(await errorsOf(repository), [], where)
    await operation(reopened(fixture.repository, repository.backend, 4))
    assert.deepEqual(await errorsOf(repository), [], where)
    assert.deepEqual(Object.fromEntries(await snapshotDigests(repository)), committed, where)
  }
  assert.ok(states > 20, `${states} states`)
})
