import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fakeContext } from '@coffre/testkit'
import { passwordOf, startTestPeople, type TestPeople } from '../testing/test-people.ts'
import type { SignedIn } from './principal.ts'

let its: TestPeople
let officer: SignedIn
const home = '192.0.2.7'

before(async () => {
  its = await startTestPeople(fakeContext())
  officer = await its.addUser('officer', ['security-officer'])
})
after(() => its[Symbol.asyncDispose]())

const add = (network: string, from: string | undefined, actor = officer) =>
  its.within((within) => its.people.addresses.add(actor, { network, description: '' }, from, within))
const remove = (id: string, from: string | undefined, actor = officer) =>
  its.within((within) => its.people.addresses.remove(actor, id, from, within))
const signIn = (address: string | undefined, password = passwordOf('officer')) =>
  its.people.signIn.signIn({ name: 'officer', password }, { address, userAgent: undefined })

test('an empty list admits everybody, another one only whom it names, and nobody shuts himself out', async () => {
  const { addresses } = its.people
  await addresses.check(its.orgId, '203.0.113.9')
  await addresses.check(its.orgId, undefined)
  await assert.rejects(add('203.0.113.0/24', home), { code: 'auth.address' })
  await assert.rejects(add('not a network', home), { code: 'request.invalid' })
  assert.deepEqual(await addresses.list(its.orgId), [])

  const own = await add('::ffff:192.0.2.99/120', home)
  assert.deepEqual(
    (await addresses.list(its.orgId)).map(({ network }) => network),
    ['192.0.2.0/24'],
  )
  await assert.rejects(add('192.0.2.0/24', home), { code: 'object.exists' })
  const other = await add('2001:db8::/32', home)
  for (const admitted of [home, `::ffff:${home}`, '2001:db8::5']) await addresses.check(its.orgId, admitted)
  for (const refused of ['203.0.113.9', '::1', undefined, 'nonsense'])
    await assert.rejects(addresses.check(its.orgId, refused), { code: 'auth.address' })

  await signIn(home)
  // From elsewhere, a right password and a wrong one are told the same.
  for (const password of [passwordOf('officer'), 'wrong wrong wrong'])
    await assert.rejects(signIn('203.0.113.9', password), { code: 'auth.address', message: /203\.0\.113\.9/ })

  await assert.rejects(remove(own, home), { code: 'auth.address' })
  await assert.rejects(remove(officer.projectId, home), { code: 'object.missing' })
  // The owner of the machine may, from loopback, whatever the list says.
  await remove(own, '127.0.0.1', its.local)
  await assert.rejects(addresses.check(its.orgId, home), { code: 'auth.address' })
  await remove(other, '127.0.0.1', its.local)
  await addresses.check(its.orgId, home)
})
