import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixturePassword, RepositoryFixture } from '@coffre/testkit'
import { openRepository } from './open-repository.ts'

const password = Buffer.from(fixturePassword)

test('a vault whose key files are lost opens with a key file that was kept elsewhere', async () => {
  await using fixture = await RepositoryFixture.create()
  const { backend, context, repository, signal } = fixture
  const keyFile = await backend.load({ type: 'key', name: repository.keyId }, undefined, signal)
  await backend.remove({ type: 'key', name: repository.keyId }, signal)
  await assert.rejects(openRepository(backend, context, { password }, signal), { code: 'repository.missing' })
  const opened = await openRepository(backend, context, { password, keyFile }, signal)
  assert.equal(opened.config.id, repository.config.id)
  assert.equal(opened.keyId, repository.keyId)
  await assert.rejects(openRepository(backend, context, { password: Buffer.from('other'), keyFile }, signal), {
    code: 'repository.password',
  })
})
