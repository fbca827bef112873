import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  ApiProblem,
  deleteVault,
  getVault,
  getVaultPolicies,
  listApprovals,
  removeVaultLock,
  requestApproval,
  setVaultLock,
  voteOnApproval,
} from '@coffre/api-contract'
import { type Context, dayMs, systemContext } from '@coffre/foundation'
import { applyPlan } from '../plans/apply-plan.ts'
import { PeopleApi, type Person } from '../testing/people-api.ts'
import { makePoint, makeTenantObjects, makeVault } from '../testing/tenant-objects.ts'

let api: PeopleApi
let context: Context
let admin: Person
const officers: Person[] = []
before(async () => {
  api = await PeopleApi.start()
  context = { clock: api.clock, random: systemContext.random }
  admin = await api.person('admin', ['backup-administrator'])
  for (const name of ['one', 'two', 'three']) officers.push(await api.person(name, ['security-officer']))
})
after(() => api[Symbol.asyncDispose]())

const codeIs = (code: string) => (error: unknown) => error instanceof ApiProblem && error.problem.code === code
const officer = (i = 0): Person => officers[i] ?? assert.fail()
const newVault = (name: string) => makeVault(api.its.catalogue, context, api.its.projectId, name)
const lockOf = async (vault: string) => (await officer().client.call(getVault, { params: { vault } })).lock

interface Lock {
  readonly mode: 'governance' | 'compliance'
  readonly minRetentionDays?: number
  readonly maxRetentionDays?: number
  readonly changeableForDays?: number
}
const setLock = (vault: string, body: Lock, approval?: string) =>
  officer().client.call(setVaultLock, { params: { vault }, query: approval === undefined ? {} : { approval }, body })
const unlock = (vault: string, approval?: string) =>
  officer().client.call(removeVaultLock, { params: { vault }, query: approval === undefined ? {} : { approval } })

/** Sessions do not last so long: all sign in again. */
async function later(days: number): Promise<void> {
  api.clock.advance(days * dayMs)
  for (const [i, person] of officers.entries()) officers[i] = await api.again(person)
  admin = await api.again(admin)
}

type Wanted =
  | { readonly operation: 'vaults.set-lock'; readonly vault: string; readonly lock: Lock }
  | { readonly operation: 'vaults.unlock' | 'vaults.delete'; readonly vault: string }

/** Asks for an approval, and has it given by as many of those who may. */
async function approved(who: Person, wanted: Wanted, votes = 2): Promise<string> {
  const { id } = await who.client.call(requestApproval, { body: { ...wanted, reason: 'a mistake' } })
  const voters = officers.filter((one) => one !== who).slice(0, votes)
  for (const voter of voters) await voter.client.call(voteOnApproval, { params: { approval: id }, body: { verdict: 'APPROVE' } })
  return id
}

test('a governance lock is sharpened freely, and weakened with the consent of several people alone', async () => {
  await newVault('governed')
  await setLock('governed', { mode: 'governance', minRetentionDays: 7 })
  const { lock } = await setLock('governed', { mode: 'governance', minRetentionDays: 30, maxRetentionDays: 90 })
  assert.deepEqual(
    [lock?.mode, lock?.minRetentionDays, lock?.maxRetentionDays, lock?.isEnforcedByStorage],
    ['governance', 30, 90, false],
  )
  const weaker: Lock = { mode: 'governance', minRetentionDays: 7, maxRetentionDays: 90 }
  await assert.rejects(setLock('governed', weaker), codeIs('approval.needed'))
  await assert.rejects(unlock('governed'), codeIs('approval.needed'))
  const wanted = { operation: 'vaults.set-lock', vault: 'governed', lock: weaker } as const
  await assert.rejects(setLock('governed', weaker, await approved(officer(), wanted, 1)), codeIs('approval.incomplete'))
  const approval = await approved(officer(), wanted)
  await assert.rejects(setLock('governed', { ...weaker, minRetentionDays: 1 }, approval), codeIs('approval.mismatch'))
  await assert.rejects(unlock('governed', approval), codeIs('approval.mismatch'))
  assert.equal((await lockOf('governed'))?.minRetentionDays, 30)
  assert.equal((await setLock('governed', weaker, approval)).lock?.minRetentionDays, 7)
  await setLock('governed', { ...weaker, minRetentionDays: 30 })
  await assert.rejects(setLock('governed', weaker, approval), codeIs('approval.closed'))
  await unlock('governed', await approved(officer(), { operation: 'vaults.unlock', vault: 'governed' }))
  assert.equal(await lockOf('governed'), null)
  const { items } = await officer().client.call(listApprovals, { query: { state: 'USED' } })
  assert.equal(items.length, 2)
})

test('a contradiction is refused, and so is who is no officer', async () => {
  await newVault('contradicted')
  const wrong: Lock = { mode: 'governance', minRetentionDays: 9, maxRetentionDays: 8 }
  await assert.rejects(setLock('contradicted', wrong), codeIs('policy.retention-invalid'))
  await assert.rejects(setLock('nowhere', { mode: 'governance' }), codeIs('object.missing'))
  const params = { vault: 'contradicted' }
  await assert.rejects(admin.client.call(setVaultLock, { params, body: { mode: 'governance' } }), codeIs('auth.forbidden'))
  const body = { operation: 'vaults.unlock', vault: 'contradicted', reason: 'because' } as const
  await assert.rejects(admin.client.call(requestApproval, { body }), codeIs('auth.forbidden'))
})

