import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Backend, MemoryBackend, pathOf } from '@coffre/storage'
import { crashStates, fixtureContext, fixturePassword, RepositoryFixture } from '@coffre/testkit'
import { keyFilesMax } from '../repository/key-files.ts'
import { openRepository } from '../repository/open-repository.ts'
import type { Repository } from '../repository/repository.ts'
import { addKey, changeKey, listKeys, removeKey } from './keys.ts'

const signal = new AbortController().signal
const other = Buffer.from('another password')
const fail = (id: string, error: unknown): never => assert.fail(`${id}: ${error}`)

function openWith(backend: Backend, password: Uint8Array): Promise<Repository> {
  return openRepository(backend, fixtureContext({ seed: 9 }), { password }, signal)
}

test('an added key opens the repository, and is listed as not in use', async () => {
  await using fixture = await RepositoryFixture.create()
  const id = await addKey(fixture.repository, other, { username: 'u', hostname: 'h' }, signal)
  assert.equal((await openWith(fixture.backend, other)).keyId, id)
  const keys = await listKeys(fixture.repository, fail, signal)
  const added = keys.find((key) => key.id === id)
  assert.deepEqual([keys.length, added?.isCurrent, added?.username, added?.hostname], [2, false, 'u', 'h'])
  assert.equal(keys.find((key) => key.isCurrent)?.id, fixture.repository.keyId)
})

test('a ninth key is refused, but the password can still be changed', async () => {
  await using fixture = await RepositoryFixture.create()
  for (let i = 1; i < keyFilesMax; i++) await addKey(fixture.repository, Buffer.from(`password ${i}`), {}, signal)
  await assert.rejects(addKey(fixture.repository, other, {}, signal), { code: 'repository.too-many-keys', hint: /keys remove/ })
  await changeKey(fixture.repository, other, {}, signal)
  assert.equal((await fixture.repository.names('key', signal)).length, keyFilesMax)
})

test('keys are removed by the beginning of their names, the one in use never', async () => {
  await using fixture = await RepositoryFixture.create()
  const id = await addKey(fixture.repository, other, {}, signal)
  await assert.rejects(removeKey(fixture.repository, fixture.repository.keyId.slice(0, 12), signal), {
    code: 'usage.invalid',
    message: /opened/,
  })
  await assert.rejects(removeKey(fixture.repository, 'x', signal), { code: 'usage.invalid', message: /no key files/ })
  await assert.rejects(removeKey(fixture.repository, '', signal), { code: 'usage.invalid' })
  assert.equal(await removeKey(fixture.repository, id.slice(0, 12), signal), id)
  await assert.rejects(openWith(fixture.backend, other), { code: 'repository.password' })
})

test('an empty password and a storage that garbles the new key are refused', async () => {
  class Garbling extends MemoryBackend {
    override async load(...args: Parameters<MemoryBackend['load']>): Promise<Uint8Array> {
      const bytes = await super.load(...args)
      if (args[0].type === 'key' && args[0].name !== first) bytes[10] = (bytes[10] ?? 0) ^ 1
      return bytes
    }
  }
  let first = ''
  await using fixture = await RepositoryFixture.create({ backend: new Garbling() })
  first = fixture.repository.keyId
  await assert.rejects(addKey(fixture.repository, Buffer.of(), {}, signal), { code: 'usage.invalid' })
  await assert.rejects(changeKey(fixture.repository, other, {}, signal), { code: 'repository.damaged', message: /removed again/ })
  assert.deepEqual(await fixture.repository.names('key', signal), [first])
})

test('a damaged key file is told of, the others are listed', async () => {
  await using fixture = await RepositoryFixture.create()
  const damaged: string[] = []
  fixture.backend.plant(pathOf({ type: 'key', name: 'a'.repeat(64) }), Buffer.from('{'))
  const keys = await listKeys(fixture.repository, (id) => damaged.push(id), signal)
  assert.deepEqual([keys.length, damaged], [1, ['a'.repeat(64)]])
})

test('wherever a change of the password stops, one of the two passwords opens the repository', async () => {
  await using fixture = await RepositoryFixture.create()
  let states = 0
  const scenario = async (backend: Backend): Promise<unknown> => changeKey(await fixture.open(backend), other, {}, signal)
  for await (const state of crashStates(fixture.backend.files(), scenario)) {
    const backend = new MemoryBackend({ files: state.files })
    const opened = await Promise.allSettled([openWith(backend, Buffer.from(fixturePassword)), openWith(backend, other)])
    assert.ok(
      opened.some(({ status }) => status === 'fulfilled'),
      `${state.point.operation} ${state.point.variant}`,
    )
    states++
  }
  assert.ok(states > 3, `${states} states`)
})
