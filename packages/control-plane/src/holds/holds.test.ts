import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  ApiProblem,
  createHold,
  getHold,
  getPoint,
  liftHold,
  listHeldPoints,
  listHolds,
  requestApproval,
  voteOnApproval,
} from '@coffre/api-contract'
import { type Context, systemContext } from '@coffre/foundation'
import { sql, type Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'
import { PeopleApi, type Person } from '../testing/people-api.ts'
import { makePoint, makeTenantObjects, makeVault } from '../testing/tenant-objects.ts'
import { type HoldablePoint, Holds } from './holds.ts'
import { settleHolds } from './settle-holds.ts'

let api: PeopleApi
let context: Context
let holds: Holds
let vaultId: string
const officers: Person[] = []
before(async () => {
  api = await PeopleApi.start()
  context = { clock: api.clock, random: systemContext.random }
  holds = new Holds(context)
  for (const name of ['one', 'two', 'three']) officers.push(await api.person(name, ['security-officer']))
  vaultId = await makeVault(api.its.catalogue, context, api.its.projectId, 'main')
})
after(() => api[Symbol.asyncDispose]())

const codeIs = (code: string) => (error: unknown) => error instanceof ApiProblem && error.problem.code === code
const officer = (i = 0): Person => officers[i] ?? assert.fail()
const day = (n: number) => new Date(Date.UTC(2026, 0, n))
const words = { title: 'case 7', description: 'the court asks for it' }

async function point(createdAt: Date, vault = vaultId): Promise<HoldablePoint> {
  const of = { projectId: api.its.projectId, vaultId: vault, sourceId: null, createdAt }
  return { id: await makePoint(api.its.catalogue, context, of), ...of }
}

const bindNew = (one: HoldablePoint) => api.its.within((within) => holds.bindNew(one, within))
const holdsOf = async ({ id }: HoldablePoint) => (await officer().client.call(getPoint, { params: { point: id } })).holds
const hold = (query: Parameters<typeof make>[0]) => make(query)
const make = (query: { vaults?: string[]; sources?: string[]; createdAfter?: string; createdBefore?: string }) =>
  officer().client.call(createHold, { body: { ...words, query } })

async function approvalFor(holdId: string): Promise<string> {
  const body = { operation: 'holds.lift', hold: holdId, reason: 'the case is over' } as const
  const { id } = await officer().client.call(requestApproval, { body })
  for (const voter of [officer(1), officer(2)])
    await voter.client.call(voteOnApproval, { params: { approval: id }, body: { verdict: 'APPROVE' } })
  return id
}

/** The state of a hold once the vaults of all its points have done so. */
async function stateOnceVaultsAre(state: 'HELD' | 'RELEASED', id: string): Promise<string> {
  await api.its.within(async (within) => {
    await within.updateTable('holdPoint').set({ state }).where('holdId', '=', id).execute()
    await settleHolds([id], within)
  })
  return (await officer().client.call(getHold, { params: { hold: id } })).state
}

test('a hold binds the points that fit, those that are there and those that come', async () => {
  const [early, fitting, late] = [await point(day(1)), await point(day(5)), await point(day(9))]
  const elsewhere = await point(day(5), await makeVault(api.its.catalogue, context, api.its.projectId, 'other'))
  const theirs = await makeTenantObjects(api.its.catalogue, context, 'theirs')
  const made = await hold({ vaults: ['main'], createdAfter: '2026-01-05T00:00:00Z', createdBefore: '2026-01-09T00:00:00Z' })
  assert.deepEqual([made.state, made.points, made.query.vaults], ['CREATING', 1, [vaultId]])
  assert.deepEqual(await holdsOf(fitting), [made.id])
  for (const other of [early, late, elsewhere]) assert.deepEqual(await holdsOf(other), [])

  const [coming, tooLate] = [await point(day(6)), await point(day(9))]
  await bindNew(coming)
  await bindNew(coming)
  await bindNew(tooLate)
  assert.deepEqual([await holdsOf(coming), await holdsOf(tooLate)], [[made.id], []])
  const { items } = await officer().client.call(listHeldPoints, { params: { hold: made.id } })
  assert.deepEqual(
    items.map(({ id }) => id),
    [coming.id, fitting.id],
  )
  assert.ok(!items.some(({ id }) => id === theirs.ids['point']))
  assert.equal((await officer().client.call(getHold, { params: { hold: made.id } })).points, 2)
  assert.equal(await stateOnceVaultsAre('HELD', made.id), 'ACTIVE')
  const [entry] = await api.lastEntries(1)
  assert.deepEqual([entry?.operation, entry?.target, entry?.outcome], ['holds.create', `hold:${made.id}`, 'ALLOWED'])
})

test('a hold without a condition, or on what is not there, is refused; a source that was deleted can be held', async () => {
  await assert.rejects(hold({}), codeIs('request.invalid'))
  await assert.rejects(hold({ vaults: ['nowhere'] }), codeIs('object.missing'))
  await assert.rejects(hold({ sources: ['nowhere'] }), codeIs('object.missing'))
  const { ids, projectId } = await makeTenantObjects(api.its.catalogue, context, 'gone')
  const source = ids['source'] ?? ''
  await api.its.catalogue
    .updateTable('source')
    .set({ projectId: api.its.projectId, deletionDate: day(1) })
    .where('id', '=', source)
    .where('projectId', '=', projectId)
    .execute()
  assert.deepEqual((await hold({ sources: [source] })).query.sources, [source])
})

test('a hold is lifted by the consent of several people, once, and its record stays', async () => {
  const held = await point(day(20))
  const { id } = await hold({ createdAfter: '2026-01-20T00:00:00Z' })
  const lift = (approval?: string, who = officer()) =>
    who.client.call(liftHold, { params: { hold: id }, body: approval === undefined ? {} : { approval } })
  await assert.rejects(lift(), codeIs('approval.needed'))
  const [denied] = await api.lastEntries(1)
  assert.deepEqual([denied?.operation, denied?.outcome, denied?.code], ['holds.lift', 'DENIED', 'approval.needed'])

  const other = await hold({ createdAfter: '2026-01-21T00:00:00Z' })
  await assert.rejects(lift(await approvalFor(other.id)), codeIs('approval.mismatch'))
  const approval = await approvalFor(id)
  await assert.rejects(lift(approval, officer(1)), codeIs('auth.forbidden'))
  assert.deepEqual(await holdsOf(held), [id])

  const { state, liftReason, points } = await lift(approval)
  // It holds until the vaults have let go.
  assert.deepEqual([state, liftReason, points], ['CANCELING', 'the case is over', 1])
  assert.deepEqual(await holdsOf(held), [id])
  assert.equal(await stateOnceVaultsAre('RELEASED', id), 'CANCELED')
  assert.deepEqual(await holdsOf(held), [])
  await assert.rejects(lift(approval), codeIs('hold.lifted'))
  const next = await point(day(21))
  await bindNew(next)
  assert.deepEqual(await holdsOf(next), [other.id])
  const { items } = await officer().client.call(listHolds, { query: { state: 'CANCELED', limit: 1 } })
  assert.deepEqual(
    items.map((one) => one.id),
    [id],
  )
})

/** Resolves once a transaction waits for another one. */
async function untilSomebodyWaits(): Promise<void> {
  for (;;) {
    const { rows } = await sql`select 1 from pg_locks where not granted`.execute(api.its.catalogue)
    if (rows.length > 0) return
  }
}

test('no point slips through while a hold begins, whichever of the two comes first', async () => {
  const query = { vaults: [vaultId], sources: [], createdAfter: day(40).toISOString(), createdBefore: null }
  const wanted = { projectId: api.its.projectId, ...words, query, createdBy: 'test' }
  const first = await point(day(41))
  const bind = (one: HoldablePoint) => (within: Transaction<Database>) => holds.bindNew(one, within)
  const begin = (within: Transaction<Database>) => holds.create(wanted, within).then(() => undefined)
  const cases = [
    { before: begin, after: bind(first), of: first },
    { before: bind(await point(day(42))), after: begin, of: await point(day(43)) },
  ]
  for (const { before: earlier, after: later, of } of cases) {
    const going = Promise.withResolvers<void>()
    const done = Promise.withResolvers<void>()
    const one = api.its.within(async (within) => {
      await earlier(within)
      going.resolve()
      await done.promise
    })
    await going.promise
    const two = api.its.within(later)
    await untilSomebodyWaits()
    done.resolve()
    await Promise.all([one, two])
    assert.ok((await holdsOf(of)).length > 0)
  }
})