test('a compliance lock cools off for its days, and is then changed by nobody, with whatever approval', async () => {
  const id = await newVault('complied')
  const lock: Lock = { mode: 'compliance', minRetentionDays: 30, changeableForDays: 5 }
  await setLock('complied', { mode: 'governance', minRetentionDays: 30 })
  const begun = api.clock.nowMs()
  assert.equal((await setLock('complied', lock)).lock?.lockDate, new Date(begun + 5 * dayMs).toISOString())
  await later(1)
  // Saying the same again puts nothing off; saying nothing of days neither.
  assert.equal((await setLock('complied', lock)).lock?.lockDate, new Date(begun + 5 * dayMs).toISOString())
  const { changeableForDays: _days, ...without } = lock
  assert.equal((await setLock('complied', without)).lock?.lockDate, new Date(begun + 5 * dayMs).toISOString())
  await assert.rejects(setLock('complied', { ...lock, changeableForDays: 5000 }), codeIs('approval.needed'))
  // A lock that others guard is not taken away by way of a cooling-off period.
  await assert.rejects(unlock('complied'), codeIs('approval.needed'))
  await assert.rejects(setLock('complied', { ...lock, minRetentionDays: 29 }), codeIs('approval.needed'))
  const lower = { ...lock, minRetentionDays: 20 }
  const consent = await approved(officer(), { operation: 'vaults.set-lock', vault: id, lock: lower })
  assert.equal((await setLock('complied', lower, consent)).lock?.minRetentionDays, 20)

  const tooLate = await approved(officer(), { operation: 'vaults.unlock', vault: 'complied' })
  await later(4)
  for (const wanted of [lower, lock, { mode: 'governance' }] as const)
    await assert.rejects(setLock('complied', wanted), codeIs('vault.lock-final'))
  await assert.rejects(unlock('complied', tooLate), codeIs('vault.lock-final'))
})

test('an empty vault is forgotten by an administrator with the consent of officers; one in use is not', async () => {
  const id = await newVault('empty')
  const remove = (vault: string, approval?: string) =>
    admin.client.call(deleteVault, { params: { vault }, query: approval === undefined ? {} : { approval } })
  await assert.rejects(remove('empty'), codeIs('approval.needed'))
  await assert.rejects(officer().client.call(deleteVault, { params: { vault: 'empty' } }), codeIs('auth.forbidden'))
  const used = await newVault('used')
  const point = await makePoint(api.its.catalogue, context, { projectId: api.its.projectId, vaultId: used, sourceId: null })
  const approval = await approved(admin, { operation: 'vaults.delete', vault: 'used' })
  await assert.rejects(remove('used', approval), codeIs('object.in-use'))
  await api.its.catalogue
    .updateTable('point')
    .set({ deletionDate: new Date(api.clock.nowMs()) })
    .where('id', '=', point)
    .execute()

  const { ids } = await makeTenantObjects(api.its.catalogue, context, 'busy')
  const job = api.its.catalogue.updateTable('job').where('id', '=', ids['job'] ?? '')
  await job.set({ vaultId: used }).execute()
  await assert.rejects(remove('used', approval), codeIs('object.in-use'))
  await job.set({ state: 'ABORTED' }).execute()
  const document = { name: 'daily', timeZone: 'UTC', rules: [{ name: 'all', targetVault: 'used' }] }
  const planned = { projectId: api.its.projectId, document, name: undefined, targetVault: undefined, createdBy: 'test' }
  const plan = await applyPlan(api.its.catalogue, context, planned, async () => undefined)
  await assert.rejects(remove('used', approval), codeIs('object.in-use'))
  await api.its.catalogue
    .updateTable('plan')
    .set({ deletionDate: new Date(api.clock.nowMs()) })
    .where('id', '=', plan.id)
    .execute()
  // What was refused did not use the approval up.
  await remove('used', approval)

  const consent = await approved(admin, { operation: 'vaults.delete', vault: 'empty' })
  assert.deepEqual(await remove('empty', consent), { id, location: `/nowhere/${id}` })
  await assert.rejects(remove('empty', consent), codeIs('object.missing'))
  await newVault('empty')
})

test('the policies of a vault in a bucket are told; one on a disk has none, which is no fault of the server', async () => {
  const id = await newVault('placed')
  const policies = () => admin.client.call(getVaultPolicies, { params: { vault: 'placed' } })
  await assert.rejects(policies(), (error) => codeIs('storage.unsupported')(error) && (error as ApiProblem).problem.status === 409)
  await api.its.catalogue.updateTable('vault').set({ location: 's3:s3.amazonaws.com/bucket/placed' }).where('id', '=', id).execute()
  const { writer, keeper } = await policies()
  for (const { Statement } of [writer, keeper])
    assert.ok(Statement.some(({ Resource }) => Resource.includes('arn:aws:s3:::bucket/placed/*')))
})
