import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Operation, problemSchema, type Right } from '@coffre/api-contract'
import { systemContext } from '@coffre/foundation'
import { roles } from '../people/roles.ts'
import { contractOperations } from '../testing/contract-operations.ts'
import { PeopleApi, type Person } from '../testing/people-api.ts'
import { makeTenantObjects, type TenantObjects } from '../testing/tenant-objects.ts'

/**
 * Everything that the API can be asked, by who must not ask it. The table has a right body for each operation that takes one: an
 * operation without it, or with a parameter that no object of the other tenant stands for, fails the first test.
 */
const someId = '01890a5d-ac96-774b-bcce-b302099a8057'
const password = 'right horse battery'
const bodies: Readonly<Record<string, unknown>> = {
  'address-rules.add': { network: '192.0.2.0/24' },
  'approvals.request': { operation: 'vaults.delete', vault: someId, reason: 'over' },
  'approvals.vote': { verdict: 'APPROVE' },
  'first-user.create': { token: 'x', name: 'first', password },
  'grants.give': { user: someId, role: 'viewer', project: null },
  'holds.create': { title: 'case', description: 'case', query: { vaults: [someId] } },
  'holds.lift': {},
  'jobs.backup': {},
  'jobs.prune': {},
  'jobs.restore': { to: '/nowhere' },
  'jobs.explain': {},
  'jobs.timeline': {},
  'jobs.verify': {},
  'keys.create': { name: 'key', expiresAt: null },
  'passwords.change': { password, newPassword: password },
  'passwords.redeem': { token: 'x', newPassword: password },
  'plans.apply': { document: {} },
  'plans.preview': { document: {} },
  'presets.apply': { vault: someId },
  'sessions.create': { name: 'somebody', password },
  'settings.change': {},
  'sources.create': { name: 'docs', engine: 'files', config: {} },
  'sources.update': {},
  'sources.protect': { name: 'docs', engine: 'files', config: {}, vault: someId },
  'two-factor.confirm': { code: '123456' },
  'two-factor.remove': { password, code: '123456' },
  'two-factor.renew-codes': { password, code: '123456' },
  'users.create': { name: 'somebody' },
  'vaults.create': { name: 'main' },
  'vaults.heal': {},
  'vaults.set-lock': { mode: 'governance' },
}
const operations = contractOperations()
const guarded = operations.filter(({ right }) => right !== 'public')

let api: PeopleApi
let theirs: TenantObjects
before(async () => {
  api = await PeopleApi.start(operations)
  theirs = await makeTenantObjects(api.its.catalogue, { clock: api.clock, random: systemContext.random }, 'theirs')
})
after(() => api[Symbol.asyncDispose]())

