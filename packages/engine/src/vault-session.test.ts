import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listLocks, lockRepository } from '@coffre/repository'
import { FakeClock, RepositoryFixture } from '@coffre/testkit'
import { lockVault } from './vault-session.ts'

test('a session holds a lock beside others, until it is disposed of', async () => {
  const clock = new FakeClock()
  await using fixture = await RepositoryFixture.create({ clock })
  const { repository, signal } = fixture
  const locks = async (): Promise<number> => (await listLocks(repository, signal)).length
  {
    await using first = await lockVault(repository, {}, signal)
    await using second = await lockVault(repository, {}, signal)
    assert.equal(await locks(), 2)
    while (clock.sleepsMs.length < 2) await new Promise((resolve) => setImmediate(resolve))
    clock.advance(1000)
    await Promise.all([first.confirmed, second.confirmed])
    await assert.rejects(lockRepository(repository, { exclusive: true }, signal), { code: 'repository.locked' })
  }
  assert.equal(await locks(), 0)
})

test('who works in the vault alone keeps others out', async () => {
  const clock = new FakeClock()
  await using fixture = await RepositoryFixture.create({ clock })
  const { repository, signal } = fixture
  await using _alone = await lockRepository(repository, { exclusive: true, isEager: true }, signal)
  await assert.rejects(lockVault(repository, {}, signal), { code: 'repository.locked' })
})
