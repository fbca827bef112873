import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Backend, MemoryBackend } from '@coffre/storage'
import { crashStates, fixturePassword, RepositoryFixture } from '@coffre/testkit'
import { undoUpgrade, upgradeRepository } from './upgrade-repository.ts'

const signal = new AbortController().signal
const password = Buffer.from(fixturePassword)

test('a repository of format 1 has format 2 afterwards, and nothing else changes', async () => {
  await using fixture = await RepositoryFixture.create({ version: 1 })
  const before = fixture.backend.files()
  const upgraded = await upgradeRepository(fixture.repository, signal)
  assert.deepEqual(upgraded.config, { ...fixture.repository.config, version: 2 })
  assert.deepEqual((await fixture.open()).config, upgraded.config)
  const after = fixture.backend.files()
  assert.deepEqual([...after.keys()].sort(), [...before.keys()].sort())
  for (const [path, bytes] of before) if (path !== 'config') assert.deepEqual(after.get(path), bytes)
  await fixture.write({ file: 'now it is written to' })
  assert.ok((await fixture.backup({}, upgraded)).snapshotId !== undefined)
})

test('format 2 is refused', async () => {
  await using fixture = await RepositoryFixture.create()
  await assert.rejects(upgradeRepository(fixture.repository, signal), { code: 'usage.invalid', message: /format 2 already/ })
})

test('wherever an upgrade stops, the repository opens, if need be after it was undone', async () => {
  await using fixture = await RepositoryFixture.create({ version: 1 })
  let states = 0
  let undone = 0
  const scenario = async (backend: Backend): Promise<unknown> => upgradeRepository(await fixture.open(backend), signal)
  for await (const state of crashStates(fixture.backend.files(), scenario)) {
    const backend = new MemoryBackend({ files: state.files })
    if (await undoUpgrade(backend, password, signal)) undone++
    const repository = await fixture.open(backend)
    assert.equal(repository.config.id, fixture.repository.config.id)
    if (repository.config.version === 1) await upgradeRepository(repository, signal)
    assert.equal((await fixture.open(backend)).config.version, 2)
    states++
  }
  assert.ok(states > 5 && undone > 1, `${states} states, ${undone} undone`)
})
