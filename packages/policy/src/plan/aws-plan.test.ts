import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PolicyInvalidError } from '../document/policy-finding.ts'
import { occurrences } from '../schedule/occurrence.ts'
import { formatPlan } from './format-plan.ts'
import { parsePlanDocument } from './parse-plan-document.ts'
import type { Rule } from './plan.ts'

/** S3.43, word for word. */
const healthcare = `{ "BackupPlan": {
    "BackupPlanName": "Healthcare-Daily-Backup",
    "Rules": [
      { "RuleName": "DailyBackup", "TargetBackupVault": "Healthcare-Vault",
        "ScheduleExpression": "cron(0 3 * * ? *)",
        "StartWindowMinutes": 60, "CompletionWindowMinutes": 120,
        "Lifecycle": { "DeleteAfterDays": 35, "MoveToColdStorageAfterDays": 7 } },
      { "RuleName": "WeeklyLongTerm", "TargetBackupVault": "Healthcare-Vault-LongTerm",
        "ScheduleExpression": "cron(0 3 ? * SUN *)",
        "Lifecycle": { "DeleteAfterDays": 365 } } ] } }`

function firstRuns(rule: Rule | undefined, count: number): readonly string[] {
  assert.ok(rule?.schedule)
  const afterMs = Date.UTC(2026, 10, 21, 12)
  const runs = occurrences(rule.schedule, { timeZone: rule.timeZone ?? 'UTC', anchorMs: afterMs }, afterMs, afterMs + 4e10)
  return [...runs.take(count)].map((ms) => new Date(ms).toISOString().slice(0, 16))
}

test('the plan of S3.43 loads unchanged, and only warns of its short time in cold storage', () => {
  const { shape, plan, selections, findings, document, appliesToExisting } = parsePlanDocument(healthcare)
  assert.equal(shape, 'aws')
  assert.deepEqual(document, JSON.parse(healthcare))
  assert.deepEqual([selections, appliesToExisting], [[], false])
  assert.deepEqual(
    findings.map(({ severity, at }) => `${severity} ${at}`),
    ['warning /BackupPlan/Rules/0/Lifecycle/DeleteAfterDays'],
  )
  const [daily, weekly] = plan.rules
  assert.deepEqual([plan.name, plan.timeZone, plan.rules.length], ['Healthcare-Daily-Backup', 'UTC', 2])
  const { schedule, ...rest } = daily as Rule
  assert.equal(schedule?.text, 'cron(0 3 * * ? *)')
  assert.deepEqual(rest, {
    name: 'DailyBackup',
    targetVault: 'Healthcare-Vault',
    startWindowMinutes: 60,
    completionWindowMinutes: 120,
    lifecycle: { deleteAfter: { value: 35, unit: 'days' }, moveToColdAfter: { value: 7, unit: 'days' } },
    copies: [],
    pointTags: {},
  })
  assert.deepEqual([weekly?.name, weekly?.targetVault], ['WeeklyLongTerm', 'Healthcare-Vault-LongTerm'])
  assert.deepEqual([weekly?.startWindowMinutes, weekly?.completionWindowMinutes], [480, 10_080], 'the defaults of AWS')
  assert.deepEqual(weekly?.lifecycle, { deleteAfter: { value: 365, unit: 'days' } })
  assert.deepEqual(firstRuns(daily, 2), ['2026-11-22T03:00', '2026-11-23T03:00'])
  assert.deepEqual(firstRuns(weekly, 2), ['2026-11-22T03:00', '2026-11-29T03:00'])
})

test('the plan of S3.43 is written as AWS names its fields', () => {
  const { plan } = parsePlanDocument(healthcare)
  const given = JSON.parse(healthcare).BackupPlan
  const [daily, weekly] = given.Rules.map(({ TargetBackupVault, ...rule }: Record<string, unknown>) => ({
    ...rule,
    TargetBackupVaultName: TargetBackupVault,
  }))
  const windows = { StartWindowMinutes: 480, CompletionWindowMinutes: 10_080 }
  const { document, findings } = formatPlan(plan, 'aws')
  assert.deepEqual(document, { BackupPlan: { ...given, Rules: [daily, { ...weekly, ...windows }] } })
  assert.deepEqual(findings, [])
  assert.deepEqual(parsePlanDocument(document).plan, plan)
})

