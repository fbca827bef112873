import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PolicyInvalidError } from '../document/policy-finding.ts'
import { parsePlanDocument } from './parse-plan-document.ts'
import type { Rule } from './plan.ts'

const rule = { name: 'r', targetVault: 'main' }

function ruleOf(fields: Readonly<Record<string, unknown>>): Rule {
  const [read] = parsePlanDocument({ name: 'plan', rules: [{ ...rule, ...fields }] }).plan.rules
  assert.ok(read)
  return read
}

test('everything that a plan can say is read', () => {
  const { shape, plan, selections, findings, appliesToExisting } = parsePlanDocument(`{
    "name": "shop",
    "timeZone": "Europe/Paris",
    "applyToExisting": true,
    "rules": [
      {
        "name": "often",
        "schedule": "every 6h from 02:00",
        "targetVault": "main",
        "startWindowMinutes": 60,
        "completionWindowMinutes": 300,
        "lifecycle": { "keep": "7d,4w,12m" },
        "windowDays": 7,
        "copies": [
          { "targetVault": "far" },
          { "targetVault": "cold", "region": "eu-west-3", "copiesLog": false, "lifecycle": { "moveToColdAfter": "1m", "deleteAfter": "2y" } }
        ],
        "pointTags": { "team": "web" }
      },
      { "name": "on-demand", "timeZone": "UTC", "targetVault": "main", "lifecycle": { "keep": { "daily": 3 } } }
    ],
    "selections": [{ "name": "shop", "sources": ["shop-*"] }]
  }`)
  assert.deepEqual([shape, findings, appliesToExisting], ['coffre', [], true])
  assert.deepEqual([plan.name, plan.timeZone], ['shop', 'Europe/Paris'])
  assert.deepEqual(
    selections.map(({ name, resources }) => [name, resources]),
    [['shop', ['shop-*']]],
  )
  const [{ schedule, ...often }, onDemand] = plan.rules as [Rule, Rule]
  assert.equal(schedule?.text, 'every 6h from 02:00')
  const lifecycle = { keep: { daily: 7, weekly: 4, monthly: 12 } }
  assert.deepEqual(often, {
    name: 'often',
    targetVault: 'main',
    startWindowMinutes: 60,
    completionWindowMinutes: 300,
    lifecycle,
    isContinuous: true,
    windowDays: 7,
    copies: [
      { targetVault: 'far', lifecycle },
      {
        targetVault: 'cold',
        region: 'eu-west-3',
        copiesLog: false,
        lifecycle: { moveToColdAfter: { value: 1, unit: 'months' }, deleteAfter: { value: 2, unit: 'years' } },
      },
    ],
    pointTags: { team: 'web' },
  })
  assert.deepEqual(onDemand, {
    name: 'on-demand',
    timeZone: 'UTC',
    targetVault: 'main',
    startWindowMinutes: 480,
    completionWindowMinutes: 10_080,
    lifecycle: { keep: { daily: 3 } },
    copies: [],
    pointTags: {},
  })
})

test('a window is the hours in which jobs may begin', () => {
  const cases: readonly (readonly [fields: object, schedule: string | undefined, startWindowMinutes: number])[] = [
    [{ window: '22:00-02:00' }, 'every day at 22:00', 240],
    [{ window: 'sun 00:00-06:00' }, 'every week on sunday at 00:00', 360],
    [{ window: '00:00-24:00' }, 'every day at 00:00', 1440],
    [{ window: '00:00-24:00', schedule: '@daily' }, '@daily', 1440],
    [{ window: '22:00-02:00', schedule: 'cron(0 22 * * ? *)' }, 'cron(0 22 * * ? *)', 240],
    [{ window: '22:00-02:00', schedule: 'cron(30 23,1 * * ? *)' }, 'cron(30 23,1 * * ? *)', 30],
    [{ window: '22:00-02:00', schedule: '0 0 1 * *' }, '0 0 1 * *', 120],
    [{ schedule: '0 0 1 * *' }, '0 0 1 * *', 480],
  ]
  for (const [fields, schedule, startWindowMinutes] of cases) {
    const read = ruleOf({ ...fields })
    assert.deepEqual([read.schedule?.text, read.startWindowMinutes], [schedule, startWindowMinutes], JSON.stringify(fields))
  }
})

test('a window of 0 days, or none, is no continuous restore', () => {
  assert.equal(ruleOf({ windowDays: 0 }).isContinuous, undefined)
  assert.equal(ruleOf({}).isContinuous, undefined)
  assert.equal(ruleOf({ continuous: true }).isContinuous, true)
  assert.equal(ruleOf({ continuous: true }).windowDays, undefined)
})

