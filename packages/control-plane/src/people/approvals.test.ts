import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { dayMs } from '@coffre/foundation'
import { fakeContext } from '@coffre/testkit'
import { startTestPeople, type TestPeople } from '../testing/test-people.ts'
import type { NewApproval } from './approvals.ts'
import type { SignedIn } from './principal.ts'

const context = fakeContext()
const vaultId = '018f0000-0000-7000-8000-000000000001'
const wanted: NewApproval = {
  operation: 'vaults.delete',
  target: { kind: 'vault', id: vaultId },
  request: { force: true, options: { deep: [1, 2.5, null], name: 'é' } },
  reason: 'the customer has left',
  votesNeeded: 2,
}
let its: TestPeople
let admin: SignedIn
let one: SignedIn
let two: SignedIn
let three: SignedIn

before(async () => {
  its = await startTestPeople(context)
  admin = await its.addUser('admin', ['backup-administrator'])
  one = await its.addUser('one', ['security-officer'])
  two = await its.addUser('two', ['security-officer'])
  three = await its.addUser('three', ['security-officer'])
})
after(() => its[Symbol.asyncDispose]())

const request = (actor = admin, other: Partial<NewApproval> = {}) =>
  its.within((within) => its.people.approvals.request(actor, { ...wanted, ...other }, within))
const vote = (actor: SignedIn, id: string, verdict: 'APPROVE' | 'REJECT' = 'APPROVE') =>
  its.within((within) => its.people.approvals.vote(actor, id, { verdict, comment: null }, within))
const use = (id: string, other: Partial<NewApproval> = {}, actor = admin) =>
  its.within((within) => its.people.approvals.use(actor, id, { ...wanted, ...other }, within))
const withdraw = (actor: SignedIn, id: string) => its.within((within) => its.people.approvals.withdraw(actor, id, within))
const stateOf = async (id: string) => (await its.people.approvals.get(its.projectId, id)).state

async function approved(): Promise<string> {
  const id = await request()
  assert.equal(await vote(one, id), 'PENDING')
  assert.equal(await vote(two, id), 'APPROVED')
  return id
}

test('enough people approve, then it is used: once, for exactly this, by who asked', async () => {
  const id = await request()
  await assert.rejects(use(id), { code: 'approval.incomplete' })
  await vote(one, id)
  // The same person twice is one vote.
  assert.equal(await vote(one, id), 'PENDING')
  await vote(two, id)
  const others: Partial<NewApproval>[] = [
    { operation: 'vaults.unlock' },
    { target: { kind: 'vault', id: '018f0000-0000-7000-8000-000000000002' } },
    { target: { kind: 'point', id: vaultId } },
    { request: {} },
    { request: { ...wanted.request, force: 'true' } },
    { request: { ...wanted.request, more: 1 } },
    { request: { force: true, options: { deep: [2.5, 1, null], name: 'é' } } },
  ]
  for (const other of others) await assert.rejects(use(id, other), { code: 'approval.mismatch' }, JSON.stringify(other))
  await assert.rejects(use(id, {}, one), { code: 'auth.forbidden' })
  await use(id, { request: { options: { name: 'é', deep: [1, 2.5, null] }, force: true } })
  await assert.rejects(use(id), { code: 'approval.closed' })
  assert.equal(await stateOf(id), 'USED')
})

test('of two uses at once one succeeds, and an action that is undone gives the approval back', async () => {
  const id = await approved()
  const undone = its.within(async (within) => {
    await its.people.approvals.use(admin, id, wanted, within)
    throw new Error('undo')
  })
  await assert.rejects(undone, /undo/)
  const settled = await Promise.allSettled([use(id), use(id), use(id)])
  assert.equal(settled.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const result of settled) if (result.status === 'rejected') assert.equal(result.reason.code, 'approval.closed')
})

test('nobody votes on his own request, with a key, or without the right', async () => {
  const own = await request(one)
  await assert.rejects(vote(one, own), { code: 'approval.own' })
  await assert.rejects(vote({ ...one, by: 'key', id: 'key:x' }, own), { code: 'auth.forbidden' })
  await assert.rejects(vote({ ...two, by: 'key', id: 'key:y' }, own), { code: 'auth.forbidden' })
  await assert.rejects(vote(admin, own), { code: 'auth.forbidden' })
  await assert.rejects(vote(its.local, own), { code: 'auth.forbidden' })
  await assert.rejects(vote({ ...two, projectId: vaultId }, own), { code: 'object.missing' })
  assert.equal(await stateOf(own), 'PENDING')
})

test('a vote counts while its voter may vote: at the time of use, too', async () => {
  const voter = await its.addUser('leaving', ['security-officer'])
  const id = await request()
  await vote(one, id)
  await vote(voter, id)
  await its.within((within) => its.people.users.disable(one, voter.id.slice('user:'.length), within))
  await assert.rejects(use(id), { code: 'approval.incomplete' })
  assert.equal(await stateOf(id), 'APPROVED')
  assert.equal(await vote(three, id), 'APPROVED')
  await use(id)
})

test('votes at once: the last one approves, whichever it is', async () => {
  const id = await request()
  const states = await Promise.all([vote(one, id), vote(two, id)])
  assert.deepEqual(states.toSorted(), ['APPROVED', 'PENDING'])
})

test('one rejection ends it, as does withdrawing, by who asked', async () => {
  const rejected = await approved()
  assert.equal(await vote(one, rejected, 'REJECT'), 'REJECTED')
  const withdrawn = await approved()
  await assert.rejects(withdraw(one, withdrawn), { code: 'auth.forbidden' })
  await withdraw(admin, withdrawn)
  for (const id of [rejected, withdrawn])
    for (const attempt of [() => use(id), () => vote(three, id), () => vote(three, id, 'REJECT'), () => withdraw(admin, id)])
      await assert.rejects(attempt(), { code: 'approval.closed' })
})

test('requests expire after seven days, approved ones too, before anybody has swept them', async () => {
  const pending = await request()
  const ready = await approved()
  context.clock.advance(7 * dayMs - 1)
  const fresh = await request()
  context.clock.advance(1)
  for (const attempt of [() => use(ready), () => vote(three, pending), () => withdraw(admin, pending)])
    await assert.rejects(attempt(), { code: 'approval.expired' })
  assert.equal(await stateOf(ready), 'EXPIRED')
  const swept = await its.within((within) => its.people.approvals.expireOld(within))
  assert.ok([pending, ready].every((id) => swept.some((one) => one.id === id)))
  assert.ok(!swept.some(({ id }) => id === fresh))
  await assert.rejects(use(ready), { code: 'approval.closed' })
  assert.equal((await its.people.approvals.list(its.projectId, { limit: 10 }))[0]?.id, fresh)
})
