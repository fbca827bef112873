import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  ApiProblem,
  addAddressRule,
  changeSettings,
  createKey,
  createSession,
  createUser,
  currentSession,
  disableUser,
  enableUser,
  eraseUser,
  forgetFailedSignIns,
  getUser,
  giveRole,
  listAddressRules,
  listGrants,
  listKeys,
  listUsers,
  redeemPasswordToken,
  removeAddressRule,
  removeTwoFactorOfUser,
  revokeKey,
  takeRole,
} from '@coffre/api-contract'
import { hourMs, systemContext } from '@coffre/foundation'
import { newHexId, newId } from '../catalogue/new-id.ts'
import { PeopleApi, type Person } from '../testing/people-api.ts'
import { passwordOf } from '../testing/test-people.ts'

let api: PeopleApi
let officer: Person
before(async () => {
  api = await PeopleApi.start()
  officer = await api.person('officer', ['security-officer'])
})
after(() => api[Symbol.asyncDispose]())

const codeIs = (code: string) => (error: unknown) => error instanceof ApiProblem && error.problem.code === code

async function addProject(name: string): Promise<string> {
  const id = newId(systemContext)
  const row = { id, hexId: newHexId(systemContext), orgId: api.its.orgId, name, accountLabel: '000000000000', regionLabel: 'local' }
  await api.its.catalogue
    .insertInto('project')
    .values({ ...row, createdAt: new Date(api.clock.nowMs()) })
    .execute()
  return id
}

test('a user is made without rights, chooses a password, and is disabled, enabled and erased', async () => {
  const { user, token } = await officer.client.call(createUser, { body: { name: 'Max', displayName: 'Max M.' } })
  assert.deepEqual([user.name, user.hasPassword], ['max', false])
  await assert.rejects(officer.client.call(createUser, { body: { name: 'mAX' } }), codeIs('object.exists'))
  const password = 'another right horse'
  await api.client().call(redeemPasswordToken, { body: { token, newPassword: password } })
  const signIn = () => api.client().call(createSession, { body: { name: 'max', password } })
  const max = api.client((await signIn()).token)
  assert.deepEqual((await max.call(currentSession, {})).rights, [])
  await assert.rejects(max.call(listUsers, {}), codeIs('auth.forbidden'))

  const disabled = await officer.client.call(disableUser, { params: { user: 'MAX' } })
  assert.ok(disabled.disabledAt !== null)
  await assert.rejects(max.call(currentSession, {}), codeIs('auth.expired'))
  await assert.rejects(signIn(), codeIs('auth.failed'))
  assert.equal((await officer.client.call(enableUser, { params: { user: user.id } })).disabledAt, null)
  await signIn()
  assert.equal((await officer.client.call(getUser, { params: { user: 'max' } })).id, user.id)
  await assert.rejects(officer.client.call(getUser, { params: { user: 'nobody' } }), codeIs('object.missing'))

  await officer.client.call(eraseUser, { params: { user: 'max' } })
  assert.equal((await officer.client.call(getUser, { params: { user: user.id } })).displayName, '')
  // What the log says of who was erased tells nobody who it was.
  assert.ok(!/max/i.test(JSON.stringify(await api.lastEntries(100))))
  await assert.rejects(officer.client.call(disableUser, { params: { user: officer.id } }), codeIs('role.last-officer'))
  const [entry] = await api.lastEntries(1)
  assert.deepEqual([entry?.outcome, entry?.code], ['DENIED', 'role.last-officer'])
})

test('lists come in pages', async () => {
  for (const name of ['p-1', 'p-2', 'p-3']) await officer.client.call(createUser, { body: { name } })
  const seen: string[] = []
  for (let after: string | undefined; ; ) {
    const page = await officer.client.call(listUsers, {
      query: { search: 'P-', limit: 2, ...(after === undefined ? {} : { after }) },
    })
    seen.push(...page.items.map(({ name }) => name))
    if (page.next === undefined) break
    after = page.next
  }
  assert.deepEqual(seen, ['p-1', 'p-2', 'p-3'])
  await assert.rejects(officer.client.call(listUsers, { query: { after: 'x' } }), codeIs('request.invalid'))
})

