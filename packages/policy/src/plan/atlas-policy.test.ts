import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PolicyInvalidError } from '../document/policy-finding.ts'
import { formatTerm } from '../lifecycle/term.ts'
import { occurrences } from '../schedule/occurrence.ts'
import { parsePlanDocument } from './parse-plan-document.ts'
import type { Rule } from './plan.ts'

/** S0.13, word for word. */
const policy = `{
  "autoExportEnabled": false,
  "referenceHourOfDay": 2,
  "referenceMinuteOfHour": 0,
  "restoreWindowDays": 7,
  "updateSnapshots": true,
  "policies": [
    { "id": "daily",
      "policyItems": [
        { "frequencyInterval": 1, "frequencyType": "daily", "retentionUnit": "days", "retentionValue": 7 } ] }
  ],
  "copySettings": [
    { "cloudProvider": "AWS", "regionName": "US_WEST_2", "replicationSpecId": "auto",
      "shouldCopyOplogs": true, "frequencies": ["HOURLY", "DAILY", "WEEKLY", "MONTHLY"] }
  ]
}`

const defaults = { name: 'production-primary', targetVault: 'atlas', copyVault: (region: string) => `atlas-${region}` }

function samplePolicy(...items: readonly (readonly [type: string, interval: number, value: number, unit: string])[]): unknown {
  const policies = items.map(([frequencyType, frequencyInterval, retentionValue, retentionUnit]) => ({
    id: frequencyType,
    policyItems: [{ frequencyInterval, frequencyType, retentionUnit, retentionValue }],
  }))
  return { referenceHourOfDay: 2, referenceMinuteOfHour: 0, restoreWindowDays: 7, updateSnapshots: true, policies }
}

function firstRuns({ schedule }: Rule, count: number): string {
  assert.ok(schedule)
  const afterMs = Date.UTC(2026, 10, 21, 12)
  const runs = occurrences(schedule, { timeZone: 'UTC', anchorMs: afterMs }, afterMs, afterMs + 1e11)
  return [...runs.take(count)].map((ms) => new Date(ms).toISOString().slice(0, 13)).join(' ')
}

function tell(rule: Rule): string {
  const kept = rule.lifecycle.deleteAfter
  const window = rule.isContinuous === true ? ` to the second for ${rule.windowDays}` : ''
  return `${rule.name} kept ${kept === undefined ? 'for ever' : formatTerm(kept)}${window}: ${firstRuns(rule, 2)}`
}

test('the policy of S0.13 loads unchanged', () => {
  const { shape, plan, findings, appliesToExisting, document } = parsePlanDocument(policy, defaults)
  assert.deepEqual([shape, findings, appliesToExisting], ['atlas', [], true])
  assert.deepEqual(document, JSON.parse(policy))
  assert.deepEqual([plan.name, plan.timeZone], ['production-primary', 'UTC'])
  const { schedule, ...rule } = plan.rules[0] as Rule
  assert.equal(schedule?.text, 'cron(0 2 * * ? *)')
  const lifecycle = { deleteAfter: { value: 7, unit: 'days' } }
  assert.deepEqual(rule, {
    name: 'daily',
    targetVault: 'atlas',
    startWindowMinutes: 480,
    completionWindowMinutes: 10_080,
    lifecycle,
    isContinuous: true,
    windowDays: 7,
    copies: [{ targetVault: 'atlas-us-west-2', region: 'us-west-2', copiesLog: true, lifecycle }],
    pointTags: {},
  })
})

