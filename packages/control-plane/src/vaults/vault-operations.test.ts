import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ApiProblem, type ClientInput, createVault, getVault, listVaults } from '@coffre/api-contract'
import { type TemporaryFolder, temporaryFolder } from '@coffre/testkit'
import { PeopleApi, type Person } from '../testing/people-api.ts'

let api: PeopleApi
let admin: Person
let folder: TemporaryFolder
before(async () => {
  api = await PeopleApi.start()
  admin = await api.person('admin', ['backup-administrator'])
  folder = await temporaryFolder()
})
after(async () => {
  await folder[Symbol.asyncDispose]()
  await api[Symbol.asyncDispose]()
})

const codeIs = (code: string) => (error: unknown) => error instanceof ApiProblem && error.problem.code === code
const create = (name: string, more: object = {}) =>
  admin.client.call(createVault, { body: { name, location: join(folder.path, name), ...more } })
const names = async (query: NonNullable<ClientInput<typeof listVaults>['query']> = {}) =>
  (await admin.client.call(listVaults, { query })).items.map(({ name }) => name)

test('a vault is made, its recovery key told this once, and it is listed and shown by name and by id', async () => {
  const lock = { mode: 'governance', minRetentionDays: 7 } as const
  const { vault, recoveryKey, recoveryKit } = await create('main', { lock, classification: 'internal', tags: { team: 'ops' } })
  assert.deepEqual([vault.state, vault.classification, vault.tags, vault.points], ['AVAILABLE', 'internal', { team: 'ops' }, 0])
  assert.deepEqual(vault.lock, { ...lock, lockDate: null, isEnforcedByStorage: false })
  assert.ok(recoveryKit.includes(recoveryKey))
  for (const key of ['main', vault.id]) {
    const shown = await admin.client.call(getVault, { params: { vault: key } })
    assert.deepEqual(shown, vault)
    assert.ok(!JSON.stringify(shown).includes(recoveryKey))
  }
  const [entry] = await api.lastEntries(1)
  assert.deepEqual([entry?.operation, entry?.target, entry?.outcome], ['vaults.create', `vault:${vault.id}`, 'ALLOWED'])
  assert.ok(!JSON.stringify(entry?.detail).includes(recoveryKey))
  await create('another')
  const first = await admin.client.call(listVaults, { query: { limit: 1 } })
  assert.deepEqual([first.items.map(({ name }) => name), await names({ after: first.next })], [['another'], ['main']])
})

test('a vault that cannot be is refused with what is wrong, and none is left', async () => {
  await create('there')
  const before = await names()
  const cases = [
    ['object.exists', () => create('there', { location: join(folder.path, 'elsewhere') })],
    ['policy.retention-invalid', () => create('wrong', { lock: { mode: 'governance', minRetentionDays: 9, maxRetentionDays: 3 } })],
    ['usage.invalid', () => create('wrong', { location: 'relative' })],
    ['request.invalid', () => create('a/b')],
    ['object.missing', () => admin.client.call(getVault, { params: { vault: 'nowhere' } })],
  ] as const
  for (const [code, call] of cases) await assert.rejects(call, codeIs(code), code)
  assert.deepEqual(await names(), before)
})