test('who is paused by failed sign-ins is let in again, and who lost their application goes on without', async () => {
  await api.person('lena', ['viewer'])
  const signIn = (password: string) => api.client().call(createSession, { body: { name: 'lena', password } })
  for (let i = 0; i < 6; i++) await assert.rejects(signIn('wrong'), ApiProblem)
  await assert.rejects(signIn(passwordOf('lena')), codeIs('auth.locked'))
  await officer.client.call(forgetFailedSignIns, { params: { user: 'lena' } })
  await signIn(passwordOf('lena'))
  await officer.client.call(removeTwoFactorOfUser, { params: { user: 'lena' } })
  const admin = await api.person('bert', ['backup-administrator'])
  await assert.rejects(officer.client.call(removeTwoFactorOfUser, { params: { user: admin.id } }), codeIs('role.conflict'))
})

test('roles are given and taken, never to oneself, and never two that must not meet', async () => {
  const { id } = await api.person('nora', [])
  const give = (user: string, role: 'viewer' | 'operator' | 'security-officer' | 'backup-administrator', project: string | null) =>
    officer.client.call(giveRole, { body: { user, role, project } })
  const grant = await give('nora', 'backup-administrator', null)
  assert.deepEqual([grant.user, grant.role, grant.projectId], [{ id, name: 'nora' }, 'backup-administrator', null])
  // Once more changes nothing.
  assert.equal((await give(id, 'backup-administrator', null)).id, grant.id)
  await assert.rejects(give('nora', 'security-officer', null), codeIs('role.conflict'))
  await assert.rejects(give('officer', 'viewer', null), codeIs('role.self'))
  await assert.rejects(give('nora', 'viewer', 'nowhere'), codeIs('object.missing'))
  const { items } = await officer.client.call(listGrants, { query: { user: 'nora' } })
  assert.deepEqual(items, [grant])
  await officer.client.call(takeRole, { params: { grant: grant.id } })
  assert.deepEqual((await officer.client.call(listGrants, { query: { user: 'nora' } })).items, [])
  await assert.rejects(officer.client.call(takeRole, { params: { grant: grant.id } }), codeIs('object.missing'))
  const own = (await officer.client.call(listGrants, { query: { user: 'officer' } })).items[0]
  await assert.rejects(officer.client.call(takeRole, { params: { grant: own?.id ?? '' } }), codeIs('role.last-officer'))
})

test('who guards one project changes nothing of the whole organisation', async () => {
  const project = await addProject('aside')
  const local = await api.person('local-officer', ['security-officer'], project)
  const { id } = await api.person('victim', ['viewer'])
  const params = { user: id }
  const refused: readonly [string, () => Promise<unknown>][] = [
    ['users.create', () => local.client.call(createUser, { body: { name: 'mole' } })],
    ['users.disable', () => local.client.call(disableUser, { params })],
    ['users.erase', () => local.client.call(eraseUser, { params })],
    ['users.forget-failures', () => local.client.call(forgetFailedSignIns, { params })],
    ['settings.change', () => local.client.call(changeSettings, { body: { twoFactorMandatory: false } })],
    ['address-rules.add', () => local.client.call(addAddressRule, { body: { network: '192.0.2.0/24' } })],
    ['grants.give', () => local.client.call(giveRole, { body: { user: id, role: 'auditor', project: null } })],
    ['keys.list', () => local.client.call(listKeys, { query: { everybody: 'true' } })],
  ]
  for (const [operation, ask] of refused) {
    await assert.rejects(ask(), codeIs('auth.forbidden'), operation)
    const [entry] = await api.lastEntries(1)
    assert.deepEqual([entry?.operation, entry?.outcome], [operation, 'DENIED'])
  }
  const grant = await local.client.call(giveRole, { body: { user: id, role: 'operator', project: 'aside' } })
  assert.equal(grant.projectId, project)
  const seen = (await local.client.call(listGrants, {})).items.map(({ projectId }) => projectId)
  assert.ok(seen.every((one) => one === null || one === project))
})

