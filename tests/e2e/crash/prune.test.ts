import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listSnapshots, type Repository } from '@coffre/repository'
import { executePrune } from '../../../packages/repository/src/prune/execute-prune.ts'
import { planPrune } from '../../../packages/repository/src/prune/plan-prune.ts'
import { RepositoryFixture, testSeed } from '@coffre/testkit'
import { proveCrashSafe } from './crash-proof.ts'
import { findingsOf } from './vault-content.ts'
import { underLock } from './vault-operations.ts'

const signal = new AbortController().signal
const packBytes = 64 * 1024

/** Half of the files change from one snapshot to the next, and only the last two snapshots are still there. */
async function wastefulRepository(seed: number): Promise<RepositoryFixture> {
  const fixture = await RepositoryFixture.create({ seed })
  for (const round of [0, 1, 2, 3]) {
    const files: Record<string, Uint8Array> = {}
    for (let file = 0; file < 16; file++) if (round === 0 || file % 2 === 0) files[`d${file % 3}/f${file}`] = fixture.noise(9000, round * 100 + file)
    await fixture.snapshot(files)
  }
  for (const { id } of (await listSnapshots(fixture.repository, signal)).slice(0, 2)) {
    await fixture.backend.remove({ type: 'snapshot', name: id }, signal)
  }
  return fixture
}

test('a prune that is stopped anywhere harms no snapshot, and the next one finishes', async (t) => {
  const seed = testSeed(t.name)
  await using fixture = await wastefulRepository(seed)
  const operation = (repository: Repository): Promise<void> =>
    underLock(repository, { exclusive: true }, async (lockSignal) => {
      const options = { packBytes, maxUnused: { kind: 'bytes', sizeBytes: 0 } } as const
      const plan = await planPrune(repository, options, lockSignal)
      await executePrune(repository, plan, options, lockSignal)
    })
  const { states } = await proveCrashSafe({
    repository: fixture.repository,
    before: fixture.backend.files(),
    operation,
    seed,
    async promised(repository, where) {
      const { stats } = await planPrune(repository, {}, signal)
      assert.equal(stats.blobs.unused + stats.blobs.duplicate + stats.packs.unindexed, 0, where)
      assert.deepEqual(await findingsOf(repository), [], where)
    },
  })
  assert.ok(states.length > 40, `${states.length} states`)
})
