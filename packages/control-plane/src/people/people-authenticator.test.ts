import assert from 'node:assert/strict'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemContext } from '@coffre/foundation'
import { fakeContext } from '@coffre/testkit'
import { newHexId, newId } from '../catalogue/new-id.ts'
import { makeProject } from '../testing/test-catalogue.ts'
import { codeOfApplication, passwordOf, startTestPeople, type TestPeople } from '../testing/test-people.ts'
import { LocalCredential } from './local-credential.ts'
import { PeopleAuthenticator } from './people-authenticator.ts'
import { rightsOfLocal, rightsOfRole } from './roles.ts'

const context = fakeContext()
const sessionCookie = 'coffre-session'
const projectHeader = 'coffre-project'
const localCredentialFile = 'local-credential'
const signal = new AbortController().signal
const anywhere = '203.0.113.5'
let its: TestPeople
let local: LocalCredential
let authenticator: PeopleAuthenticator

before(async () => {
  its = await startTestPeople(context)
  local = await LocalCredential.renew(its.stateFolder, systemContext.random)
  const { catalogue, people, orgId, projectId } = its
  const { grants, sessions, keys, twoFactor, addresses } = people
  authenticator = new PeopleAuthenticator({
    catalogue,
    grants,
    sessions,
    keys,
    twoFactor,
    addresses,
    local,
    tenant: { orgId, projectId },
  })
})
after(() => its[Symbol.asyncDispose]())

const ask = (headers: Record<string, string>, address: string | undefined = anywhere) =>
  authenticator.authenticate(new Headers(headers), address, signal)
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const localToken = async () => (await readFile(join(its.stateFolder, localCredentialFile), 'utf8')).trim()

async function signedIn(name: string, roles: Parameters<TestPeople['addUser']>[1], projectId?: string) {
  const user = await its.addUser(name, roles, projectId)
  const { token } = await its.people.signIn.signIn(
    { name, password: passwordOf(name) },
    { address: anywhere, userAgent: undefined },
  )
  return { user, token }
}

