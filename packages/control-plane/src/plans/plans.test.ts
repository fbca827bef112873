import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Context, hourMs, systemContext } from '@coffre/foundation'
import { makeProject, startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { applyPlan } from './apply-plan.ts'
import { findPlan, listPlans } from './plan-view.ts'

let its: TestCatalogue
let projectId: string
const startMs = Date.UTC(2026, 0, 15, 12)
let nowMs = startMs
const context: Context = { ...systemContext, clock: { ...systemContext.clock, nowMs: () => nowMs } }
const audited: unknown[] = []
const audit = (note: unknown): Promise<void> => {
  audited.push(note)
  return Promise.resolve()
}

before(async () => {
  its = await startTestCatalogue()
  ;({ projectId } = await makeProject(its.catalogue, context, 'plans'))
})
after(() => its[Symbol.asyncDispose]())

function apply(document: unknown) {
  const request = { projectId, document, name: undefined, targetVault: undefined, createdBy: 'user:a' }
  return applyPlan(its.catalogue, context, request, audit)
}

/** S3.43 of the requirements, word for word. */
const healthcare = {
  BackupPlan: {
    BackupPlanName: 'Healthcare-Daily-Backup',
    Rules: [
      {
        RuleName: 'DailyBackup',
        TargetBackupVault: 'Healthcare-Vault',
        ScheduleExpression: 'cron(0 3 * * ? *)',
        StartWindowMinutes: 60,
        CompletionWindowMinutes: 120,
        Lifecycle: { DeleteAfterDays: 35, MoveToColdStorageAfterDays: 7 },
      },
      {
        RuleName: 'WeeklyLongTerm',
        TargetBackupVault: 'Healthcare-Vault-LongTerm',
        ScheduleExpression: 'cron(0 3 ? * SUN *)',
        Lifecycle: { DeleteAfterDays: 365 },
      },
    ],
  },
}

test('a document of AWS Backup loads unchanged, says what it wants, and runs when it says', async () => {
  const { id, findings, isChanged } = await apply(healthcare)
  assert.equal(isChanged, true)
  const missing = findings.filter(({ message }) => message.includes('no vault named'))
  assert.deepEqual(missing.map(({ message }) => message).toSorted(), [
    'there is no vault named Healthcare-Vault yet',
    'there is no vault named Healthcare-Vault-LongTerm yet',
  ])
  const plan = await findPlan(its.catalogue, context, projectId, 'Healthcare-Daily-Backup')
  assert.equal(plan?.id, id)
  assert.deepEqual(plan?.document, healthcare)
  assert.deepEqual(
    plan?.rules.map(({ name, schedule, nextRuns }) => [name, schedule, nextRuns.length, nextRuns[0]]),
    [
      ['DailyBackup', 'cron(0 3 * * ? *)', 10, '2026-01-16T03:00:00.000Z'],
      ['WeeklyLongTerm', 'cron(0 3 ? * SUN *)', 10, '2026-01-18T03:00:00.000Z'],
    ],
  )
  assert.deepEqual(audited.at(-1), { target: `plan:${id}`, detail: { name: 'Healthcare-Daily-Backup', version: 1 } })
})

test('the same document again changes nothing; another makes a version, and rules keep their ids with their names', async () => {
  const before = await findPlan(its.catalogue, context, projectId, 'Healthcare-Daily-Backup')
  assert.equal((await apply(healthcare)).isChanged, false)
  const [daily] = healthcare.BackupPlan.Rules
  const changed = {
    BackupPlan: {
      ...healthcare.BackupPlan,
      Rules: [
        { ...daily, ScheduleExpression: 'cron(0 4 * * ? *)' },
        { RuleName: 'Monthly', TargetBackupVault: 'v', ScheduleExpression: 'cron(0 5 1 * ? *)' },
      ],
    },
  }
  nowMs += hourMs
  await apply(changed)
  const now = await findPlan(its.catalogue, context, projectId, before?.id ?? '')
  assert.equal(now?.version, 2)
  assert.notEqual(now?.versionId, before?.versionId)
  assert.deepEqual(
    now?.rules.map(({ name, nextRuns }) => [name, nextRuns[0]]),
    [
      ['DailyBackup', '2026-01-16T04:00:00.000Z'],
      ['Monthly', '2026-02-01T05:00:00.000Z'],
    ],
  )
  assert.equal(now?.rules[0]?.id, before?.rules[0]?.id)
  const versions = await its.catalogue.selectFrom('planVersion').select(['number', 'document']).orderBy('number').execute()
  assert.deepEqual(
    versions.map(({ number, document }) => [number, JSON.parse(document)]),
    [
      [1, healthcare],
      [2, changed],
    ],
  )
  const due = await its.catalogue.selectFrom('rule').select(['name', 'nextDueAt']).orderBy('name').execute()
  assert.deepEqual(
    due.map(({ name, nextDueAt }) => [name, nextDueAt?.toISOString()]),
    [
      ['DailyBackup', '2026-01-16T04:00:00.000Z'],
      ['Monthly', '2026-02-01T05:00:00.000Z'],
      ['WeeklyLongTerm', undefined],
    ],
  )
})

test('what is wrong is refused with all that is wrong, and changes nothing', async () => {
  const wrong = { BackupPlan: { BackupPlanName: 'wrong', Rules: [{ RuleName: 'a', ScheduleExpression: 'cron(nonsense)' }] } }
  await assert.rejects(apply(wrong), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'policy.plan-invalid')
    assert.match(error.message, /TargetBackupVault/)
    assert.match(error.message, /nonsense/)
    return true
  })
  await assert.rejects(apply('{'), { code: 'policy.plan-invalid' })
  assert.deepEqual(
    (await listPlans(its.catalogue, context, projectId, { limit: 10 })).map(({ name }) => name),
    ['Healthcare-Daily-Backup'],
  )
})

test('of many who make a plan at once one makes it, and the others find it made', async () => {
  const document = { ...healthcare.BackupPlan, BackupPlanName: 'raced' }
  const results = await Promise.all(Array.from({ length: 8 }, () => apply(document)))
  assert.equal(results.filter(({ isChanged }) => isChanged).length, 1)
  assert.equal(new Set(results.map(({ id }) => id)).size, 1)
})