test('everything that a rule of AWS can say is read', () => {
  const { plan, selections, findings } = parsePlanDocument({
    BackupPlanName: 'everything',
    Rules: [
      {
        RuleName: 'all',
        TargetBackupVaultName: 'arn:aws:backup:eu-west-1:123456789012:backup-vault:Primary',
        ScheduleExpressionTimezone: 'Europe/Paris',
        Lifecycle: { DeleteAfterDays: -1, MoveToColdStorageAfterDays: 30 },
        RecoveryPointTags: { Project: 'shop' },
        EnableContinuousBackup: true,
        CopyActions: [
          {
            DestinationBackupVaultArn: 'arn:aws:backup:eu-central-1:123456789012:backup-vault:Secondary',
            Lifecycle: { DeleteAfterDays: 90 },
          },
          { DestinationBackupVaultArn: 'Plain' },
        ],
      },
    ],
    BackupSelection: { SelectionName: 'all', IamRoleArn: 'arn:aws:iam::123456789012:role/x', Resources: ['*'] },
    VersionId: 'from an answer',
  })
  assert.deepEqual(findings, [])
  const { schedule, ...rule } = plan.rules[0] as Rule
  assert.equal(schedule?.text, 'cron(0 5 ? * * *)', 'the default of AWS')
  assert.deepEqual(rule, {
    name: 'all',
    timeZone: 'Europe/Paris',
    targetVault: 'Primary',
    startWindowMinutes: 480,
    completionWindowMinutes: 10_080,
    lifecycle: { moveToColdAfter: { value: 30, unit: 'days' } },
    isContinuous: true,
    copies: [
      { targetVault: 'Secondary', lifecycle: { deleteAfter: { value: 90, unit: 'days' } } },
      { targetVault: 'Plain', lifecycle: {} },
    ],
    pointTags: { Project: 'shop' },
  })
  assert.deepEqual(
    selections.map(({ name }) => name),
    ['all'],
  )
})

test('what has no effect is told', () => {
  const { findings } = parsePlanDocument({
    BackupPlan: {
      BackupPlanName: 'x',
      AdvancedBackupSettings: [],
      Rules: [
        {
          RuleName: 'r',
          TargetBackupVaultName: 'v',
          Lifecycle: { DeleteAfterDays: 7, OptInToArchiveForSupportedResources: true, Delete: 1 },
          ScanActions: [],
          'Sched/ule': 'cron(0 5 ? * * *)',
        },
      ],
    },
    BackupPlanTags: { a: 'b' },
    Note: 'hello',
  })
  assert.deepEqual(findings.map(({ severity, at }) => `${severity} ${at}`).sort(), [
    'warning /BackupPlan/AdvancedBackupSettings',
    'warning /BackupPlan/Rules/0/Lifecycle/Delete',
    'warning /BackupPlan/Rules/0/Lifecycle/OptInToArchiveForSupportedResources',
    'warning /BackupPlan/Rules/0/ScanActions',
    'warning /BackupPlan/Rules/0/Sched~1ule',
    'warning /BackupPlanTags',
    'warning /Note',
  ])
})

