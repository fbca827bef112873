import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forgetSnapshots, listSnapshots, nothingHeld, planForget, type Repository } from '@coffre/repository'
import { RepositoryFixture, testSeed } from '@coffre/testkit'
import { proveCrashSafe } from './crash-proof.ts'
import { underLock } from './vault-operations.ts'

const signal = new AbortController().signal

test('a forget that is stopped anywhere harms none of the snapshots that stay', async (t) => {
  const seed = testSeed(t.name)
  await using fixture = await RepositoryFixture.create({ seed })
  for (let round = 0; round < 7; round++)
    await fixture.snapshot({ 'a/one': fixture.noise(20_000, round), [`f${round}`]: `${round}` })
  const all = await listSnapshots(fixture.repository, signal)
  const operation = (repository: Repository): Promise<void> =>
    underLock(repository, { exclusive: true }, async (lockSignal) => {
      const rules = {
        policy: { counts: { last: 2 } },
        groupBy: { host: true, paths: true, tags: false },
        nowMs: repository.context.clock.nowMs(),
        zone: () => 0,
      } as const
      const gone = planForget(await listSnapshots(repository, lockSignal), rules).flatMap(({ remove }) =>
        remove.map(({ id }) => id),
      )
      await forgetSnapshots(repository, gone, { held: nothingHeld }, lockSignal)
    })
  const kept = all.slice(-2).map(({ id }) => id)
  const { states } = await proveCrashSafe({
    repository: fixture.repository,
    before: fixture.backend.files(),
    operation,
    mayGo: new Set(all.slice(0, -2).map(({ id }) => id)),
    seed,
    async promised(repository, where) {
      const left = await listSnapshots(repository, signal)
      assert.deepEqual(
        left.map(({ id }) => id),
        kept,
        where,
      )
    },
  })
  assert.ok(states.length > 10, `${states.length} states`)
})
