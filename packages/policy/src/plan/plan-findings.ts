import { pointerStep } from '../document/json-pointer.ts'
import { findingOf, type PolicyFinding, refuseErrors } from '../document/policy-finding.ts'
import { type LifecycleFields, lifecycleFindings } from '../lifecycle/lifecycle-check.ts'
import { requireTimeZone } from '../zone/time-zone.ts'
import type { Plan, Rule } from './plan.ts'

/** What the fields of a plan are called in the document that it was read from, for the pointers of its findings. */
export interface PlanFields {
  readonly name: string
  readonly timeZone: string
  readonly rules: string
  readonly rule: Readonly<Record<Exclude<keyof Rule, 'schedule' | 'isContinuous'>, string>>
  readonly lifecycle: LifecycleFields
}

export const ownPlanFields: PlanFields = {
  name: 'name',
  timeZone: 'timeZone',
  rules: 'rules',
  rule: {
    name: 'name',
    timeZone: 'timeZone',
    targetVault: 'targetVault',
    startWindowMinutes: 'startWindowMinutes',
    completionWindowMinutes: 'completionWindowMinutes',
    lifecycle: 'lifecycle',
    windowDays: 'windowDays',
    copies: 'copies',
    pointTags: 'pointTags',
  },
  lifecycle: { deleteAfter: 'deleteAfter', moveToColdAfter: 'moveToColdAfter', keep: 'keep' },
}

/** What AWS allows in the name of a plan, and of a rule. */
const namePattern = /^[a-zA-Z0-9\-_.]{1,50}$/
const nameHint = 'Names have 1 to 50 letters, digits, hyphens, underscores and dots.'

/** A hundred years, as long as AWS allows for a window. */
export const windowMinutesMax = 52_560_000
export const windowDaysMax = 36_500

const tagKeyMax = 128
const tagValueMax = 256

/** Everything wrong or remarkable with a plan that stands at the JSON pointer `at`. */
export function planFindings(plan: Plan, at = '', fields = ownPlanFields): readonly PolicyFinding[] {
  const findings: PolicyFinding[] = []
  if (!namePattern.test(plan.name)) findings.push(badName(plan.name, 'a plan', at + pointerStep(fields.name)))
  findings.push(...zoneFindings(plan.timeZone, at + pointerStep(fields.timeZone)))
  const rulesAt = at + pointerStep(fields.rules)
  if (plan.rules.length === 0) findings.push({ severity: 'error', at: rulesAt, message: `the plan "${plan.name}" has no rule` })
  for (const [i, rule] of plan.rules.entries()) {
    const ruleAt = rulesAt + pointerStep(i)
    findings.push(...ruleFindings(rule, ruleAt, fields))
    if (plan.rules.slice(0, i).some(({ name }) => name === rule.name)) {
      const message = `two rules have the name "${rule.name}"`
      findings.push({
        severity: 'error',
        at: ruleAt + pointerStep(fields.rule.name),
        message,
        hint: 'Rules are told apart by their names.',
      })
    }
  }
  return findings
}

/** Throws `policy.plan-invalid` with every error. */
export function validatePlan(plan: Plan): void {
  refuseErrors('policy.plan-invalid', `the plan "${plan.name}" cannot be used`, planFindings(plan))
}

function ruleFindings(rule: Rule, at: string, fields: PlanFields): readonly PolicyFinding[] {
  const findings: PolicyFinding[] = []
  const pointer = (field: keyof PlanFields['rule']): string => at + pointerStep(fields.rule[field])
  if (!namePattern.test(rule.name)) findings.push(badName(rule.name, 'a rule', pointer('name')))
  if (rule.timeZone !== undefined) findings.push(...zoneFindings(rule.timeZone, pointer('timeZone')))
  if (rule.targetVault === '') findings.push({ severity: 'error', at: pointer('targetVault'), message: 'the vault has no name' })
  for (const [field, max] of [
    ['startWindowMinutes', windowMinutesMax],
    ['completionWindowMinutes', windowMinutesMax],
    ['windowDays', windowDaysMax],
  ] as const) {
    const value = rule[field]
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1 && value <= max)) continue
    findings.push({ severity: 'error', at: pointer(field), message: `${value} is not a whole number from 1 to ${max}` })
  }
  findings.push(...lifecycleFindings(rule.lifecycle, pointer('lifecycle'), fields.lifecycle))
  findings.push(...windowFindings(rule, pointer), ...tagFindings(rule, pointer('pointTags')))
  for (const [i, copy] of rule.copies.entries()) {
    const copyAt = pointer('copies') + pointerStep(i)
    findings.push(...lifecycleFindings(copy.lifecycle, copyAt + pointerStep(fields.rule.lifecycle), fields.lifecycle))
    if (copy.targetVault === rule.targetVault) {
      const message = `the copy goes to the vault "${copy.targetVault}" that it is made from`
      findings.push({ severity: 'error', at: copyAt, message })
    }
  }
  return findings
}

function tagFindings({ pointTags }: Rule, at: string): readonly PolicyFinding[] {
  return Object.entries(pointTags).flatMap(([key, value]) => {
    if (key.length >= 1 && key.length <= tagKeyMax && value.length <= tagValueMax) return []
    const message = `the tag "${key}" is out of range: keys have 1 to ${tagKeyMax} characters, values up to ${tagValueMax}`
    return [{ severity: 'error' as const, at: at + pointerStep(key), message }]
  })
}

function windowFindings(
  rule: Rule,
  pointer: (field: 'completionWindowMinutes' | 'windowDays') => string,
): readonly PolicyFinding[] {
  const findings: PolicyFinding[] = []
  const { startWindowMinutes: start, completionWindowMinutes: completion } = rule
  if (start !== undefined && completion !== undefined && completion <= start) {
    findings.push({
      severity: 'warning',
      at: pointer('completionWindowMinutes'),
      message: `a job that begins at the end of its start window of ${start} minutes is aborted at once, after ${completion}`,
    })
  }
  if (rule.windowDays !== undefined && rule.isContinuous !== true) {
    const message = `a window of ${rule.windowDays} days has no effect on a rule that is not continuous`
    findings.push({ severity: 'warning', at: pointer('windowDays'), message })
  }
  return findings
}

function zoneFindings(timeZone: string, at: string): readonly PolicyFinding[] {
  try {
    requireTimeZone(timeZone)
    return []
  } catch (error) {
    return [findingOf(error, at)]
  }
}

function badName(name: string, what: string, at: string): PolicyFinding {
  return { severity: 'error', at, message: `"${name}" is no name for ${what}`, hint: nameHint }
}
