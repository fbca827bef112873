import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fakeContext } from '@coffre/testkit'
import { sql } from 'kysely'
import { makeProject } from '../testing/test-catalogue.ts'
import { startTestPeople, type TestPeople } from '../testing/test-people.ts'
import { userIdOf } from './principal.ts'
import { conflictOf, roles } from './roles.ts'

const context = fakeContext()
let its: TestPeople

before(async () => {
  its = await startTestPeople(context)
})
after(() => its[Symbol.asyncDispose]())

test('over all pairs of grants: what must not meet in one person is refused with its reason, in other projects too', async () => {
  const officer = await its.addUser('pairs', ['security-officer'])
  for (const first of roles)
    for (const second of roles) {
      const somebody = userIdOf(await its.addUser(`${first}+${second}`, []))
      const grant = (role: typeof first, projectId: string | null) =>
        its.within((within) => its.people.grants.grant(officer, { userId: somebody, projectId, role }, within))
      await grant(first, its.projectId)
      if (conflictOf([first, second]) === undefined) await grant(second, null)
      else await assert.rejects(grant(second, null), { code: 'role.conflict', message: /security-officer.*backup-administrator/ })
      const all = await its.people.grants.rightsOf(`user:${somebody}`, its.orgId, its.projectId)
      assert.ok(!(all.has('vault.lock') && all.has('point.delete')))
    }
})

test('conflicting roles that are given at the same time do not both arrive', async () => {
  const officer = await its.addUser('race-officer', ['security-officer'])
  const userId = userIdOf(await its.addUser('race', []))
  const give = (role: 'security-officer' | 'backup-administrator', then: () => Promise<void>) =>
    its.within(async (within) => {
      await its.people.grants.grant(officer, { userId, projectId: null, role }, within)
      await then()
    })
  let second: Promise<void> | undefined
  // The second begins once the first is done but for its end, which comes when the second is waiting for it, or did not wait.
  await give('security-officer', async () => {
    let isSettled = false
    second = give('backup-administrator', () => Promise.resolve()).finally(() => {
      isSettled = true
    })
    second.catch(() => undefined)
    while (!isSettled && !(await isAnybodyWaiting()));
  })
  await assert.rejects(second ?? assert.fail(), { code: 'role.conflict' })
  assert.deepEqual(await its.people.grants.rolesOf(`user:${userId}`, its.orgId), new Set(['security-officer']))
})

async function isAnybodyWaiting(): Promise<boolean> {
  const { rows } = await sql`select from pg_stat_activity where wait_event_type = 'Lock'`.execute(its.catalogue)
  return rows.length > 0
}

test('a conflict is not hidden by disabling', async () => {
  const officer = await its.addUser('hiding-officer', ['security-officer'])
  const userId = userIdOf(await its.addUser('hidden', ['backup-administrator']))
  await its.within((within) => its.people.users.disable(officer, userId, within))
  assert.equal((await its.people.grants.rightsOf(`user:${userId}`, its.orgId, its.projectId)).size, 0)
  const grant = its.within((within) =>
    its.people.grants.grant(officer, { userId, projectId: null, role: 'security-officer' }, within),
  )
  await assert.rejects(grant, { code: 'role.conflict' })
})

test('who may give roles, and to whom', async () => {
  const officer = await its.addUser('giver', ['security-officer'])
  const bounded = await its.addUser('bounded', ['security-officer'], its.projectId)
  const viewer = await its.addUser('viewer', ['viewer'])
  const other = await makeProject(its.catalogue, context, 'elsewhere')
  const userId = userIdOf(await its.addUser('taker', []))
  const wanted = { userId, projectId: null, role: 'viewer' } as const
  const grant = (actor: typeof officer, grantWanted: Parameters<typeof its.people.grants.grant>[1]) =>
    its.within((within) => its.people.grants.grant(actor, grantWanted, within))
  await assert.rejects(grant(officer, { ...wanted, userId: userIdOf(officer), role: 'auditor' }), { code: 'role.self' })
  await assert.rejects(grant(viewer, wanted), { code: 'auth.forbidden' })
  await assert.rejects(grant({ ...officer, by: 'key' }, wanted), { code: 'auth.forbidden' })
  await assert.rejects(grant(bounded, wanted), { code: 'auth.forbidden' })
  await assert.rejects(grant({ ...officer, orgId: other.orgId }, wanted), { code: 'auth.forbidden' })
  await assert.rejects(grant(officer, { ...wanted, projectId: other.projectId }), { code: 'object.missing' })
  await assert.rejects(grant(officer, { ...wanted, userId: other.orgId }), { code: 'object.missing' })
  await grant(bounded, { ...wanted, projectId: its.projectId })
  await grant(its.local, wanted)
  await grant(officer, wanted)
  const given = (await its.people.grants.list(its.orgId)).filter((one) => one.userId === userId)
  assert.deepEqual(
    given.map(({ projectId, grantedBy }) => ({ projectId, grantedBy })),
    [
      { projectId: its.projectId, grantedBy: bounded.id },
      { projectId: null, grantedBy: 'user:local' },
    ],
  )
  assert.equal((await its.people.grants.rightsOf(`user:${userId}`, other.orgId, other.projectId)).size, 0)
})

test('the last security officer stays, whoever asks and however many at once', async () => {
  const fresh = await startTestPeople(fakeContext(2))
  try {
    const [one, two] = [await fresh.addUser('one', ['security-officer']), await fresh.addUser('two', ['security-officer'])]
    // Neither one who has no password yet, nor one of a single project, counts.
    await fresh.addUser('three', ['security-officer'], fresh.projectId)
    const invited = await fresh.within((within) =>
      fresh.people.users.create(fresh.orgId, { name: 'four', displayName: '' }, one.id, within),
    )
    await fresh.within((within) =>
      fresh.people.grants.grant(one, { userId: invited, projectId: null, role: 'security-officer' }, within),
    )
    const grants = await fresh.people.grants.list(fresh.orgId)
    const idOf = (user: string) =>
      grants.find(({ userId, role }) => `user:${userId}` === user && role === 'security-officer')?.id ?? assert.fail()
    const settled = await Promise.allSettled([
      fresh.within((within) => fresh.people.grants.revoke(one, idOf(two.id), within)),
      fresh.within((within) => fresh.people.users.disable(two, userIdOf(one), within)),
    ])
    const refused = settled.filter((result) => result.status === 'rejected')
    assert.deepEqual(
      refused.map(({ reason }) => reason.code),
      [refused[0]?.reason.code],
    )
    assert.ok(['role.last-officer', 'auth.forbidden'].includes(refused[0]?.reason.code))
    const left = settled[0].status === 'fulfilled' ? one : two
    await assert.rejects(
      fresh.within((within) => fresh.people.grants.revoke(fresh.local, idOf(left.id), within)),
      { code: 'role.last-officer' },
    )
    await assert.rejects(
      fresh.within((within) => fresh.people.users.disable(fresh.local, userIdOf(left), within)),
      { code: 'role.last-officer' },
    )
    await assert.rejects(
      fresh.within((within) => fresh.people.users.erase(fresh.local, userIdOf(left), within)),
      { code: 'role.last-officer' },
    )
    assert.ok((await fresh.people.grants.rightsOf(left.id, fresh.orgId, null)).has('people.write'))
  } finally {
    await fresh[Symbol.asyncDispose]()
  }
})
