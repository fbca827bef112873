import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { minuteMs } from '@coffre/foundation'
import { fakeContext } from '@coffre/testkit'
import { makeProject } from '../testing/test-catalogue.ts'
import { startTestPeople, type TestPeople } from '../testing/test-people.ts'
import { rolesOfFirstUser } from './roles.ts'

const context = fakeContext()
const its: TestPeople = await startTestPeople(context)
const password = 'a lamp beside the river'
let orgId: string
let orgs = 0

beforeEach(async () => {
  ;({ orgId } = await makeProject(its.catalogue, context, `first-${++orgs}`))
})
after(() => its[Symbol.asyncDispose]())

const issue = async (): Promise<string> => (await its.people.firstUser.issue(orgId)) ?? assert.fail('there is a user')
const redeem = (token: string, name = `first-${orgs}`, chosen = password) =>
  its.people.firstUser.redeem(token, { name, displayName: '' }, chosen)

test('the printed token makes the first user, once, who guards the organisation', async () => {
  const { userId } = await redeem(await issue())
  assert.deepEqual(await its.people.grants.rolesOf(`user:${userId}`, orgId), new Set(rolesOfFirstUser))
  assert.equal(await its.people.firstUser.issue(orgId), undefined)
  await its.people.signIn.signIn({ name: `first-${orgs}`, password }, { address: '192.0.2.1', userAgent: undefined })
})

test('a token is good for 15 minutes, and void once the next start has printed another', async () => {
  const first = await issue()
  const second = await issue()
  await assert.rejects(redeem(first), { code: 'auth.failed' })
  context.clock.advance(15 * minuteMs)
  await assert.rejects(redeem(second), { code: 'auth.expired' })
  await redeem(await issue())
})

test('a refused password or name does not use the token up', async () => {
  const token = await issue()
  await assert.rejects(redeem(token, 'a', 'short'), { code: 'auth.password-refused' })
  await assert.rejects(redeem(token, 'first-1'), { code: 'object.exists' })
  await redeem(token)
})

test('of two who come with the token at once, one becomes the first user', async () => {
  const token = await issue()
  const settled = await Promise.allSettled([redeem(token, `left-${orgs}`), redeem(token, `right-${orgs}`)])
  assert.deepEqual(settled.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  assert.equal((await its.people.users.list(orgId)).length, 1)
})

test('other users choose a password with a token of theirs, once, within three days', async () => {
  const { orgId: org, projectId, local } = its
  const issueFor = (userId: string) =>
    its.within((within) => its.people.passwords.issueToken({ ...local, orgId: org, projectId }, userId, within))
  const userId = await its.within((within) =>
    its.people.users.create(org, { name: 'Invited@Example.com', displayName: 'I' }, 'x', within),
  )
  const duplicate = its.within((within) =>
    its.people.users.create(org, { name: 'invited@example.COM', displayName: '' }, 'x', within),
  )
  await assert.rejects(duplicate, { code: 'object.exists' })
  const late = await issueFor(userId)
  context.clock.advance(72 * 60 * minuteMs)
  await assert.rejects(its.people.passwords.redeem(late, password), { code: 'auth.expired' })
  const token = await issueFor(userId)
  await assert.rejects(its.people.passwords.redeem(token, 'invited@example.com'), { code: 'auth.password-refused' })
  await assert.rejects(redeem(token), { code: 'auth.failed' })
  assert.equal(await its.people.passwords.redeem(token, password), userId)
  await assert.rejects(its.people.passwords.redeem(token, password), { code: 'auth.failed' })
  await assert.rejects(its.people.passwords.redeem(await issue(), password), { code: 'auth.failed' })
  const stored = await its.catalogue.selectFrom('oneTimeToken').selectAll().execute()
  assert.ok(!JSON.stringify(stored).includes(token))
})