test('what is wrong is refused, all of it at once and each with its place', () => {
  const rule = { RuleName: 'r', TargetBackupVaultName: 'v' }
  const cases: readonly (readonly [unknown, readonly string[]])[] = [
    [{ BackupPlanName: 'x', Rules: [] }, ['/Rules']],
    [{ BackupPlanName: 'x' }, ['/Rules']],
    [{ BackupPlanName: 'two words', Rules: [rule] }, ['/BackupPlanName']],
    [{ Rules: [rule] }, ['/BackupPlanName']],
    [{ BackupPlan: [] }, ['/BackupPlan', '/BackupPlanName', '/Rules']],
    [{ BackupPlanName: 7, Rules: {} }, ['/BackupPlanName', '/Rules', '/Rules']],
    [{ BackupPlanName: 'x', Rules: [7, rule] }, ['/Rules/0']],
    [{ BackupPlanName: 'x', Rules: [{}] }, ['/Rules/0/RuleName', '/Rules/0/TargetBackupVaultName']],
    [{ BackupPlanName: 'x', Rules: [rule, rule] }, ['/Rules/1/RuleName']],
    [{ BackupPlanName: 'x', Rules: [{ ...rule, RuleName: 'a b' }] }, ['/Rules/0/RuleName']],
    [{ BackupPlanName: 'x', Rules: [{ ...rule, TargetBackupVault: 'w' }] }, ['/Rules/0/TargetBackupVault']],
    [{ BackupPlanName: 'x', Rules: [{ ...rule, TargetBackupVaultName: 'arn:aws:s3:::b' }] }, ['/Rules/0/TargetBackupVaultName']],
    [{ BackupPlanName: 'x', Rules: [{ ...rule, ScheduleExpression: 'cron(0 3 * * *)' }] }, ['/Rules/0/ScheduleExpression']],
    [{ BackupPlanName: 'x', Rules: [{ ...rule, ScheduleExpressionTimezone: 'Paris' }] }, ['/Rules/0/ScheduleExpressionTimezone']],
    [{ BackupPlanName: 'x', Rules: [{ ...rule, StartWindowMinutes: '60' }] }, ['/Rules/0/StartWindowMinutes']],
    [{ BackupPlanName: 'x', Rules: [{ ...rule, CompletionWindowMinutes: 0 }] }, ['/Rules/0/CompletionWindowMinutes']],
    [{ BackupPlanName: 'x', Rules: [{ ...rule, Lifecycle: { DeleteAfterDays: 1.5 } }] }, ['/Rules/0/Lifecycle/DeleteAfterDays']],
    [{ BackupPlanName: 'x', Rules: [{ ...rule, Lifecycle: { DeleteAfterDays: 0 } }] }, ['/Rules/0/Lifecycle/DeleteAfterDays']],
    [
      { BackupPlanName: 'x', Rules: [{ ...rule, Lifecycle: { DeleteAfterDays: 7, MoveToColdStorageAfterDays: 8 } }] },
      ['/Rules/0/Lifecycle/DeleteAfterDays'],
    ],
    [{ BackupPlanName: 'x', Rules: [{ ...rule, RecoveryPointTags: { a: 1 } }] }, ['/Rules/0/RecoveryPointTags/a']],
    [{ BackupPlanName: 'x', Rules: [{ ...rule, RecoveryPointTags: { '': 'x' } }] }, ['/Rules/0/RecoveryPointTags/']],
    [{ BackupPlanName: 'x', Rules: [{ ...rule, CopyActions: [{}] }] }, ['/Rules/0/CopyActions/0/DestinationBackupVaultArn']],
    [{ BackupPlanName: 'x', Rules: [{ ...rule, CopyActions: [{ DestinationBackupVaultArn: 'v' }] }] }, ['/Rules/0/CopyActions/0']],
    [{ BackupPlanName: 'x', Rules: [{ ...rule, EnableContinuousBackup: 'yes' }] }, ['/Rules/0/EnableContinuousBackup']],
    [{ BackupPlanName: 'x', Rules: [rule], BackupSelection: { SelectionName: 's' } }, ['/BackupSelection']],
  ]
  for (const [document, expected] of cases) {
    assert.throws(
      () => parsePlanDocument(document),
      (error: PolicyInvalidError) => {
        assert.equal(error.code, 'policy.plan-invalid')
        const errors = error.findings.filter(({ severity }) => severity === 'error')
        assert.deepEqual(
          errors.map(({ at }) => at),
          expected,
          error.message,
        )
        for (const { message } of errors) assert.ok(error.message.includes(message))
        return true
      },
      JSON.stringify(document),
    )
  }
})
