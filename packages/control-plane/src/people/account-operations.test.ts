import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  ApiProblem,
  beginTwoFactor,
  changePassword,
  changeSettings,
  confirmTwoFactor,
  createFirstUser,
  createSession,
  currentSession,
  endOtherSessions,
  endSession,
  getSettings,
  listSessions,
  redeemPasswordToken,
  removeTwoFactor,
  renewRecoveryCodes,
  resetPassword,
} from '@coffre/api-contract'
import { systemContext } from '@coffre/foundation'
import { PeopleApi } from '../testing/people-api.ts'
import { codeOfApplication, passwordOf } from '../testing/test-people.ts'

let api: PeopleApi
before(async () => {
  api = await PeopleApi.start()
})
after(() => api[Symbol.asyncDispose]())

const codeIs = (code: string) => (error: unknown) => error instanceof ApiProblem && error.problem.code === code
const stepMs = 30_000
const context = () => ({ clock: api.clock, random: systemContext.random })

test('the first user is made with the token that was printed, once, and is signed in by it', async () => {
  await using fresh = await PeopleApi.start()
  const token = await fresh.its.people.firstUser.issue(fresh.its.orgId)
  assert.ok(token !== undefined)
  const body = { token, name: 'Anna@example.org', password: passwordOf('anna') }
  await assert.rejects(fresh.client().call(createFirstUser, { body: { ...body, token: 'x' } }), codeIs('auth.failed'))
  await assert.rejects(
    fresh.client().call(createFirstUser, { body: { ...body, password: 'short' } }),
    codeIs('auth.password-refused'),
  )
  const made = await fresh.client().call(createFirstUser, { body })
  const who = await fresh.client(made.token).call(currentSession, {})
  assert.deepEqual([who.by, who.user?.name, who.session?.id], ['session', 'anna@example.org', made.session.id])
  assert.ok(who.rights.includes('people.write') && !who.rights.includes('point.delete'))
  await assert.rejects(fresh.client().call(createFirstUser, { body }), codeIs('auth.failed'))
  const [failed, allowed] = await fresh.lastEntries(2)
  assert.deepEqual([failed?.outcome, failed?.code], ['DENIED', 'auth.failed'])
  assert.deepEqual([allowed?.outcome, allowed?.target], ['ALLOWED', `user:${made.user.id}`])
  const said = JSON.stringify(await fresh.lastEntries(10))
  for (const secret of [token, made.token, body.password, 'anna']) assert.ok(!said.includes(secret), secret)
})

test('sessions begin with a sign-in, are listed, and end here, elsewhere and everywhere else', async () => {
  await api.person('paul', ['viewer'])
  const signIn = () => api.client().call(createSession, { body: { name: 'PAUL', password: passwordOf('paul') } })
  const [one, two] = [await signIn(), await signIn()]
  await assert.rejects(api.client().call(createSession, { body: { name: 'paul', password: 'wrong' } }), codeIs('auth.failed'))
  const paul = api.client(one.token)
  const sessions = (await paul.call(listSessions, {})).items
  assert.equal(sessions.length, 4)
  assert.deepEqual(
    sessions.filter(({ isCurrent }) => isCurrent).map(({ id }) => id),
    [one.session.id],
  )
  await paul.call(endSession, { params: { session: two.session.id } })
  await assert.rejects(api.client(two.token).call(currentSession, {}), codeIs('auth.expired'))
  assert.deepEqual(await paul.call(endOtherSessions, {}), { ended: 2 })
  assert.equal((await paul.call(listSessions, {})).items.length, 1)
  await paul.call(endSession, { params: { session: 'current' } })
  await assert.rejects(paul.call(currentSession, {}), codeIs('auth.expired'))
  const mine = await api.person('rosa', ['viewer'])
  await assert.rejects(mine.client.call(endSession, { params: { session: one.session.id } }), codeIs('object.missing'))
})

test('a password changes for who knows it, and the other sessions end', async () => {
  const { client, token } = await api.person('pia', ['viewer'])
  const other = await api.client().call(createSession, { body: { name: 'pia', password: passwordOf('pia') } })
  const newPassword = 'another right horse'
  const cases: readonly [string, string, string][] = [
    ['wrong', newPassword, 'auth.failed'],
    [passwordOf('pia'), 'short', 'auth.password-refused'],
  ]
  for (const [password, wanted, code] of cases)
    await assert.rejects(client.call(changePassword, { body: { password, newPassword: wanted } }), codeIs(code))
  await client.call(changePassword, { body: { password: passwordOf('pia'), newPassword } })
  assert.equal((await api.client(token).call(currentSession, {})).user?.name, 'pia')
  await assert.rejects(api.client(other.token).call(currentSession, {}), codeIs('auth.expired'))
  await api.client().call(createSession, { body: { name: 'pia', password: newPassword } })
})

