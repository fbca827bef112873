import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { type Context, hourMs, minuteMs, systemContext } from '@coffre/foundation'
import { newHexId, newId } from '../catalogue/new-id.ts'
import { JobStore } from '../jobs/job-store.ts'
import { applyPlan } from '../plans/apply-plan.ts'
import { sourceEngines } from '../sources/source-engines.ts'
import { makeProject, startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { type DueParts, nextDueMs, runDueRules } from './due-rules.ts'

let its: TestCatalogue
let projectId: string
let nowMs = Date.UTC(2026, 2, 1, 12, 30)
const context: Context = { ...systemContext, clock: { ...systemContext.clock, nowMs: () => nowMs } }
let parts: DueParts

before(async () => {
  its = await startTestCatalogue()
  const { catalogue } = its
  parts = { catalogue, store: new JobStore(catalogue, context), engines: sourceEngines, context, machine: 'here' }
})
after(() => its[Symbol.asyncDispose]())
beforeEach(async () => {
  ;({ projectId } = await makeProject(its.catalogue, context, `scheduling ${newId(context)}`))
  await insertVault('main')
})

async function insertVault(name: string): Promise<void> {
  const labels = { accountLabel: '000000000000', regionLabel: 'local' }
  const location = `/vaults/${projectId}/${name}`
  const row = { id: newId(context), projectId, ...labels, name, location, createdAt: new Date(nowMs) }
  await its.catalogue
    .insertInto('vault')
    .values({ ...row, kind: 'BACKUP_VAULT', state: 'AVAILABLE' })
    .execute()
}

async function insertSource(name: string, tags: Readonly<Record<string, string>> = {}): Promise<string> {
  const id = newId(context)
  await its.catalogue
    .insertInto('source')
    .values({
      id,
      hexId: newHexId(context),
      zoneHexId: newHexId(context),
      replicationSpecHexId: newHexId(context),
      projectId,
      accountLabel: '000000000000',
      regionLabel: 'local',
      name,
      engine: 'files',
      identity: `files:${name}`,
      config: '{}',
      state: 'READY',
      findings: '[]',
      createdAt: new Date(nowMs),
    })
    .execute()
  const rows = Object.entries(tags).map(([key, value]) => ({ projectId, objectKind: 'source', objectId: id, key, value }) as const)
  if (rows.length > 0) await its.catalogue.insertInto('tag').values(rows).execute()
  return id
}

interface PlanWish {
  readonly schedule: string
  readonly selection: object
  readonly startWindowMinutes?: number
  readonly completionWindowMinutes?: number
  readonly targetVault?: string
}

async function plan({ schedule, selection, targetVault = 'main', ...windows }: PlanWish): Promise<void> {
  const rule = { name: 'rule', schedule, targetVault, lifecycle: { deleteAfter: '35d' }, pointTags: { by: 'plan' }, ...windows }
  const document = { name: 'plan', timeZone: 'UTC', rules: [rule], selections: [{ name: 'chosen', ...selection }] }
  const request = { projectId, document, name: undefined, targetVault: undefined, createdBy: 'user:a' }
  await applyPlan(its.catalogue, context, request, () => Promise.resolve())
}

async function jobs() {
  return its.catalogue.selectFrom('job').selectAll().where('projectId', '=', projectId).orderBy('createdAt').execute()
}

async function occurrences(): Promise<string[]> {
  const rows = await its.catalogue
    .selectFrom('occurrence')
    .innerJoin('rule', 'rule.id', 'occurrence.ruleId')
    .innerJoin('plan', 'plan.id', 'rule.planId')
    .select(['occurrence.dueAt', 'occurrence.disposition'])
    .where('plan.projectId', '=', projectId)
    .orderBy('occurrence.dueAt')
    .execute()
  return rows.map(({ dueAt, disposition }) => `${dueAt.toISOString().slice(11, 16)} ${disposition}`)
}

test('nothing runs before its time; then each source that is selected has one job, with what its rule says', async () => {
  const chosen = await insertSource('chosen', { tier: 'prod' })
  await insertSource('other', { tier: 'lab' })
  await plan({
    schedule: 'every 1h',
    selection: { anyTags: { tier: 'prod' } },
    startWindowMinutes: 60,
    completionWindowMinutes: 120,
  })
  const dueMs = Date.UTC(2026, 2, 1, 13)
  nowMs = dueMs - 1
  await runDueRules(parts)
  assert.deepEqual(await jobs(), [])
  nowMs = dueMs
  await runDueRules(parts)
  const [job, ...more] = await jobs()
  assert.deepEqual(more, [])
  assert.deepEqual(
    [job?.sourceId, job?.kind, job?.vaultName, job?.planName, job?.ruleName, job?.ruleSchedule, job?.ruleTimeZone, job?.state],
    [chosen, 'BACKUP', 'main', 'plan', 'rule', 'every 1h', 'UTC', 'PENDING'],
  )
  assert.deepEqual(job?.startBy, new Date(dueMs + hourMs))
  assert.deepEqual(job?.completeBy, new Date(dueMs + 2 * hourMs))
  const request = job?.request as { tags: object; lifecycle: object; isOnDemand: boolean; machine: string }
  assert.deepEqual(
    [request.tags, request.lifecycle, request.isOnDemand, request.machine],
    [{ by: 'plan' }, { deleteAfter: { value: 35, unit: 'days' } }, false, 'here'],
  )
  assert.equal(await nextDueMs(its.catalogue), dueMs + hourMs)
})

test('however many servers look at once, an occurrence has one record and one job', async () => {
  await insertSource('one')
  await plan({ schedule: 'every 1h', selection: { sources: ['one'] } })
  nowMs += hourMs
  await Promise.all(Array.from({ length: 8 }, () => runDueRules(parts)))
  assert.equal((await jobs()).length, 1)
  assert.equal((await occurrences()).length, 1)
})

test('runs that nobody was there for are all recorded, and only the newest runs, while its start window is open', async () => {
  await insertSource('one')
  await plan({ schedule: 'every 1h', selection: { sources: ['one'] }, startWindowMinutes: 30 })
  const [startMs = 0] = [await nextDueMs(its.catalogue)]
  nowMs = startMs + 3 * hourMs + 20 * minuteMs
  await runDueRules(parts)
  const hour = (n: number): string => new Date(startMs + n * hourMs).toISOString().slice(11, 16)
  assert.deepEqual(await occurrences(), [`${hour(0)} MISSED`, `${hour(1)} MISSED`, `${hour(2)} MISSED`, `${hour(3)} RUN`])
  assert.equal((await jobs()).length, 1)
  nowMs = startMs + 5 * hourMs + 40 * minuteMs
  await runDueRules(parts)
  assert.deepEqual((await occurrences()).slice(4), [`${hour(4)} MISSED`, `${hour(5)} MISSED`])
  assert.equal((await jobs()).length, 1)
})

test('a rule whose vault is not there records that it was missed, and why', async () => {
  await insertSource('one')
  await plan({ schedule: 'every 1h', selection: { sources: ['one'] }, targetVault: 'later' })
  nowMs += hourMs
  await runDueRules(parts)
  assert.deepEqual(await jobs(), [])
  const rows = await its.catalogue
    .selectFrom('occurrence')
    .innerJoin('rule', 'rule.id', 'occurrence.ruleId')
    .innerJoin('plan', 'plan.id', 'rule.planId')
    .select(['occurrence.disposition', 'occurrence.reason'])
    .where('plan.projectId', '=', projectId)
    .execute()
  assert.deepEqual(rows, [{ disposition: 'MISSED', reason: 'no vault later' }])
})

test('sources that came after the plan are picked too, and those that were deleted are not', async () => {
  const old = await insertSource('old')
  await plan({ schedule: 'every 1h', selection: { sources: ['*'] } })
  await its.catalogue
    .updateTable('source')
    .set({ deletionDate: new Date(nowMs) })
    .where('id', '=', old)
    .execute()
  const fresh = await insertSource('new')
  nowMs += hourMs
  await runDueRules(parts)
  assert.deepEqual(
    (await jobs()).map(({ sourceId }) => sourceId),
    [fresh],
  )
})

test('a job that nobody began within its start window expires', async () => {
  await insertSource('one')
  await plan({ schedule: 'every 1h', selection: { sources: ['one'] }, startWindowMinutes: 30 })
  nowMs = ((await nextDueMs(its.catalogue)) ?? 0) + minuteMs
  await runDueRules(parts)
  nowMs += 28 * minuteMs
  await parts.store.expireLate()
  assert.deepEqual(
    (await jobs()).map(({ state }) => state),
    ['PENDING'],
  )
  nowMs += 2 * minuteMs
  await parts.store.expireLate()
  assert.deepEqual(
    (await jobs()).map(({ state }) => state),
    ['EXPIRED'],
  )
})
