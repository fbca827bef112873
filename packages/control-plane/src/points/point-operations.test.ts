import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  ApiProblem,
  type ClientInput,
  createHold,
  deletePoint,
  getPoint,
  listPoints,
  startVerification,
} from '@coffre/api-contract'
import { type Context, dayMs, systemContext } from '@coffre/foundation'
import { applyPlan } from '../plans/apply-plan.ts'
import { PeopleApi, type Person } from '../testing/people-api.ts'
import { makePoint, makeSource, makeVault } from '../testing/tenant-objects.ts'

const nothingId = '01890a5d-ac96-774b-bcce-b302099a8057'

let api: PeopleApi
let context: Context
let admin: Person
let officer: Person
let vaultId: string
before(async () => {
  api = await PeopleApi.start()
  context = { clock: api.clock, random: systemContext.random }
  admin = await api.person('admin', ['backup-administrator'])
  officer = await api.person('officer', ['security-officer'])
  vaultId = await makeVault(api.its.catalogue, context, api.its.projectId, 'main')
})
after(() => api[Symbol.asyncDispose]())

const codeIs = (code: string) => (error: unknown) => error instanceof ApiProblem && error.problem.code === code
const newSource = (name: string) => makeSource(api.its.catalogue, context, api.its.projectId, name)
const remove = (point: string, evenLast = false) =>
  admin.client.call(deletePoint, { params: { point }, query: evenLast ? { evenLast: 'true' } : {} })

/** A good point of the source, made so many days ago. */
async function point(sourceId: string, daysAgo = 0, more: { readonly lockUntil?: Date; readonly vaultId?: string } = {}) {
  const { catalogue, projectId } = api.its
  const createdAt = new Date(api.clock.nowMs() - daysAgo * dayMs)
  const id = await makePoint(catalogue, context, { projectId, vaultId, sourceId, createdAt })
  const columns = { verification: 'SAMPLED', completedAt: createdAt, consistentAt: createdAt, ...more } as const
  await catalogue.updateTable('point').set(columns).where('id', '=', id).execute()
  return id
}

test('points are listed the newest first, by page, source, vault, state and time', async () => {
  const sourceId = await newSource('listed')
  const farId = await makeVault(api.its.catalogue, context, api.its.projectId, 'far')
  const oldest = await point(sourceId, 9)
  const [middle, newest] = [await point(sourceId, 5, { vaultId: farId }), await point(sourceId, 1)]
  await point(await newSource('other'), 5)
  const ids = async (query: NonNullable<ClientInput<typeof listPoints>['query']>) =>
    (await admin.client.call(listPoints, { query: { source: 'listed', ...query } })).items.map(({ id }) => id)
  const ago = (days: number) => new Date(api.clock.nowMs() - days * dayMs).toISOString()
  assert.deepEqual(await ids({}), [newest, middle, oldest])
  assert.deepEqual(await ids({ source: sourceId, vault: 'far' }), [middle])
  assert.deepEqual(await ids({ createdAfter: ago(6), createdBefore: ago(2) }), [middle])
  assert.deepEqual(await ids({ state: 'PARTIAL' }), [])
  const first = await admin.client.call(listPoints, { query: { source: 'listed', limit: 2 } })
  assert.deepEqual(
    first.items.map(({ id }) => id),
    [newest, middle],
  )
  assert.deepEqual(await ids({ limit: 2, after: first.next }), [oldest])
  await assert.rejects(ids({ source: 'nowhere' }), codeIs('object.missing'))
  await assert.rejects(ids({ vault: 'nowhere' }), codeIs('object.missing'))
  await assert.rejects(ids({ after: 'nonsense' }), codeIs('request.invalid'))
})

test('a point that nothing protects is deleted, once however often it is asked for', async () => {
  const sourceId = await newSource('deleted')
  const [older, newer] = [await point(sourceId, 2), await point(sourceId, 1)]
  assert.equal((await remove(older)).state, 'DELETING')
  const [entry] = await api.lastEntries(1)
  assert.deepEqual([entry?.operation, entry?.target, entry?.outcome], ['points.delete', `point:${older}`, 'ALLOWED'])
  assert.equal((await remove(older)).state, 'DELETING')
  const jobs = await api.its.catalogue.selectFrom('job').select('kind').where('sourceId', '=', sourceId).execute()
  assert.deepEqual(jobs, [{ kind: 'EXPIRE' }])
  assert.equal((await admin.client.call(getPoint, { params: { point: newer } })).state, 'COMPLETED')
})

test('what protects a point is told, and the point stays', async () => {
  const sourceId = await newSource('protected')
  const last = await point(await newSource('single'))
  const locked = await point(sourceId, 4, { lockUntil: new Date(api.clock.nowMs() + dayMs) })
  const [held, read] = [await point(sourceId, 3), await point(sourceId, 2)]
  const query = { createdAfter: new Date(api.clock.nowMs() - 3.5 * dayMs).toISOString() }
  const createdBefore = new Date(api.clock.nowMs() - 2.5 * dayMs).toISOString()
  const body = { title: 'case 7', description: 'the court asks', query: { ...query, createdBefore, sources: ['protected'] } }
  await officer.client.call(createHold, { body })
  await admin.client.call(startVerification, { params: { point: read }, body: {} })
  const cases = [
    ['point.last', last],
    ['point.locked', locked],
    ['point.held', held],
    ['point.busy', read],
    ['object.missing', nothingId],
  ] as const
  for (const [code, id] of cases) {
    await assert.rejects(remove(id), codeIs(code), code)
    const [entry] = await api.lastEntries(1)
    assert.deepEqual([entry?.operation, entry?.code], ['points.delete', code])
    assert.notEqual(entry?.outcome, 'ALLOWED')
    if (id !== nothingId) assert.equal((await admin.client.call(getPoint, { params: { point: id } })).state, 'COMPLETED')
  }
  await assert.rejects(admin.client.call(getPoint, { params: { point: nothingId } }), codeIs('object.missing'))
  // Only of the last one can somebody say that it shall go all the same.
  for (const [code, id] of cases.slice(1, 4)) await assert.rejects(remove(id, true), codeIs(code), code)
  assert.equal((await remove(last, true)).state, 'DELETING')
})

test('a base that the window of a log needs is not deleted, until the window is shorter', async () => {
  const sourceId = await newSource('captured')
  const { catalogue, projectId } = api.its
  const plan = async (windowDays: number) => {
    const rule = { name: 'rule', targetVault: 'main', continuous: true, windowDays, lifecycle: {} }
    const document = { name: 'captures', rules: [rule], selections: [{ name: 'all', sources: ['captured'] }] }
    const order = { projectId, document, name: undefined, targetVault: undefined, createdBy: 'test' }
    await applyPlan(catalogue, context, order, () => Promise.resolve())
  }
  await plan(7)
  const bases = [await point(sourceId, 9), await point(sourceId, 8), await point(sourceId, 1)]
  const manifest = JSON.stringify({ begin: { branch: '1', offset: '1' } })
  await catalogue.updateTable('point').set({ manifest }).where('sourceId', '=', sourceId).execute()
  const [old = '', needed = ''] = bases
  await assert.rejects(remove(needed, true), codeIs('point.needed'))
  assert.equal((await remove(old)).state, 'DELETING')
  await plan(1)
  assert.equal((await remove(needed)).state, 'DELETING')
})