test('the samples of the command line (S0.15) and of the API (S0.16) load unchanged', () => {
  const cli = parsePlanDocument(
    samplePolicy(['daily', 1, 7, 'days'], ['weekly', 1, 4, 'weeks'], ['monthly', 1, 6, 'months']),
    defaults,
  )
  assert.deepEqual(cli.findings, [])
  assert.deepEqual(cli.plan.rules.map(tell), [
    'daily kept 7d to the second for 7: 2026-11-22T02 2026-11-23T02',
    'weekly kept 4w: 2026-11-23T02 2026-11-30T02',
    'monthly kept 6m: 2026-12-01T02 2027-01-01T02',
  ])
  const api = parsePlanDocument(
    samplePolicy(['hourly', 6, 2, 'days'], ['daily', 1, 7, 'days'], ['weekly', 1, 4, 'weeks'], ['monthly', 1, 12, 'months']),
    defaults,
  )
  assert.deepEqual(api.findings, [])
  assert.deepEqual(api.plan.rules.map(tell), [
    'hourly kept 2d to the second for 7: 2026-11-21T14 2026-11-21T20',
    'daily kept 7d: 2026-11-22T02 2026-11-23T02',
    'weekly kept 4w: 2026-11-23T02 2026-11-30T02',
    'monthly kept 12m: 2026-12-01T02 2027-01-01T02',
  ])
})

test('intervals mean what they mean in Atlas', () => {
  const cases: readonly (readonly [string, number, string])[] = [
    ['hourly', 1, '2026-11-21T13 2026-11-21T14 2026-11-21T15'],
    ['hourly', 8, '2026-11-21T18 2026-11-22T02 2026-11-22T10'],
    ['hourly', 24, '2026-11-22T02 2026-11-23T02 2026-11-24T02'],
    ['weekly', 7, '2026-11-22T02 2026-11-29T02 2026-12-06T02'],
    ['monthly', 28, '2026-11-28T02 2026-12-28T02 2027-01-28T02'],
    ['monthly', 40, '2026-11-30T02 2026-12-31T02 2027-01-31T02'],
    ['yearly', 3, '2027-03-01T02 2028-03-01T02 2029-03-01T02'],
  ]
  for (const [type, interval, runs] of cases) {
    const { plan } = parsePlanDocument(samplePolicy([type, interval, 1, 'years']), defaults)
    assert.equal(plan.rules.map((rule) => firstRuns(rule, 3)).join(), runs, `${type} ${interval}`)
  }
})

test('policies are merged, and the words that they are called by stay', () => {
  const item = (frequencyType: string, frequencyInterval = 1) => ({
    id: '0123456789abcdef01234567',
    frequencyType,
    frequencyInterval,
    retentionUnit: 'days',
    retentionValue: 9,
  })
  const { plan, findings } = parsePlanDocument(
    {
      policies: [
        { id: 'nightly', policyItems: [item('daily')] },
        { id: 'long', policyItems: [item('weekly'), item('monthly')] },
        { id: '0123456789abcdef01234567', policyItems: [item('weekly', 1), item('weekly', 4), item('yearly')] },
        { policyItems: [item('hourly', 12)] },
      ],
    },
    defaults,
  )
  assert.deepEqual(
    plan.rules.map(({ name }) => name),
    ['nightly', 'long-weekly', 'long-monthly', 'weekly', 'weekly-2', 'yearly', 'hourly'],
  )
  assert.deepEqual(findings, [])
})

test('copies follow frequencies, in either spelling of the region', () => {
  const document = {
    ...(samplePolicy(['daily', 1, 7, 'days'], ['weekly', 1, 4, 'weeks']) as object),
    copySettings: [
      { regionName: 'US_WEST_2', frequencies: ['DAILY', 'ON_DEMAND'] },
      { regionName: 'eu-west-1', zoneId: '0123456789abcdef01234567', shouldCopyOplogs: false },
      { regionName: 'us-east-1', lastNumberOfSnapshots: 3, frequencies: [] },
    ],
  }
  const { plan, findings } = parsePlanDocument(document, defaults)
  const copies = plan.rules.map(
    (rule) => `${rule.name}: ${rule.copies.map(({ targetVault, copiesLog }) => `${targetVault} ${copiesLog}`).join(', ')}`,
  )
  assert.deepEqual(copies, ['daily: atlas-us-west-2 undefined, atlas-eu-west-1 false', 'weekly: atlas-eu-west-1 false'])
  assert.deepEqual(
    findings.map(({ severity, at }) => `${severity} ${at}`),
    ['warning /copySettings/0/frequencies', 'warning /copySettings/2/lastNumberOfSnapshots'],
  )
})

