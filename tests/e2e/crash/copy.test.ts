import assert from 'node:assert/strict'
import { test } from 'node:test'
import { copySnapshots, listSnapshots, loadIndex, type Repository } from '@coffre/repository'
import { RepositoryFixture, testSeed } from '@coffre/testkit'
import { proveCrashSafe } from './crash-proof.ts'
import { snapshotDigests } from './vault-content.ts'
import { underLock } from './vault-operations.ts'

test('a copy that is stopped anywhere leaves whole snapshots, and the next one goes on', async (t) => {
  const seed = testSeed(t.name)
  await using source = await RepositoryFixture.create({ seed })
  await source.snapshot({ 'a/one': source.noise(90_000, 1), 'a/two': 'two' })
  await source.snapshot({ 'a/one': source.noise(80_000, 2), 'b/three': source.noise(60_000, 3) })
  await source.snapshot({ 'b/four': source.noise(40_000, 4) })
  await using target = await RepositoryFixture.create({ seed: seed + 1 })
  await target.snapshot({ 'a/one': source.noise(90_000, 1), 'mine': 'mine' })
  const wanted = [...(await snapshotDigests(source.repository)).values()]

  const operation = (repository: Repository): Promise<unknown> =>
    underLock(repository, { exclusive: false }, async (lockSignal) => {
      const from = { repository: source.repository, index: await loadIndex(source.repository, {}, lockSignal) }
      const to = { repository, index: await loadIndex(repository, { trustOnlyListedPacks: true }, lockSignal) }
      const options = { compression: 'auto', verification: 'all', packBytes: 64 * 1024 } as const
      return copySnapshots(from, to, await listSnapshots(source.repository, lockSignal), options, lockSignal)
    })
  const { states } = await proveCrashSafe({
    repository: target.repository,
    before: target.backend.files(),
    operation,
    seed,
    async promised(repository, where) {
      const copies = await snapshotDigests(repository)
      assert.equal(copies.size, wanted.length + 1, where)
      const contents = [...copies.values()]
      for (const digest of wanted) assert.ok(contents.includes(digest), where)
    },
  })
  assert.ok(states.length > 40, `${states.length} states`)
})