test('a lost password is chosen anew with a token, once', async () => {
  const officer = await api.person('officer', ['security-officer'])
  const { id } = await api.person('lou', ['viewer'])
  const { token } = await officer.client.call(resetPassword, { params: { user: 'lou' } })
  const newPassword = 'another right horse'
  await assert.rejects(
    api.client().call(redeemPasswordToken, { body: { token, newPassword: 'short' } }),
    codeIs('auth.password-refused'),
  )
  await api.client().call(redeemPasswordToken, { body: { token, newPassword } })
  const [entry] = await api.lastEntries(1)
  assert.deepEqual([entry?.principal, entry?.target], ['anonymous', `user:${id}`])
  await assert.rejects(api.client().call(redeemPasswordToken, { body: { token, newPassword } }), codeIs('auth.failed'))
  await api.client().call(createSession, { body: { name: 'lou', password: newPassword } })
  const admin = await api.person('admin', ['backup-administrator'])
  await assert.rejects(officer.client.call(resetPassword, { params: { user: admin.id } }), codeIs('role.conflict'))
  const [denied] = await api.lastEntries(1)
  assert.deepEqual([denied?.outcome, denied?.code], ['DENIED', 'role.conflict'])
})

test('a second factor is enrolled, asked for, renewed and removed', async () => {
  const { client } = await api.person('toni', ['viewer'])
  const password = passwordOf('toni')
  await assert.rejects(client.call(confirmTwoFactor, { body: { code: '000000' } }), codeIs('auth.failed'))
  await assert.rejects(client.call(removeTwoFactor, { body: { password, code: '000000' } }), codeIs('object.missing'))
  await assert.rejects(client.call(renewRecoveryCodes, { body: { password, code: '000000' } }), codeIs('object.missing'))
  const { secret, uri } = await client.call(beginTwoFactor, {})
  assert.ok(uri.includes(secret))
  const code = () => {
    api.clock.advance(stepMs)
    return codeOfApplication(secret, context())
  }
  const { recoveryCodes } = await client.call(confirmTwoFactor, { body: { code: code() } })
  assert.equal(recoveryCodes.length, 10)
  await assert.rejects(client.call(beginTwoFactor, {}), codeIs('object.exists'))

  const signIn = (more: { code?: string }) => api.client().call(createSession, { body: { name: 'toni', password, ...more } })
  await assert.rejects(signIn({}), codeIs('auth.second-factor'))
  await assert.rejects(signIn({ code: '000000' }), codeIs('auth.failed'))
  assert.equal((await signIn({ code: code() })).session.hasSecondFactor, true)

  const renewed = (await client.call(renewRecoveryCodes, { body: { password, code: code() } })).recoveryCodes
  await assert.rejects(signIn({ code: recoveryCodes[0] ?? '' }), codeIs('auth.failed'))
  await signIn({ code: renewed[0] ?? '' })
  await assert.rejects(client.call(removeTwoFactor, { body: { password: 'wrong', code: code() } }), codeIs('auth.failed'))
  await client.call(removeTwoFactor, { body: { password, code: code() } })
  assert.equal((await signIn({})).session.hasSecondFactor, false)
  const said = JSON.stringify(await api.lastEntries(40))
  for (const one of [secret, ...recoveryCodes, password]) assert.ok(!said.includes(one), one)
})

test('once everybody must have a second factor, enrolling it is what is left', async () => {
  const officer = await api.person('olga', ['security-officer'])
  const { client } = await api.person('uwe', ['viewer'])
  assert.deepEqual(await officer.client.call(changeSettings, { body: {} }), { twoFactorMandatory: false })
  assert.deepEqual(await officer.client.call(changeSettings, { body: { twoFactorMandatory: true } }), { twoFactorMandatory: true })
  await assert.rejects(officer.client.call(getSettings, {}), codeIs('auth.second-factor'))
  await assert.rejects(client.call(listSessions, {}), codeIs('auth.second-factor'))
  assert.equal((await client.call(currentSession, {})).mustEnrol, true)
  const { secret } = await officer.client.call(beginTwoFactor, {})
  await officer.client.call(confirmTwoFactor, { body: { code: codeOfApplication(secret, context()) } })
  assert.deepEqual(await officer.client.call(getSettings, {}), { twoFactorMandatory: true })
  await officer.client.call(changeSettings, { body: { twoFactorMandatory: false } })
  assert.equal((await client.call(listSessions, {})).items.length, 2)
})
