import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { parseKeepCounts } from '../lifecycle/keep-counts.ts'
import type { Lifecycle } from '../lifecycle/lifecycle.ts'
import { parseTerm } from '../lifecycle/term.ts'
import { parseSchedule } from '../schedule/parse-schedule.ts'
import { formatPlan } from './format-plan.ts'
import { parsePlanDocument } from './parse-plan-document.ts'
import type { Plan, Rule } from './plan.ts'
import { validatePlan } from './plan-findings.ts'

const schedules = [
  'cron(0 2 * * ? *)',
  'cron(0 0 ? * SUN *)',
  '0 */6 * * *',
  'rate(6 hours)',
  'every 6h from 02:00',
  'every 7h',
  '@daily',
]
const lifecycles: readonly Lifecycle[] = [
  {},
  { deleteAfter: parseTerm('36h') },
  { deleteAfter: parseTerm('35d'), moveToColdAfter: parseTerm('1w') },
  { deleteAfter: parseTerm('2y'), moveToColdAfter: parseTerm('1m') },
  { keep: parseKeepCounts('24h,7d,4w,12m,3y') },
]

test('a plan of the own shape is read back as it was', () => {
  const random = new SeededRandom(testSeed('format-plan'))
  for (let round = 0; round < 300; round++) {
    const plan = randomPlan(random)
    validatePlan(plan)
    const { document, findings } = formatPlan(plan, 'coffre')
    assert.deepEqual(findings, [])
    assert.deepEqual(parsePlanDocument(JSON.stringify(document)).plan, plan)
  }
})

test('the shape of AWS says what it can, keeps nothing shorter than it was meant, and tells the rest', () => {
  const rule: Rule = {
    name: 'r',
    schedule: parseSchedule('every 6h from 02:00'),
    targetVault: 'main',
    lifecycle: { keep: parseKeepCounts('7d,12m') },
    isContinuous: true,
    windowDays: 7,
    copies: [{ targetVault: 'far', lifecycle: { deleteAfter: parseTerm('36h') }, copiesLog: true }],
    pointTags: { a: 'b' },
  }
  const plan = {
    name: 'p',
    timeZone: 'Europe/Paris',
    rules: [rule, { ...rule, name: 'free', schedule: parseSchedule('rate(5 hours)') }],
  }
  const { document, findings } = formatPlan(plan, 'aws', (vault) => `arn:aws:backup:eu-west-1:123456789012:backup-vault:${vault}`)
  assert.deepEqual((document as { BackupPlan: { Rules: unknown[] } }).BackupPlan.Rules[0], {
    RuleName: 'r',
    TargetBackupVaultName: 'main',
    ScheduleExpression: 'cron(0 2/6 * * ? *)',
    ScheduleExpressionTimezone: 'Europe/Paris',
    Lifecycle: { DeleteAfterDays: 366 },
    RecoveryPointTags: { a: 'b' },
    EnableContinuousBackup: true,
    CopyActions: [
      { DestinationBackupVaultArn: 'arn:aws:backup:eu-west-1:123456789012:backup-vault:far', Lifecycle: { DeleteAfterDays: 2 } },
    ],
  })
  const placesOfRule = ['EnableContinuousBackup', 'Lifecycle', 'CopyActions/0', 'CopyActions/0/Lifecycle']
  assert.deepEqual(
    findings.map(({ at }) => at).sort(),
    [
      ...placesOfRule.map((place) => `/BackupPlan/Rules/0/${place}`),
      ...placesOfRule.map((place) => `/BackupPlan/Rules/1/${place}`),
      '/BackupPlan/Rules/1/ScheduleExpression',
    ].sort(),
  )
  const read = parsePlanDocument(document).plan
  assert.deepEqual([read.rules[0]?.timeZone, read.rules[0]?.copies[0]?.targetVault], ['Europe/Paris', 'far'])
})

test('days are counted so that no term ends sooner', () => {
  const cases: readonly (readonly [Lifecycle, object | undefined])[] = [
    [{}, undefined],
    [{ deleteAfter: parseTerm('48h') }, { DeleteAfterDays: 2 }],
    [{ deleteAfter: parseTerm('49h') }, { DeleteAfterDays: 3 }],
    [{ deleteAfter: parseTerm('4w') }, { DeleteAfterDays: 28 }],
    [{ deleteAfter: parseTerm('1m') }, { DeleteAfterDays: 31 }],
    [{ deleteAfter: parseTerm('2m') }, { DeleteAfterDays: 62 }],
    [{ deleteAfter: parseTerm('7y') }, { DeleteAfterDays: 2557 }],
    [{ deleteAfter: parseTerm('100y') }, { DeleteAfterDays: 36_500 }],
    [{ keep: parseKeepCounts('60d,1m') }, { DeleteAfterDays: 60 }],
    [{ moveToColdAfter: parseTerm('30d') }, { MoveToColdStorageAfterDays: 30 }],
  ]
  for (const [lifecycle, expected] of cases) {
    const rule = { name: 'r', targetVault: 'v', lifecycle, copies: [], pointTags: {} }
    const { document } = formatPlan({ name: 'p', timeZone: 'UTC', rules: [rule] }, 'aws')
    const [written] = (document as { BackupPlan: { Rules: { Lifecycle?: object }[] } }).BackupPlan.Rules
    assert.deepEqual(written?.Lifecycle, expected, JSON.stringify(lifecycle))
  }
})

function randomPlan(random: SeededRandom): Plan {
  const maybe = <Value>(value: Value): readonly Value[] => (random.integer(2) === 0 ? [] : [value])
  const chosen = <Value>(values: readonly Value[]): Value => values[random.integer(values.length)] as Value
  const rules = Array.from({ length: 1 + random.integer(3) }, (_, i): Rule => {
    const isContinuous = random.integer(2) === 0
    return {
      name: `rule-${i}`,
      ...Object.assign({}, ...maybe({ schedule: parseSchedule(chosen(schedules)) }), ...maybe({ timeZone: 'Asia/Tokyo' })),
      targetVault: 'main',
      startWindowMinutes: 1 + random.integer(1000),
      completionWindowMinutes: 1 + random.integer(20_000),
      lifecycle: chosen(lifecycles),
      ...(isContinuous ? { isContinuous, ...Object.assign({}, ...maybe({ windowDays: 1 + random.integer(40) })) } : {}),
      copies: maybe({
        targetVault: 'far',
        lifecycle: chosen(lifecycles),
        ...Object.assign({}, ...maybe({ region: 'eu-west-3' }), ...maybe({ copiesLog: random.integer(2) === 0 })),
      }),
      pointTags: Object.assign({}, ...maybe({ team: 'web' })),
    }
  })
  return { name: 'plan', timeZone: chosen(['UTC', 'Europe/Paris']), rules }
}
