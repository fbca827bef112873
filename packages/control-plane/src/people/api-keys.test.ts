import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { minuteMs } from '@coffre/foundation'
import { fakeContext } from '@coffre/testkit'
import { makeProject } from '../testing/test-catalogue.ts'
import { startTestPeople, type TestPeople } from '../testing/test-people.ts'
import type { NewApiKey } from './api-keys.ts'
import type { SignedIn } from './principal.ts'

const context = fakeContext()
let its: TestPeople
let maker: SignedIn

before(async () => {
  its = await startTestPeople(context)
  maker = await its.addUser('maker', ['operator'])
})
after(() => its[Symbol.asyncDispose]())

const plain: NewApiKey = { name: 'ci', scopes: null, projectId: null, expiresAt: null }
const create = (wanted: Partial<NewApiKey> = {}, actor = maker) =>
  its.within((within) => its.people.keys.create(actor, { ...plain, ...wanted }, within))
const inMs = (ms: number): Date => new Date(context.clock.nowMs() + ms)

test('a key is found by itself alone, and is not in the catalogue', async () => {
  const { id, key } = await create({ scopes: ['read', 'vaults.*'] })
  assert.match(key, /^coffre_[0-9a-f]{16}_[\w-]{43}$/)
  const found = await its.people.keys.find(key)
  assert.deepEqual(
    { id: found.id, scopes: found.scopes, createdBy: found.createdBy },
    { id, scopes: ['read', 'vaults.*'], createdBy: maker.id },
  )
  const secret = key.slice(-43)
  assert.ok(!JSON.stringify(await its.catalogue.selectFrom('apiKey').selectAll().execute()).includes(secret))
  assert.ok(!JSON.stringify(await its.people.keys.list(its.orgId)).includes('ecretHash'))
  const other = await create()
  const last = key.endsWith('A') ? 'B' : 'A'
  for (const wrong of ['', 'coffre__', key.slice(0, -1), `${key.slice(0, -1)}${last}`, `${other.key.slice(0, 24)}${secret}`])
    await assert.rejects(its.people.keys.find(wrong), { code: 'auth.failed' }, wrong)
})

test('a key ends at its day, when it is revoked, and with its maker', async () => {
  const dated = await create({ expiresAt: inMs(1000) })
  await its.people.keys.find(dated.key)
  context.clock.advance(1000)
  await assert.rejects(its.people.keys.find(dated.key), { code: 'auth.expired' })

  const stranger = await its.addUser('stranger', ['operator'])
  const officer = await its.addUser('officer', ['security-officer'])
  const revoked = await create()
  const revoke = (actor: SignedIn, id: string) => its.within((within) => its.people.keys.revoke(actor, id, within))
  await assert.rejects(revoke(stranger, revoked.id), { code: 'object.missing' })
  await its.people.keys.find(revoked.key)
  await revoke(officer, revoked.id)
  await assert.rejects(its.people.keys.find(revoked.key), { code: 'auth.failed' })

  const leaver = await its.addUser('leaver', ['operator'])
  const left = await create({}, leaver)
  await its.within((within) => its.people.users.disable(officer, leaver.id.slice('user:'.length), within))
  await assert.rejects(its.people.keys.find(left.key), { code: 'auth.failed' })
})

test('what is no key is refused before it is made', async () => {
  const elsewhere = await makeProject(its.catalogue, context, 'elsewhere')
  const { id, key } = await create()
  const asKey: SignedIn = { ...maker, by: 'key', id: `key:${id}` }
  assert.ok(key)
  const table: [wanted: Partial<NewApiKey>, actor: SignedIn, code: string][] = [
    [{ scopes: ['*'] }, maker, 'request.invalid'],
    [{ scopes: ['read', 'Vaults.list'] }, maker, 'request.invalid'],
    [{ expiresAt: inMs(0) }, maker, 'request.invalid'],
    [{ projectId: elsewhere.projectId }, maker, 'object.missing'],
    [{}, asKey, 'auth.forbidden'],
  ]
  for (const [wanted, actor, code] of table) await assert.rejects(create(wanted, actor), { code })
})

test('use is written at most once a minute', async () => {
  const { id, key } = await create()
  const lastUse = async () => (await its.people.keys.list(its.orgId, maker.id)).find((one) => one.id === id)?.lastUsedAt?.getTime()
  assert.equal(await lastUse(), undefined)
  const begin = context.clock.nowMs()
  await its.people.keys.find(key)
  context.clock.advance(minuteMs - 1)
  await its.people.keys.find(key)
  assert.equal(await lastUse(), begin)
  context.clock.advance(1)
  await its.people.keys.find(key)
  assert.equal(await lastUse(), begin + minuteMs)
})