test('what is odd is told', () => {
  const cases: readonly (readonly [object, string])[] = [
    [{ colour: 'blue' }, '/rules/0/colour'],
    [{ lifecycle: { deleteAfter: '35d', moveToColdAfter: '7d' } }, '/rules/0/lifecycle/deleteAfter'],
    [{ startWindowMinutes: 60, completionWindowMinutes: 60 }, '/rules/0/completionWindowMinutes'],
    [{ continuous: false, windowDays: 7 }, '/rules/0/windowDays'],
    [{ copies: [{ targetVault: 'far', vault: 'x' }] }, '/rules/0/copies/0/vault'],
  ]
  for (const [fields, at] of cases) {
    const { findings } = parsePlanDocument({ name: 'plan', rules: [{ ...rule, ...fields }] })
    assert.deepEqual(
      findings.map((finding) => `${finding.severity} ${finding.at}`),
      [`warning ${at}`],
    )
  }
})

test('what is wrong is refused, each with its place', () => {
  const cases: readonly (readonly [unknown, readonly string[]])[] = [
    [[], ['']],
    [{}, ['/name', '/rules']],
    [{ name: 'plan', timeZone: 'Mars/Phobos', rules: [rule] }, ['/timeZone']],
    [{ name: 'plan', rules: [{ ...rule, timeZone: '+02:00' }] }, ['/rules/0/timeZone']],
    [{ name: 'plan', rules: [{ ...rule, schedule: 'sometimes' }] }, ['/rules/0/schedule']],
    [{ name: 'plan', rules: [{ ...rule, schedule: '' }] }, ['/rules/0/schedule']],
    [{ name: 'plan', rules: [{ ...rule, window: '22:00' }] }, ['/rules/0/window']],
    [{ name: 'plan', rules: [{ ...rule, window: '22:00-02:00', schedule: 'cron(0 3 * * ? *)' }] }, ['/rules/0/window']],
    [{ name: 'plan', rules: [{ ...rule, window: '22:00-02:00', schedule: 'rate(6 hours)' }] }, ['/rules/0/window']],
    [{ name: 'plan', rules: [{ ...rule, window: 'sun 22:00-02:00', schedule: 'cron(0 23 * * ? *)' }] }, ['/rules/0/window']],
    [{ name: 'plan', rules: [{ ...rule, window: '22:00-02:00', startWindowMinutes: 60 }] }, ['/rules/0/startWindowMinutes']],
    [{ name: 'plan', rules: [{ ...rule, lifecycle: '7d' }] }, ['/rules/0/lifecycle']],
    [{ name: 'plan', rules: [{ ...rule, lifecycle: { keep: '7x' } }] }, ['/rules/0/lifecycle/keep']],
    [{ name: 'plan', rules: [{ ...rule, lifecycle: { keep: {} } }] }, ['/rules/0/lifecycle/keep']],
    [{ name: 'plan', rules: [{ ...rule, lifecycle: { keep: '7d', deleteAfter: '7d' } }] }, ['/rules/0/lifecycle/keep']],
    [{ name: 'plan', rules: [{ ...rule, lifecycle: { deleteAfter: 7 } }] }, ['/rules/0/lifecycle/deleteAfter']],
    [{ name: 'plan', rules: [{ ...rule, windowDays: -1 }] }, ['/rules/0/windowDays']],
    [
      { name: 'plan', rules: [{ ...rule, copies: [{ lifecycle: { deleteAfter: '0d' } }, { targetVault: 'main' }] }] },
      ['/rules/0/copies/0/targetVault', '/rules/0/copies/0/lifecycle/deleteAfter', '/rules/0/copies/1'],
    ],
    [{ name: 'plan', rules: [rule], selections: [{ name: 'nothing' }, 7] }, ['/selections/0', '/selections/1']],
  ]
  for (const [document, expected] of cases) {
    assert.throws(
      () => parsePlanDocument(document),
      (error: PolicyInvalidError) => {
        const errors = error.findings.filter(({ severity }) => severity === 'error')
        assert.deepEqual(errors.map(({ at }) => at).sort(), expected.toSorted(), error.message)
        return error.code === 'policy.plan-invalid'
      },
      JSON.stringify(document),
    )
  }
  assert.throws(() => parsePlanDocument('{ "name": '), { code: 'policy.plan-invalid', message: /^the plan is no JSON/ })
})