test('what the policy leaves open is chosen and told, and what has no effect too', () => {
  const document = {
    ...(samplePolicy(['hourly', 6, 9, 'days'], ['daily', 1, 1, 'weeks']) as object),
    restoreWindowDays: 0,
    updateSnapshots: false,
    autoExportEnabled: true,
    clusterName: 'shop',
    extraRetentionSettings: [],
    colour: 'blue',
  }
  const { plan, findings, appliesToExisting } = parsePlanDocument(document)
  assert.equal(appliesToExisting, false)
  assert.deepEqual([plan.name, plan.rules[0]?.targetVault, plan.rules[0]?.isContinuous], ['shop', 'default', undefined])
  assert.deepEqual(findings.map(({ severity, at }) => `${severity} ${at}`).sort(), [
    'warning ',
    'warning /autoExportEnabled',
    'warning /colour',
    'warning /extraRetentionSettings',
    'warning /policies/1/policyItems/0/retentionValue',
  ])
})

test('what is wrong is refused, each with its place', () => {
  const good = { frequencyType: 'daily', frequencyInterval: 1, retentionUnit: 'days', retentionValue: 7 }
  const withItem = (item: unknown) => ({ policies: [{ policyItems: [item] }] })
  const at = '/policies/0/policyItems/0'
  const cases: readonly (readonly [unknown, readonly string[]])[] = [
    [{ policies: [] }, ['/policies']],
    [{ referenceHourOfDay: 24, policies: [{ policyItems: [good] }] }, ['/referenceHourOfDay']],
    [{ restoreWindowDays: '7', policies: [{ policyItems: [good] }] }, ['/restoreWindowDays']],
    [withItem({ ...good, frequencyType: 'ondemand' }), [`${at}/frequencyType`]],
    [withItem({ ...good, frequencyInterval: 2 }), [`${at}/frequencyInterval`]],
    [withItem({ ...good, frequencyType: 'hourly', frequencyInterval: 25 }), [`${at}/frequencyInterval`]],
    [withItem({ ...good, frequencyType: 'weekly', frequencyInterval: 8 }), [`${at}/frequencyInterval`]],
    [withItem({ ...good, frequencyType: 'monthly', frequencyInterval: 29 }), [`${at}/frequencyInterval`]],
    [withItem({ ...good, frequencyType: 'yearly', frequencyInterval: 13 }), [`${at}/frequencyInterval`]],
    [withItem({ ...good, retentionUnit: 'hours', retentionValue: 0 }), [`${at}/retentionValue`]],
    [withItem({ ...good, retentionUnit: 'decades' }), [`${at}/retentionUnit`]],
    [withItem({}), [`${at}/frequencyType`, `${at}/retentionUnit`, `${at}/frequencyInterval`, `${at}/retentionValue`]],
    [{ policies: [{ id: 'two words', policyItems: [good] }] }, [at]],
    [
      { ...withItem(good), copySettings: [{ frequencies: ['SOMETIMES'] }] },
      ['/copySettings/0/regionName', '/copySettings/0/frequencies'],
    ],
  ]
  for (const [document, expected] of cases) {
    assert.throws(
      () => parsePlanDocument(document, defaults),
      (error: PolicyInvalidError) => {
        const errors = error.findings.filter(({ severity }) => severity === 'error')
        assert.deepEqual(
          errors.map((finding) => finding.at),
          expected,
          error.message,
        )
        return error.code === 'policy.plan-invalid'
      },
      JSON.stringify(document),
    )
  }
})
