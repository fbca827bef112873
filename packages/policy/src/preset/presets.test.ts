import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayMs } from '@coffre/foundation'
import { formatKeepCounts } from '../lifecycle/keep-counts.ts'
import type { Lifecycle } from '../lifecycle/lifecycle.ts'
import { formatTerm } from '../lifecycle/term.ts'
import { planFindings } from '../plan/plan-findings.ts'
import { occurrences } from '../schedule/occurrence.ts'
import type { Schedule } from '../schedule/schedule.ts'
import { matchSelection } from '../selection/match-selection.ts'
import { applyPreset } from './apply-preset.ts'
import { presets } from './presets.ts'

/** A Saturday. */
const nowMs = Date.UTC(2026, 10, 21, 12)

/** Each rule as the documents would tell it: plan, rule, its next runs, start window, what becomes of its points, copies. */
const tables: Readonly<Record<string, readonly string[]>> = {
  'production_critical': ['production_critical/snapshots 26-11-21T14 26-11-21T20 26-11-22T02 | keep 7d,4w,6m,2y | window 7'],
  'production_standard': ['production_standard/snapshots 26-11-22T02 26-11-23T02 26-11-24T02 | keep 7d,4w,3m | window 2'],
  'development': ['development/snapshots 26-11-22T02 26-11-23T02 26-11-24T02 | keep 3d | window 1'],
  'critical-production': [
    'critical-production/snapshots 26-11-21T14 26-11-21T20 26-11-22T02 | keep 7d,4w,12m,3y | window 7 | main-copy-1 keep 7d,4w,12m,3y | main-copy-2 keep 7d,4w,12m,3y',
  ],
  'standard-production': [
    'standard-production/snapshots 26-11-22T02 26-11-23T02 26-11-24T02 | keep 7d,4w,6m | window 2 | main-copy-1 keep 7d,4w,6m',
  ],
  'staging-qa': ['staging-qa/snapshots 26-11-22T02 26-11-23T02 26-11-24T02 | keep 3d | window 1'],
  'light-development': ['light-development/snapshots 26-11-22T02 26-11-23T02 26-11-24T02 | keep 2d'],
  'platform-development': ['coffre-dev-daily/daily 26-11-21T22 26-11-22T22 26-11-23T22 | start 240 | delete 7d'],
  'platform-staging': [
    'coffre-staging-daily/daily 26-11-21T22 26-11-22T22 26-11-23T22 | start 240 | delete 14d',
    'coffre-staging-weekly/weekly 26-11-22T00 26-11-29T00 26-12-06T00 | start 360 | delete 30d',
  ],
  'platform-production': [
    'coffre-prod-hourly/hourly 26-11-21T13 26-11-21T14 26-11-21T15 | start 60 | delete 24h',
    'coffre-prod-daily/daily 26-11-21T22 26-11-22T22 26-11-23T22 | start 240 | delete 30d | coffre-prod-backup-vault-secondary delete 30d',
    'coffre-prod-weekly/weekly 26-11-22T00 26-11-29T00 26-12-06T00 | start 360 | cold 30d delete 1y',
    'coffre-prod-monthly/monthly 26-12-01T00 27-01-01T00 27-02-01T00 | cold 30d delete 1y | coffre-prod-backup-vault-archive cold 1y delete 7y',
  ],
  'serverless-lab': ['coffre-lab/daily 26-11-22T02 26-11-23T02 26-11-24T02 | delete 14d'],
  'serverless-production': [
    'coffre-prod/daily 26-11-22T02 26-11-23T02 26-11-24T02 | delete 35d | coffre-prod-copies delete 35d',
    'coffre-prod/monthly-archive 26-12-01T02 27-01-01T02 27-02-01T02 | delete 1y | coffre-prod-copies delete 1y',
    'coffre-prod/yearly-archive 27-01-01T02 28-01-01T02 29-01-01T02 | delete 7y | coffre-prod-copies delete 7y',
  ],
  'self-hosted': [
    'coffre/daily 26-11-22T02 26-11-23T02 26-11-24T02 | delete 7d | main-remote delete 7d',
    'coffre/weekly 26-11-22T02 26-11-29T02 26-12-06T02 | delete 4w | main-remote delete 4w',
    'coffre/monthly 26-12-01T02 27-01-01T02 27-02-01T02 | delete 12m | main-remote delete 12m',
    'coffre/pre-deployment on demand | delete 30d | main-remote delete 30d',
  ],
}