/** Asks for the operation on objects of the other tenant. */
async function ask(operation: Operation, token: string | undefined, ids = theirs.ids, query = '') {
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? theirs.ids[name] ?? assert.fail(name))
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`
  const body = operation.body === undefined ? {} : { body: JSON.stringify(bodies[operation.id]) }
  const answer = await api.request(`/api/v1${path}${query}`, { method: operation.method, headers, ...body })
  const text = await answer.text()
  // A stream has begun by the time that its source finds nothing; it ends with the problem.
  const problem = operation.isStream === true && answer.status === 200 ? /^event: problem\ndata: (.*)$/m.exec(text)?.[1] : text
  const code = answer.status < 400 && operation.isStream !== true ? undefined : codeOf(problem)
  return { status: answer.status, code, text }
}

function codeOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : problemSchema.parse(JSON.parse(text)).code
}

async function assertDenied(operation: Operation, principal: string, code: string): Promise<void> {
  const [entry] = await api.lastEntries(1)
  const { operation: id, outcome, ...rest } = entry ?? assert.fail()
  assert.deepEqual([id, outcome, rest.principal, rest.code], [operation.id, 'DENIED', principal, code])
}

test('the table can call every operation', () => {
  for (const { id, path, body } of operations) {
    for (const [, name = ''] of path.matchAll(/\{(\w+)\}/g)) assert.ok(name in theirs.ids, `${id}: no object for {${name}}`)
    if (body === undefined) assert.ok(!(id in bodies), `${id} takes no body`)
    else assert.ok(body.safeParse(bodies[id]).success, `${id}: the table has no right body for it`)
  }
})

test('nobody gets no further than the door', async () => {
  for (const operation of guarded) {
    const { status, code } = await ask(operation, undefined)
    assert.deepEqual([status, code], [401, 'auth.required'], operation.id)
    await assertDenied(operation, 'anonymous', 'auth.required')
  }
})

test('keys that were revoked or have expired, and sessions that have ended, open nothing', async () => {
  const { id: leaver, actor, token } = await api.person('leaver', roles)
  const { keys, sessions } = api.its.people
  const expiresAt = new Date(api.clock.nowMs() + 1000)
  const wanted = { name: 'key', scopes: null, projectId: null, expiresAt: null }
  const revoked = await api.its.within((within) => keys.create(actor, wanted, within))
  const expired = await api.its.within((within) => keys.create(actor, { ...wanted, expiresAt }, within))
  await api.its.within((within) => keys.revoke(actor, revoked.id, within))
  const { id } = await sessions.find(token)
  await sessions.revoke(leaver, id)
  api.clock.advance(2000)
  const cases = [
    [revoked.key, 'auth.failed'],
    [expired.key, 'auth.expired'],
    [token, 'auth.expired'],
  ] as const
  for (const operation of guarded)
    for (const [credentials, expected] of cases) {
      const { status, code } = await ask(operation, credentials)
      assert.deepEqual([status, code], [401, expected], operation.id)
      await assertDenied(operation, 'anonymous', expected)
    }
})

test('who lacks the right is refused, and that is in the audit log', async () => {
  const viewer = await api.person('viewer', ['viewer'])
  const nobody = await api.person('roleless', [])
  for (const operation of guarded) {
    if (operation.right === 'signed-in') continue
    const { token, actor } = viewer.actor.rights.has(operation.right as Right) ? nobody : viewer
    const { status, code } = await ask(operation, token)
    assert.deepEqual([status, code], [403, 'auth.forbidden'], operation.id)
    await assertDenied(operation, actor.id, 'auth.forbidden')
  }
})

test('a key does nothing outside its scopes', async () => {
  const maker = await api.person('maker', roles)
  const wanted = { name: 'narrow', scopes: ['nothing.at-all'], projectId: null, expiresAt: null }
  const { id, key } = await api.its.within((within) => api.its.people.keys.create(maker.actor, wanted, within))
  for (const operation of guarded) {
    const { status, code } = await ask(operation, key)
    assert.deepEqual([status, code], [403, 'auth.forbidden'], operation.id)
    await assertDenied(operation, `key:${id}`, 'auth.forbidden')
  }
})

test('before the second factor that is asked for there is nothing but enrolling it', async () => {
  const { token, actor } = await api.person('enrolling', roles)
  const setMandatory = (mandatory: boolean) =>
    api.its.within((within) => api.its.people.twoFactor.setMandatory(actor, mandatory, within))
  await setMandatory(true)
  for (const operation of guarded) {
    const isOpen = /^(two-factor\..*|sessions\.(current|end))$/.test(operation.id)
    const { code } = isOpen ? { code: 'auth.second-factor' } : await ask(operation, token)
    assert.equal(code, 'auth.second-factor', operation.id)
  }
  await setMandatory(false)
})

test('an object of another tenant is not there, by id and by name', async () => {
  const { token } = await almighty('almighty')
  const seen: string[] = []
  for (const operation of guarded) {
    if (!operation.path.includes('{') || !api.answered.has(operation.id)) continue
    const isNameable = Object.keys(theirs.names).some((name) => operation.path.includes(`{${name}}`))
    for (const ids of isNameable ? [theirs.ids, theirs.names] : [theirs.ids]) {
      const { code } = await ask(operation, token, ids)
      assert.equal(code, 'object.missing', `${operation.id} ${JSON.stringify(ids)}`)
    }
    seen.push(operation.id)
  }
  assert.ok(seen.length >= 25, seen.join(' '))
})

test('what a body names in another tenant is not there', async () => {
  const { token, id } = await almighty('almighty-two')
  const { ids, names, projectId } = theirs
  const cases: readonly [string, string, unknown][] = [
    ['POST', '/grants', { user: ids['user'], role: 'viewer', project: null }],
    ['POST', '/grants', { user: names['user'], role: 'viewer', project: null }],
    ['POST', '/grants', { user: id, role: 'viewer', project: projectId }],
    ['POST', '/keys', { name: 'key', expiresAt: null, project: projectId }],
    ['POST', '/keys', { name: 'key', expiresAt: null, project: 'theirs' }],
    ['POST', '/holds', { title: 'case', description: 'case', query: { vaults: [ids['vault']] } }],
    ['POST', '/presets/development/apply', { vault: ids['vault'] }],
    ['POST', '/presets/development/apply', { vault: names['vault'] }],
    ['POST', '/holds', { title: 'case', description: 'case', query: { sources: [names['source']] } }],
    ['POST', '/approvals', { operation: 'vaults.delete', vault: ids['vault'], reason: 'over' }],
    ['POST', '/approvals', { operation: 'vaults.unlock', vault: names['vault'], reason: 'over' }],
    ['POST', '/approvals', { operation: 'holds.lift', hold: ids['hold'], reason: 'over' }],
  ]
  for (const [method, path, body] of cases) {
    const headers = { 'content-type': 'application/json', 'authorization': `Bearer ${token}` }
    const answer = await api.request(`/api/v1${path}`, { method, headers, body: JSON.stringify(body) })
    assert.deepEqual([answer.status, codeOf(await answer.text())], [404, 'object.missing'], `${path} ${JSON.stringify(body)}`)
  }
})

test('no list shows anything of another tenant', async () => {
  const { token } = await almighty('almighty-three')
  for (const operation of guarded) {
    if (operation.method !== 'GET' || operation.path.includes('{') || !api.answered.has(operation.id)) continue
    for (const query of operation.id === 'keys.list' ? ['', '?everybody=true'] : ['']) {
      const { status, text } = await ask(operation, token, {}, query)
      assert.equal(status, 200, operation.id)
      // The log has what its own people asked for, even where there was no such thing; whose entries they are is told in each.
      const strange = operation.id.startsWith('audit.') ? [theirs.orgId, theirs.projectId] : Object.values(theirs.ids)
      assert.deepEqual(
        strange.filter((id) => text.includes(`"${id}"`)),
        [],
        operation.id,
      )
    }
  }
})

/** One who may do everything here, which nobody can be. */
function almighty(name: string): Promise<Person> {
  return api.person(name, roles)
}
