import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backup, listSnapshots, loadIndex, type Repository } from '@coffre/repository'
import { RepositoryFixture, testSeed } from '@coffre/testkit'
import { proveCrashSafe } from './crash-proof.ts'
import { snapshotDigests } from './vault-content.ts'
import { underLock } from './vault-operations.ts'

const signal = new AbortController().signal

test('a backup that is stopped anywhere harms nothing, and the next one is whole', async (t) => {
  const seed = testSeed(t.name)
  await using fixture = await RepositoryFixture.create({ seed })
  await fixture.snapshot({ 'a/one': fixture.noise(90_000, 1), 'a/two': 'two', 'b/three': fixture.noise(40_000, 3) })
  await fixture.snapshot({ 'a/two': 'another two', 'b/four': fixture.noise(70_000, 4) })
  const [parent] = (await listSnapshots(fixture.repository, signal)).slice(-1)
  await fixture.write({ 'a/one': fixture.noise(100_000, 5), 'c/five': fixture.noise(150_000, 6), 'b/three': undefined })

  const operation = (repository: Repository): Promise<unknown> =>
    underLock(repository, { exclusive: false }, async (lockSignal) => {
      const index = await loadIndex(repository, { trustOnlyListedPacks: true }, lockSignal)
      const options = {
        ...fixture.backupOptions(),
        contentCut: { kind: 'gear', secret: new Uint8Array(32) },
        parent,
        timeMs: 0,
      } as const
      return backup(repository, index, [fixture.source], options, lockSignal)
    })
  const before = fixture.backend.files()
  const expected = await fixture.snapshot()
  const wanted = (await snapshotDigests(fixture.repository)).get(expected.id)
  const { states } = await proveCrashSafe({
    repository: fixture.repository,
    before,
    operation,
    seed,
    async promised(repository, where) {
      assert.ok([...(await snapshotDigests(repository)).values()].includes(wanted ?? ''), where)
    },
  })
  assert.ok(states.length > 30, `${states.length} states`)
})
