import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { minuteMs } from '@coffre/foundation'
import { fakeContext } from '@coffre/testkit'
import { passwordOf, startTestPeople, type TestPeople } from '../testing/test-people.ts'
import { PasswordHasher } from './password-hash.ts'
import { newPeople } from './people.ts'
import { userIdOf } from './principal.ts'
import type { Credentials } from './sign-in.ts'

const context = fakeContext()
let its: TestPeople
let nextAddress = 0

before(async () => {
  its = await startTestPeople(context)
  await its.addUser('officer', ['security-officer'])
})
after(() => its[Symbol.asyncDispose]())

const freshAddress = (): string => `198.51.${++nextAddress >> 8}.${nextAddress & 0xff}`
const signIn = (credentials: Credentials, address: string | undefined = freshAddress()) =>
  its.people.signIn.signIn(credentials, { address, userAgent: 'test' })
const guess = (name: string, address?: string) => signIn({ name, password: 'wrong wrong wrong' }, address)
const codeOf = async (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'in',
    (error) => error.code,
  )

test('the right password signs in, under the name in any case; what is wrong is told of nobody', async () => {
  await its.addUser('anne@example.com', ['viewer'])
  const { token, session } = await signIn(
    { name: ' Anne@Example.com', password: passwordOf('anne@example.com') },
    '::ffff:192.0.2.1',
  )
  assert.equal((await its.people.sessions.find(token)).id, session.id)
  assert.equal(session.address, '192.0.2.1')
  const errorOf = async (name: string) => guess(name).catch(({ code, message, hint }) => ({ code, message, hint }))
  const disabled = await its.addUser('gone', [])
  await its.within((within) => its.people.users.disable(its.local, userIdOf(disabled), within))
  const invited = await its.within((within) =>
    its.people.users.create(its.orgId, { name: 'invited', displayName: '' }, 'x', within),
  )
  assert.ok(invited)
  const wrong = await errorOf('anne@example.com')
  assert.deepEqual(wrong, {
    code: 'auth.failed',
    message: 'name, password or code are wrong',
    hint: 'Check all of them. Codes count once only.',
  })
  for (const name of ['nobody', 'gone', 'invited', '', 'x'.repeat(10_000)]) assert.deepEqual(await errorOf(name), wrong)
  assert.equal(await codeOf(signIn({ name: 'gone', password: passwordOf('gone') })), 'auth.failed')
})

test('pauses grow for a name from one address, and a success forgets them', async () => {
  await its.addUser('bert', [])
  const address = freshAddress()
  for (let i = 0; i < 5; i++) assert.equal(await codeOf(guess('bert', address)), 'auth.failed')
  for (const pauseMs of [1000, 2000, 4000, 8000]) {
    assert.equal(await codeOf(guess('bert', address)), 'auth.locked')
    // The right password does not end a pause, and says nothing.
    assert.equal(await codeOf(signIn({ name: 'bert', password: passwordOf('bert') }, address)), 'auth.locked')
    context.clock.advance(pauseMs - 1)
    assert.equal(await codeOf(guess('bert', address)), 'auth.locked')
    context.clock.advance(1)
    assert.equal(await codeOf(guess('bert', address)), 'auth.failed')
  }
  context.clock.advance(15 * minuteMs)
  await signIn({ name: 'bert', password: passwordOf('bert') }, address)
  for (let i = 0; i < 4; i++) assert.equal(await codeOf(guess('bert', address)), 'auth.failed')
  await signIn({ name: 'bert', password: passwordOf('bert') }, address)
})

test('pauses are the same for a name that nobody has', async () => {
  const address = freshAddress()
  for (let i = 0; i < 5; i++) assert.equal(await codeOf(guess('no such name', address)), 'auth.failed')
  assert.equal(await codeOf(guess('no such name', address)), 'auth.locked')
})

test('an address that tries many names is slowed down, its network of IPv6 as one', async () => {
  for (let i = 0; i < 20; i++) assert.equal(await codeOf(guess(`spray-${i}`, `2001:db8:7::${i}`)), 'auth.failed')
  assert.equal(await codeOf(guess('spray-21', '2001:db8:7::ffff')), 'auth.locked')
  assert.equal(await codeOf(guess('spray-21', '2001:db8:7:1::1')), 'auth.failed')
})