test('a key is shown once, does what its scopes say in its project, and is revoked', async () => {
  const project = await addProject('keys')
  const expiresAt = new Date(api.clock.nowMs() + hourMs).toISOString()
  const body = { name: 'ci', scopes: ['users.list', 'keys.create'], project: 'keys', expiresAt }
  const { key, created } = await officer.client.call(createKey, { body })
  assert.deepEqual([created.projectId, created.scopes, created.createdBy], [project, body.scopes, officer.actor.id])
  const ci = api.client(key)
  assert.ok((await ci.call(listUsers, {})).items.length > 0)
  await assert.rejects(ci.call(listGrants, {}), codeIs('auth.forbidden'))
  await assert.rejects(ci.call(createKey, { body }), codeIs('auth.forbidden'))
  const cases: readonly [Partial<typeof body>, string][] = [
    [{ scopes: ['no scope'] }, 'request.invalid'],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, 'request.invalid'],
    [{ project: 'nowhere' }, 'object.missing'],
  ]
  for (const [wrong, code] of cases)
    await assert.rejects(officer.client.call(createKey, { body: { ...body, ...wrong } }), codeIs(code))
  const stranger = await api.person('stranger', ['viewer'])
  assert.deepEqual((await stranger.client.call(listKeys, {})).items, [])
  await assert.rejects(stranger.client.call(revokeKey, { params: { key: created.id } }), codeIs('object.missing'))
  assert.deepEqual(
    (await officer.client.call(listKeys, { query: { everybody: 'true' } })).items.map(({ id }) => id),
    [created.id],
  )
  await officer.client.call(revokeKey, { params: { key: created.id } })
  await assert.rejects(ci.call(listUsers, {}), codeIs('auth.failed'))
  const said = JSON.stringify([await officer.client.call(listKeys, {}), await api.lastEntries(30)])
  assert.ok(!said.includes(key) && !said.includes(key.slice(-43)))
})

test('a key for one project reaches nothing of the whole organisation', async () => {
  const body = { name: 'bound', project: 'keys', expiresAt: null }
  const { key } = await officer.client.call(createKey, { body })
  await assert.rejects(api.client(key).call(changeSettings, { body: {} }), codeIs('auth.forbidden'))
  await assert.rejects(api.client(key).call(listKeys, { query: { everybody: 'true' } }), codeIs('auth.forbidden'))
})

test('networks are admitted and shut out again, but not the one that asks', async () => {
  assert.deepEqual((await officer.client.call(listAddressRules, {})).items, [])
  await assert.rejects(officer.client.call(addAddressRule, { body: { network: '10.0.0.0/8' } }), codeIs('auth.address'))
  await assert.rejects(officer.client.call(addAddressRule, { body: { network: 'here' } }), codeIs('request.invalid'))
  const rule = await officer.client.call(addAddressRule, { body: { network: '192.0.2.7/24', description: 'office' } })
  assert.equal(rule.network, '192.0.2.0/24')
  await assert.rejects(officer.client.call(addAddressRule, { body: { network: '192.0.2.0/24' } }), codeIs('object.exists'))
  api.address = '203.0.113.1'
  await assert.rejects(officer.client.call(listAddressRules, {}), codeIs('auth.address'))
  api.address = '192.0.2.1'
  const other = await officer.client.call(addAddressRule, { body: { network: '203.0.113.0/24' } })
  await assert.rejects(officer.client.call(removeAddressRule, { params: { rule: rule.id } }), codeIs('auth.address'))
  await officer.client.call(removeAddressRule, { params: { rule: other.id } })
  await officer.client.call(removeAddressRule, { params: { rule: rule.id } })
  assert.deepEqual((await officer.client.call(listAddressRules, {})).items, [])
})