test('every preset gives the run times and the retention of its table', () => {
  assert.deepEqual(
    presets.map(({ name }) => name),
    Object.keys(tables),
  )
  for (const { name } of presets) {
    const rules = applyPreset(name).plans.flatMap(({ plan }) =>
      plan.rules.map((rule) => {
        const parts = [
          `${plan.name}/${rule.name} ${tellRuns(rule.schedule, rule.timeZone ?? plan.timeZone)}`,
          ...(rule.startWindowMinutes === 480 ? [] : [`start ${rule.startWindowMinutes}`]),
          tellLifecycle(rule.lifecycle),
          ...(rule.isContinuous === true ? [`window ${rule.windowDays}`] : []),
          ...rule.copies.map(({ targetVault, lifecycle }) => `${targetVault} ${tellLifecycle(lifecycle)}`),
        ]
        return parts.join(' | ')
      }),
    )
    assert.deepEqual(rules, tables[name], name)
  }
})

test('every preset is valid, has all the vaults it uses, and is told in both languages', () => {
  for (const preset of presets) {
    const applied = applyPreset(preset.name)
    const vaults = applied.vaults.map(({ name }) => name)
    for (const { plan, selections } of applied.plans) {
      assert.deepEqual(planFindings(plan), [], preset.name)
      assert.ok(selections.length > 0, preset.name)
      for (const rule of plan.rules) {
        for (const vault of [rule.targetVault, ...rule.copies.map(({ targetVault }) => targetVault)])
          assert.ok(vaults.includes(vault), vault)
      }
    }
    assert.equal(new Set(vaults).size, vaults.length)
    assert.ok(preset.origin.every((id) => /^S[0-4]\.\d+$/.test(id)) && preset.origin.length > 0)
    assert.ok(preset.choices.every(({ about }) => /^[CG]\d+$/.test(about)))
    for (const { en, fr } of [preset, ...preset.parameters, ...preset.choices].flatMap((one) =>
      'title' in one ? [one.title, one.text] : [one.text],
    )) {
      assert.ok(en !== '' && fr !== '' && en !== fr, en)
    }
    assert.doesNotMatch(JSON.stringify(applied), /\{\w+\}/, 'every parameter is filled in')
  }
})

test('restore tests and notifications follow the environment', () => {
  const cadences = (name: string) =>
    applyPreset(name).restoreTests.map((one) => `${one.name} ${one.cadence} ${tellRuns(one.schedule, 'UTC')}`)
  assert.deepEqual(cadences('critical-production'), ['restore monthly 26-12-02T06 27-01-02T06 27-02-02T06'])
  assert.deepEqual(cadences('standard-production'), ['restore quarterly 27-01-02T06 27-04-02T06 27-07-02T06'])
  assert.deepEqual(cadences('staging-qa'), ['restore ad-hoc on demand'])
  assert.deepEqual(cadences('light-development'), ['restore never on demand'])
  assert.deepEqual(cadences('platform-development'), ['restore manual on demand'])
  assert.deepEqual(cadences('platform-staging'), ['restore-rds monthly 26-12-02T06 27-01-02T06 27-02-02T06'])
  assert.deepEqual(cadences('platform-production'), [
    'restore-rds weekly 26-11-23T06 26-11-30T06 26-12-07T06',
    'restore-others monthly 26-12-02T06 27-01-02T06 27-02-02T06',
  ])
  assert.deepEqual(cadences('serverless-production'), ['game-day quarterly 27-01-02T06 27-04-02T06 27-07-02T06'])
  assert.deepEqual(cadences('self-hosted'), [
    'restore monthly 26-12-02T06 27-01-02T06 27-02-02T06',
    'simulation yearly 27-01-02T06 28-01-02T06 29-01-02T06',
  ])
  const topics = (name: string) =>
    applyPreset(name, { project: 'shop' }).notifications.map(({ topic, events }) => `${topic} ${events.join(' ')}`)
  assert.deepEqual(topics('platform-development'), ['shop-dev-backup-alerts failure'])
  assert.deepEqual(topics('platform-staging'), ['shop-staging-backup-alerts failure success'])
})

test('the vaults of production have their regions, keys and retention', () => {
  const vaults = applyPreset('platform-production', { project: 'shop' }).vaults.map((vault) => {
    const terms = [vault.shortRetention, vault.longRetention].map((term) => (term === undefined ? '-' : formatTerm(term)))
    return `${vault.name} ${vault.purpose} ${vault.region} ${vault.encryption} ${vault.storage.join('+')} ${terms.join(' ')}`
  })
  assert.deepEqual(vaults, [
    'shop-prod-backup-vault-primary primary eu-west-1 multi-region-key standard+infrequent-access+archive 30d 1y',
    'shop-prod-backup-vault-secondary copies eu-central-1 multi-region-key standard - -',
    'shop-prod-backup-vault-archive archive eu-west-1 multi-region-key deep-archive - 7y',
  ])
  assert.equal(applyPreset('serverless-production').vaults[0]?.lock, 'compliance')
})