test('nothing is nobody, and what is no credential of ours is refused', async () => {
  assert.equal(await ask({}), undefined)
  assert.equal(await ask({ cookie: 'theme=dark' }), undefined)
  const wrong = [
    bearer('x'),
    bearer('coffre-session_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
    bearer('coffre_0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
    bearer('coffre-local_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
    { authorization: 'Basic eDp5' },
    { cookie: `${sessionCookie}=x` },
  ]
  for (const headers of wrong) await assert.rejects(ask(headers), { code: 'auth.failed' }, JSON.stringify(headers))
})

test('a session is its user, as bearer and as cookie, the latter for our own pages only', async () => {
  const { user, token } = await signedIn('paul', ['operator'])
  const principal = await ask(bearer(token))
  assert.ok(principal !== undefined)
  assert.equal(principal.id, user.id)
  assert.deepEqual(principal.rights, new Set(rightsOfRole.operator))
  const cookie = { cookie: `a=b; ${sessionCookie}=${token}` }
  assert.deepEqual(await ask(cookie), principal)
  for (const site of ['same-origin', 'none']) assert.equal((await ask({ ...cookie, 'sec-fetch-site': site }))?.id, user.id)
  for (const site of ['cross-site', 'same-site'])
    await assert.rejects(ask({ ...cookie, 'sec-fetch-site': site }), { code: 'auth.forbidden' })
  authenticator.authorize(principal, { id: 'backups.start', right: 'backup.run' })
  assert.throws(() => authenticator.authorize(principal, { id: 'vaults.lock', right: 'vault.lock' }), { code: 'auth.forbidden' })
})

test('a key has what its maker has at that time, never more, and neither votes nor changes people', async () => {
  const { user } = await signedIn('quinn', ['security-officer', 'operator'])
  const officer = await its.addUser('queen', ['security-officer'])
  const { id, key } = await its.within((within) =>
    its.people.keys.create(user, { name: 'k', scopes: ['read', 'backups.*'], projectId: null, expiresAt: null }, within),
  )
  const principal = (await ask(bearer(key))) ?? assert.fail()
  assert.equal(principal.id, `key:${id}`)
  assert.equal(principal.user, user.id)
  assert.ok(principal.rights.has('vault.lock') && !principal.rights.has('approval.vote') && !principal.rights.has('people.write'))
  assert.throws(() => authenticator.authorize(principal, { id: 'vaults.lock', right: 'vault.lock' }), { code: 'auth.forbidden' })
  authenticator.authorize(principal, { id: 'backups.start', right: 'backup.run' })
  const grant = (await its.people.grants.list(its.orgId)).find(
    ({ userId, role }) => `user:${userId}` === user.id && role === 'operator',
  )
  await its.within((within) => its.people.grants.revoke(officer, grant?.id ?? '', within))
  const narrower = (await ask(bearer(key))) ?? assert.fail()
  assert.throws(() => authenticator.authorize(narrower, { id: 'backups.start', right: 'backup.run' }), { code: 'auth.forbidden' })
})

test('the project of a request: the one it names, else the first that its sender has rights in', async () => {
  const second = newId(context)
  const row = {
    id: second,
    hexId: newHexId(context),
    orgId: its.orgId,
    name: 'second',
    accountLabel: '000000000000',
    regionLabel: 'local',
  }
  await its.catalogue
    .insertInto('project')
    .values({ ...row, createdAt: new Date(context.clock.nowMs() + 1) })
    .execute()
  const foreign = await makeProject(its.catalogue, context, 'foreign')
  const { token, user } = await signedIn('rosa', ['operator'], second)
  assert.equal((await ask(bearer(token)))?.projectId, second)
  assert.equal((await ask({ ...bearer(token), [projectHeader]: 'second' }))?.rights.has('backup.run'), true)
  assert.equal((await ask({ ...bearer(token), [projectHeader]: its.projectId }))?.rights.size, 0)
  for (const other of [foreign.projectId, 'foreign', 'none'])
    await assert.rejects(ask({ ...bearer(token), [projectHeader]: other }), { code: 'auth.forbidden' })
  const { key } = await its.within((within) =>
    its.people.keys.create(user, { name: 'k', scopes: null, projectId: second, expiresAt: null }, within),
  )
  assert.equal((await ask(bearer(key)))?.projectId, second)
  await assert.rejects(ask({ ...bearer(key), [projectHeader]: its.projectId }), { code: 'auth.forbidden' })
})

test('the local credential is in a file for its owner, works on this machine only, and until the next start', async () => {
  assert.equal((await stat(join(its.stateFolder, localCredentialFile))).mode & 0o777, 0o600)
  const token = await localToken()
  for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
    const principal = (await ask(bearer(token), address)) ?? assert.fail()
    assert.equal(principal.id, 'user:local')
    assert.deepEqual(principal.rights, new Set(rightsOfLocal))
  }
  for (const address of [anywhere, undefined, '::', '10.0.0.1'])
    await assert.rejects(ask(bearer(token), address), { code: 'auth.failed' })
  const renewed = await LocalCredential.renew(its.stateFolder, systemContext.random)
  assert.notEqual(await localToken(), token)
  assert.ok(renewed.accepts(await localToken(), '127.0.0.1') && !renewed.accepts(token, '127.0.0.1'))
})

test('the list of addresses holds for sessions and keys, and not for the local credential', async () => {
  const { token, user } = await signedIn('sara', ['security-officer'])
  const { key } = await its.within((within) =>
    its.people.keys.create(user, { name: 'k', scopes: null, projectId: null, expiresAt: null }, within),
  )
  const id = await its.within((within) => its.people.addresses.add(user, { network: anywhere, description: '' }, anywhere, within))
  await ask(bearer(token))
  for (const credential of [token, key]) await assert.rejects(ask(bearer(credential), '203.0.113.6'), { code: 'auth.address' })
  const fresh = await LocalCredential.renew(its.stateFolder, systemContext.random)
  assert.ok(fresh.accepts(await localToken(), '127.0.0.1'))
  await its.within((within) => its.people.addresses.remove(its.local, id, '127.0.0.1', within))
})

test('where a second factor is mandatory, a session without one may only enrol, from that moment on', async () => {
  const { token } = await signedIn('tina', ['operator'])
  const setMandatory = (mandatory: boolean) =>
    its.within((within) => its.people.twoFactor.setMandatory(its.local, mandatory, within))
  await setMandatory(true)
  const before = (await ask(bearer(token))) ?? assert.fail()
  assert.equal(before.rights.size, 0)
  assert.throws(() => authenticator.authorize(before, { id: 'vaults.list', right: 'read' }), { code: 'auth.second-factor' })
  authenticator.authorize(before, { id: 'two-factor.enrol', right: 'signed-in' })
  const { secret } = await its.within((within) => its.people.twoFactor.enrol(before, within))
  const code = codeOfApplication(secret, context)
  await its.within((within) => its.people.twoFactor.confirm(before, code, within))
  const enrolled = (await ask(bearer(token))) ?? assert.fail()
  authenticator.authorize(enrolled, { id: 'vaults.list', right: 'read' })
  await setMandatory(false)
  assert.equal(await its.people.twoFactor.isMandatory(its.orgId), false)
})