test('a crowd of strangers gets one guess a minute, and cannot keep a user out who comes from where he was before', async () => {
  await its.addUser('cleo', [])
  const right = { name: 'cleo', password: passwordOf('cleo') }
  const home = freshAddress()
  const { token } = await signIn(right, home)
  let tries = 0
  for (let second = 0; second < 3600; second += 10) {
    context.clock.advance(10_000)
    if ((await codeOf(guess('cleo', freshAddress()))) === 'auth.failed') tries++
  }
  assert.ok(tries >= 60 && tries <= 80, `${tries} guesses in an hour`)
  assert.equal(await codeOf(signIn(right)), 'auth.locked')
  await its.people.sessions.find(token)
  await signIn(right, home)
  for (let i = 0; i < 12; i++) await codeOf(guess('cleo', freshAddress()))
  await its.people.guard.forget('cleo')
  await signIn(right)
})

test('guesses made at once do not pass the limit together', async () => {
  await its.addUser('dora', [])
  const address = freshAddress()
  const codes = await Promise.all(Array.from({ length: 12 }, () => codeOf(guess('dora', address))))
  assert.deepEqual(codes.toSorted(), [...Array<string>(5).fill('auth.failed'), ...Array<string>(7).fill('auth.locked')])
})

test('two right sign-ins at the limit: one gets in, and nothing of them stays counted', async () => {
  await its.addUser('emil', [])
  const address = freshAddress()
  for (let i = 0; i < 4; i++) await codeOf(guess('emil', address))
  const right = { name: 'emil', password: passwordOf('emil') }
  const codes = await Promise.all([codeOf(signIn(right, address)), codeOf(signIn(right, address))])
  assert.ok(codes.includes('in'))
  assert.equal(await codeOf(signIn(right, address)), 'in')
})

test('a hash of old cost is renewed at a sign-in', async () => {
  const user = await its.addUser('fred', [])
  const hashOf = async () =>
    (
      await its.catalogue
        .selectFrom('userAccount')
        .select('passwordHash')
        .where('id', '=', userIdOf(user))
        .executeTakeFirstOrThrow()
    ).passwordHash
  const dearer = new PasswordHasher(context.random, { memoryKib: 16, passes: 1, parallelism: 1 })
  const { signIn: later } = newPeople(its.catalogue, undefined as never, context, dearer)
  assert.match((await hashOf()) ?? '', /m=8,/)
  await later.signIn({ name: 'fred', password: passwordOf('fred') }, { address: freshAddress(), userAgent: undefined })
  assert.match((await hashOf()) ?? '', /m=16,/)
  await signIn({ name: 'fred', password: passwordOf('fred') })
})

test('changing a password asks for the present one, and ends the other sessions', async () => {
  const user = await its.addUser('gina', [])
  const right = { name: 'gina', password: passwordOf('gina') }
  const { token } = await signIn(right)
  const from = { address: freshAddress(), userAgent: undefined }
  await assert.rejects(its.people.signIn.confirm(user, { password: 'wrong wrong wrong' }, from), { code: 'auth.failed' })
  await its.people.signIn.confirm(user, { password: right.password }, from)
  await assert.rejects(
    its.within((within) => its.people.passwords.change(user, 'gina gina gina', within)),
    { code: 'auth.password-refused' },
  )
  await its.within((within) => its.people.passwords.change(user, 'quite another one', within))
  await assert.rejects(its.people.sessions.find(token), { code: 'auth.expired' })
  assert.deepEqual(
    (await its.people.sessions.list(userIdOf(user))).map(({ id }) => id),
    [user.sessionId],
  )
  assert.equal(await codeOf(signIn(right)), 'auth.failed')
  await signIn({ name: 'gina', password: 'quite another one' })
})

test('what is old is forgotten', async () => {
  await guess('forgotten').catch(() => undefined)
  const count = async () => (await its.catalogue.selectFrom('signInFailure').select('subject').execute()).length
  assert.ok((await count()) > 0)
  context.clock.advance(25 * 60 * minuteMs)
  await its.people.guard.forgetOld()
  assert.equal(await count(), 0)
})
