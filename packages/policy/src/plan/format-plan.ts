import { formatKeepCounts } from '../lifecycle/keep-counts.ts'
import type { Lifecycle } from '../lifecycle/lifecycle.ts'
import { formatTerm } from '../lifecycle/term.ts'
import { formatAwsPlan } from './format-aws-plan.ts'
import type { CopyAction, Plan, Rule } from './plan.ts'
import type { FormattedPlan, PlanShape } from './plan-document.ts'
import { windowMinutesMax } from './plan-findings.ts'

/** The plan as a document of a shape; `vaultArn` names a vault as AWS would have it (its plain name otherwise). */
export function formatPlan(
  plan: Plan,
  shape: Exclude<PlanShape, 'atlas'>,
  vaultArn: (vault: string) => string = (vault) => vault,
): FormattedPlan {
  if (shape === 'aws') return formatAwsPlan(plan, vaultArn)
  const { name, timeZone, rules } = plan
  return { document: { name, timeZone, rules: rules.map(formatRule) }, findings: [] }
}

function formatRule(rule: Rule): Readonly<Record<string, unknown>> {
  return {
    name: rule.name,
    ...(rule.schedule === undefined ? {} : { schedule: rule.schedule.text }),
    ...(rule.timeZone === undefined ? {} : { timeZone: rule.timeZone }),
    targetVault: rule.targetVault,
    // Left out, they would be read as the default.
    startWindowMinutes: rule.startWindowMinutes ?? windowMinutesMax,
    completionWindowMinutes: rule.completionWindowMinutes ?? windowMinutesMax,
    lifecycle: formatLifecycle(rule.lifecycle),
    ...(rule.isContinuous === undefined ? {} : { continuous: rule.isContinuous }),
    ...(rule.windowDays === undefined ? {} : { windowDays: rule.windowDays }),
    ...(rule.copies.length === 0 ? {} : { copies: rule.copies.map(formatCopy) }),
    ...(Object.keys(rule.pointTags).length === 0 ? {} : { pointTags: rule.pointTags }),
  }
}

function formatCopy({ lifecycle, ...copy }: CopyAction): Readonly<Record<string, unknown>> {
  return { ...copy, lifecycle: formatLifecycle(lifecycle) }
}

function formatLifecycle({ deleteAfter, moveToColdAfter, keep }: Lifecycle): Readonly<Record<string, string>> {
  return {
    ...(deleteAfter === undefined ? {} : { deleteAfter: formatTerm(deleteAfter) }),
    ...(moveToColdAfter === undefined ? {} : { moveToColdAfter: formatTerm(moveToColdAfter) }),
    ...(keep === undefined ? {} : { keep: formatKeepCounts(keep) }),
  }
}