test('selections pick what the table names', () => {
  const picked = (
    preset: string,
    candidate: { readonly names: readonly string[]; readonly tags: Readonly<Record<string, string>> },
  ) =>
    applyPreset(preset)
      .plans.filter(({ selections }) => selections.some((selection) => matchSelection(selection, candidate).isMatch))
      .map(({ plan }) => plan.name)
  const database = 'arn:aws:rds:eu-west-1:123456789012:db:shop'
  const table = 'arn:aws:dynamodb:eu-west-1:123456789012:table/shop'
  const tagged = (name: string, tags: Readonly<Record<string, string>>) => ({ names: [name], tags })
  const all = ['coffre-prod-daily', 'coffre-prod-weekly', 'coffre-prod-monthly']
  assert.deepEqual(picked('platform-production', tagged(database, { Environment: 'production', Tier: '1' })), [
    'coffre-prod-hourly',
    ...all,
  ])
  assert.deepEqual(picked('platform-production', tagged(database, { Environment: 'production', Tier: '2' })), all)
  assert.deepEqual(picked('platform-production', tagged(table, { Environment: 'production', Tier: '1' })), all)
  assert.deepEqual(picked('platform-production', tagged(table, { Environment: 'production' })), [])
  assert.deepEqual(picked('platform-development', tagged(database, { Environment: 'development' })), ['coffre-dev-daily'])
  assert.deepEqual(picked('platform-development', tagged(table, { Environment: 'development' })), [])
  assert.deepEqual(picked('serverless-lab', tagged('x', { 'backup:enabled': 'true', 'backup:tier': 'dev' })), ['coffre-lab'])
  assert.deepEqual(picked('serverless-lab', tagged('x', { 'backup:tier': 'dev' })), [])
  assert.deepEqual(picked('self-hosted', tagged('x', {})), ['coffre'])
})

test('parameters take effect, and are checked', () => {
  const { plans, vaults } = applyPreset('critical-production', {
    timeZone: 'Europe/Paris',
    vault: 'shop',
    copyVaults: 'far, farther ,farthest',
    sources: 'src-1,shop-*',
  })
  assert.deepEqual(
    vaults.map(({ name }) => name),
    ['shop', 'far', 'farther', 'farthest'],
  )
  const [first] = plans
  assert.equal(first?.plan.timeZone, 'Europe/Paris')
  assert.deepEqual(
    first?.plan.rules[0]?.copies.map(({ targetVault }) => targetVault),
    ['far', 'farther', 'farthest'],
  )
  assert.deepEqual(
    first?.selections.map(({ resources, conditions }) => [resources, conditions]),
    [[['src-1', 'shop-*'], []]],
  )

  assert.throws(() => applyPreset('gold'), { code: 'usage.invalid', message: 'there is no preset "gold"' })
  assert.throws(() => applyPreset('self-hosted', { colour: 'blue' }), { code: 'usage.invalid', message: /no parameter "colour"/ })
  assert.throws(() => applyPreset('critical-production', { copyVaults: 'one' }), { code: 'usage.invalid', message: /at least 2/ })
  assert.throws(() => applyPreset('self-hosted', { timeZone: 'Paris' }), { code: 'policy.plan-invalid' })
  assert.throws(() => applyPreset('serverless-lab', { retentionDays: '0' }), { code: 'policy.plan-invalid' })
  assert.throws(() => applyPreset('self-hosted', { vault: 'a', copyVaults: 'a' }), {
    code: 'policy.plan-invalid',
    message: /the vault "a" that it is made from/,
  })
})

function tellRuns(schedule: Schedule | undefined, timeZone: string): string {
  if (schedule === undefined) return 'on demand'
  const runs = occurrences(schedule, { timeZone, anchorMs: nowMs }, nowMs, nowMs + 4 * 366 * dayMs)
  return [...runs.take(3)].map((ms) => new Date(ms).toISOString().slice(2, 13)).join(' ')
}

function tellLifecycle({ keep, moveToColdAfter, deleteAfter }: Lifecycle): string {
  return [
    ...(keep === undefined ? [] : [`keep ${formatKeepCounts(keep)}`]),
    ...(moveToColdAfter === undefined ? [] : [`cold ${formatTerm(moveToColdAfter)}`]),
    ...(deleteAfter === undefined ? [] : [`delete ${formatTerm(deleteAfter)}`]),
  ].join(' ')
}
