import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  ApiProblem,
  type ApprovalView,
  getApproval,
  listApprovals,
  requestApproval,
  voteOnApproval,
  withdrawApproval,
} from '@coffre/api-contract'
import { type Context, dayMs, systemContext } from '@coffre/foundation'
import { PeopleApi, type Person } from '../testing/people-api.ts'
import { makeVault } from '../testing/tenant-objects.ts'

const nothingId = '01890a5d-ac96-774b-bcce-b302099a8057'

let api: PeopleApi
let one: Person
let two: Person
before(async () => {
  api = await PeopleApi.start()
  const context: Context = { clock: api.clock, random: systemContext.random }
  await makeVault(api.its.catalogue, context, api.its.projectId, 'main')
  one = await api.person('one', ['security-officer'])
  two = await api.person('two', ['security-officer'])
})
after(() => api[Symbol.asyncDispose]())

const codeIs = (code: string) => (error: unknown) => error instanceof ApiProblem && error.problem.code === code
const ask = (vault = 'main'): Promise<ApprovalView> =>
  one.client.call(requestApproval, { body: { operation: 'vaults.unlock', vault, reason: 'it is over' } })
const vote = (who: Person, approval: string, verdict: 'APPROVE' | 'REJECT', comment: string | null = null) =>
  who.client.call(voteOnApproval, { params: { approval }, body: { verdict, comment } })
const withdraw = (who: Person, approval: string) => who.client.call(withdrawApproval, { params: { approval } })
const stateOf = async (approval: string) => (await two.client.call(getApproval, { params: { approval } })).state

test('a request is shown with its votes to whoever may read, and rejected by one', async () => {
  const made = await ask()
  assert.deepEqual([made.state, made.votes, made.requestedBy], ['PENDING', [], one.actor.id])
  assert.deepEqual(await two.client.call(getApproval, { params: { approval: made.id } }), made)
  const rejected = await vote(two, made.id, 'REJECT', 'not yet')
  assert.equal(rejected.state, 'REJECTED')
  assert.deepEqual(
    rejected.votes.map(({ principal, verdict, comment }) => [principal, verdict, comment]),
    [[two.actor.id, 'REJECT', 'not yet']],
  )
  assert.deepEqual(await one.client.call(getApproval, { params: { approval: made.id } }), rejected)
  const { items } = await two.client.call(listApprovals, { query: { state: 'REJECTED' } })
  assert.deepEqual(items, [rejected])
})

test('a request is withdrawn by who made it, while it is open', async () => {
  const { id } = await ask()
  await assert.rejects(withdraw(two, id), codeIs('auth.forbidden'))
  assert.equal(await stateOf(id), 'PENDING')
  assert.equal((await withdraw(one, id)).state, 'WITHDRAWN')
  const [entry] = await api.lastEntries(1)
  assert.deepEqual([entry?.operation, entry?.target, entry?.outcome], ['approvals.withdraw', `approval:${id}`, 'ALLOWED'])
  await assert.rejects(withdraw(one, id), codeIs('approval.closed'))
  await assert.rejects(vote(two, id, 'APPROVE'), codeIs('approval.closed'))
})

test('what is not there, one’s own, or too old is told apart', async () => {
  await assert.rejects(ask('nowhere'), codeIs('object.missing'))
  await assert.rejects(one.client.call(getApproval, { params: { approval: nothingId } }), codeIs('object.missing'))
  await assert.rejects(withdraw(one, nothingId), codeIs('object.missing'))
  await assert.rejects(vote(two, nothingId, 'APPROVE'), codeIs('object.missing'))
  const { id } = await ask()
  await assert.rejects(vote(one, id, 'APPROVE'), codeIs('approval.own'))
  api.clock.advance(8 * dayMs)
  one = await api.again(one)
  two = await api.again(two)
  assert.equal(await stateOf(id), 'EXPIRED')
  await assert.rejects(vote(two, id, 'APPROVE'), codeIs('approval.expired'))
  await assert.rejects(withdraw(one, id), codeIs('approval.expired'))
})
