import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { dayMs } from '@coffre/foundation'
import { fakeContext } from '@coffre/testkit'
import { bytesOfBase32, codeOfApplication, passwordOf, startTestPeople, type TestPeople } from '../testing/test-people.ts'
import { type SignedIn, userIdOf } from './principal.ts'

const context = fakeContext()
const stepMs = 30_000
let its: TestPeople

before(async () => {
  its = await startTestPeople(context)
})
after(() => its[Symbol.asyncDispose]())

const codeNow = (secret: string, stepsLater = 0): string => codeOfApplication(secret, context, stepsLater)
const origin = { address: '192.0.2.1', userAgent: undefined }
const signIn = (name: string, code?: string) =>
  its.people.signIn.signIn({ name, password: passwordOf(name), ...(code === undefined ? {} : { code }) }, origin)

async function enrol(user: SignedIn): Promise<{ secret: string; recovery: readonly string[] }> {
  const { secret } = await its.within((within) => its.people.twoFactor.enrol(user, within))
  const recovery = await its.within((within) => its.people.twoFactor.confirm(user, codeNow(secret), within))
  context.clock.advance(stepMs)
  return { secret, recovery }
}

test('once enrolled, a sign-in takes a code, each code once, whatever number of requests bring it', async () => {
  const user = await its.addUser('hugo', [])
  const { secret } = await enrol(user)
  await assert.rejects(signIn('hugo'), { code: 'auth.second-factor' })
  await assert.rejects(signIn('hugo', codeNow(secret, 5)), { code: 'auth.failed' })
  const code = codeNow(secret)
  const settled = await Promise.allSettled([signIn('hugo', code), signIn('hugo', code), signIn('hugo', code)])
  assert.equal(settled.filter(({ status }) => status === 'fulfilled').length, 1)
  await assert.rejects(signIn('hugo', code), { code: 'auth.failed' })
  context.clock.advance(stepMs)
  const { session } = await signIn('hugo', codeNow(secret))
  assert.ok(session.hasSecondFactor)
})

test('asking for the code does not use up the attempts of its owner', async () => {
  const { secret } = await enrol(await its.addUser('ida', []))
  for (let i = 0; i < 12; i++) await assert.rejects(signIn('ida'), { code: 'auth.second-factor' })
  await signIn('ida', codeNow(secret))
})

test('codes are guessed as slowly as passwords', async () => {
  const { secret } = await enrol(await its.addUser('jan', []))
  for (let i = 0; i < 5; i++) await assert.rejects(signIn('jan', codeNow(secret, 100 + i)), { code: 'auth.failed' })
  await assert.rejects(signIn('jan', codeNow(secret)), { code: 'auth.locked' })
  context.clock.advance(dayMs)
})

test('a recovery code does as well, once, in whatever writing; nothing readable is kept', async () => {
  const { recovery } = await enrol(await its.addUser('kim', []))
  assert.equal(new Set(recovery).size, 10)
  const [first = '', second = ''] = recovery
  assert.match(first, /^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$/)
  await signIn('kim', first)
  await assert.rejects(signIn('kim', first), { code: 'auth.failed' })
  await signIn('kim', second.toLowerCase().replaceAll('-', ' '))
  const rows = await its.catalogue.selectFrom('recoveryCode').selectAll().execute()
  for (const { codeHash } of rows) assert.equal(codeHash.length, 32)
})

test('an enrolment counts from its first code on, and replaces only one that never counted', async () => {
  const user = await its.addUser('lea', [])
  const begin = () => its.within((within) => its.people.twoFactor.enrol(user, within))
  const confirm = (code: string) => its.within((within) => its.people.twoFactor.confirm(user, code, within))
  await assert.rejects(confirm('000000'), { code: 'auth.failed' })
  const abandoned = (await begin()).secret
  await signIn('lea')
  const secret = (await begin()).secret
  await assert.rejects(confirm(codeNow(abandoned)), { code: 'auth.failed' })
  await confirm(codeNow(secret))
  await assert.rejects(begin(), { code: 'object.exists' })
  await assert.rejects(confirm(codeNow(secret, 1)), { code: 'auth.failed' })
  const sealed = await its.catalogue.selectFrom('secret').select('sealed').where('purpose', '=', 'two-factor').execute()
  for (const row of sealed) assert.ok(!row.sealed.includes(bytesOfBase32(secret)))
  await its.within((within) => its.people.twoFactor.remove(user, within))
  await signIn('lea')
})

test('an officer cannot take over who may delete, by password or second factor; the owner of the machine can help', async () => {
  const officer = await its.addUser('mona', ['security-officer'])
  const admin = userIdOf(await its.addUser('nico', ['backup-administrator']))
  const viewer = userIdOf(await its.addUser('olga', ['viewer']))
  const issue = (actor: SignedIn, userId: string) => its.within((within) => its.people.passwords.issueToken(actor, userId, within))
  const remove = (actor: SignedIn, userId: string) =>
    its.within((within) => its.people.passwords.removeSecondFactorOf(actor, userId, within))
  await assert.rejects(issue(officer, admin), { code: 'role.conflict' })
  await assert.rejects(remove(officer, admin), { code: 'role.conflict' })
  await its.within((within) => its.people.users.disable(officer, admin, within))
  await assert.rejects(issue(officer, admin), { code: 'role.conflict' })
  await its.within((within) => its.people.users.enable(officer, admin, within))
  await issue(its.local, admin)
  await remove(its.local, admin)
  await issue(officer, viewer)
  await remove(officer, viewer)
})
