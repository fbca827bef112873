import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { hourMs } from '@coffre/foundation'
import { fakeContext } from '@coffre/testkit'
import { passwordOf, startTestPeople, type TestPeople } from '../testing/test-people.ts'
import { userIdOf } from './principal.ts'

const context = fakeContext()
let its: TestPeople

before(async () => {
  its = await startTestPeople(context)
  await its.addUser('officer', ['security-officer'])
})
after(() => its[Symbol.asyncDispose]())

async function open(name: string) {
  const user = await its.addUser(name, [])
  const { token, session } = await its.people.signIn.signIn(
    { name, password: passwordOf(name) },
    { address: '192.0.2.1', userAgent: 'agent' },
  )
  return { user, userId: userIdOf(user), token, session }
}

test('a session ends after twelve hours without use, and after seven days with it', async () => {
  const { token } = await open('idle')
  const busy = await open('busy')
  context.clock.advance(12 * hourMs - 1)
  await its.people.sessions.find(busy.token)
  context.clock.advance(1)
  await assert.rejects(its.people.sessions.find(token), { code: 'auth.expired' })
  for (let hours = 12; hours < 7 * 24 - 11; hours += 11) {
    await its.people.sessions.find(busy.token)
    context.clock.advance(11 * hourMs)
  }
  context.clock.advance(11 * hourMs)
  await assert.rejects(its.people.sessions.find(busy.token), { code: 'auth.expired' })
  assert.deepEqual(await its.people.sessions.list(busy.userId), [])
})

test('sessions are listed, and revoked by their owner alone', async () => {
  const one = await open('one')
  const two = await open('two')
  assert.deepEqual(
    (await its.people.sessions.list(one.userId)).map(({ id }) => id).toSorted(),
    [one.user.sessionId, one.session.id].toSorted(),
  )
  await assert.rejects(its.people.sessions.revoke(two.userId, one.session.id), { code: 'object.missing' })
  await its.people.sessions.find(one.token)
  await its.people.sessions.revoke(one.userId, one.session.id)
  await its.people.sessions.revoke(one.userId, one.session.id)
  await assert.rejects(its.people.sessions.find(one.token), { code: 'auth.expired' })
  await its.people.sessions.find(two.token)
})

test('the token is not in the catalogue, and no other one opens anything', async () => {
  const { token } = await open('token')
  assert.match(token, /^coffre-session_[\w-]{43}$/)
  const rows = await its.catalogue.selectFrom('session').selectAll().execute()
  assert.ok(!JSON.stringify(rows).includes(token.slice(-43)))
  for (const wrong of ['', 'coffre-session_', `${token}x`, token.slice(0, -1)])
    await assert.rejects(its.people.sessions.find(wrong), { code: 'auth.failed' })
})

test('use is written at most once a minute', async () => {
  const { token, session } = await open('touch')
  const lastUse = async () =>
    (
      await its.catalogue.selectFrom('session').select('lastUsedAt').where('id', '=', session.id).executeTakeFirstOrThrow()
    ).lastUsedAt.getTime()
  const begin = await lastUse()
  context.clock.advance(59_999)
  await its.people.sessions.find(token)
  assert.equal(await lastUse(), begin)
  context.clock.advance(1)
  await its.people.sessions.find(token)
  assert.equal(await lastUse(), begin + 60_000)
})

test('the sessions of one who is disabled end, and do not come back', async () => {
  const { token, userId } = await open('disabled')
  await its.within((within) => its.people.users.disable(its.local, userId, within))
  await assert.rejects(its.people.sessions.find(token), { code: 'auth.expired' })
  await its.within((within) => its.people.users.enable(its.local, userId, within))
  await assert.rejects(its.people.sessions.find(token), { code: 'auth.expired' })
})

test('who is erased leaves an id, and nothing that tells who it was', async () => {
  const { token, userId } = await open('erased@example.com')
  await its.within((within) =>
    its.people.keys.create(
      { ...its.local, user: `user:${userId}` },
      { name: 'k', scopes: null, projectId: null, expiresAt: null },
      within,
    ),
  )
  await its.within((within) => its.people.users.erase(its.local, userId, within))
  await assert.rejects(its.people.sessions.find(token), { code: 'auth.failed' })
  const everything = JSON.stringify([
    await its.catalogue.selectFrom('userAccount').selectAll().execute(),
    await its.catalogue.selectFrom('session').selectAll().execute(),
  ])
  assert.ok(!everything.includes('erased@example.com'))
  assert.ok((await its.people.users.list(its.orgId)).some(({ id, name }) => id === userId && name === `erased-${userId}`))
  assert.ok((await its.people.keys.list(its.orgId, `user:${userId}`)).every(({ revokedAt }) => revokedAt !== null))
})

test('old sessions are forgotten', async () => {
  context.clock.advance(91 * 24 * hourMs)
  await its.people.sessions.forgetOld()
  assert.deepEqual(await its.catalogue.selectFrom('session').select('id').execute(), [])
})
