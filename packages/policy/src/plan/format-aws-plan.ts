import type { PolicyFinding } from '../document/policy-finding.ts'
import { formatKeepCounts, keepLevels, termOfLevel } from '../lifecycle/keep-counts.ts'
import type { Lifecycle } from '../lifecycle/lifecycle.ts'
import { formatTerm, type Term, termValueMax } from '../lifecycle/term.ts'
import { daysAtMost } from '../lifecycle/term-days.ts'
import { formatSchedule } from '../schedule/format-schedule.ts'
import type { Plan, Rule } from './plan.ts'
import type { FormattedPlan } from './plan-document.ts'

type Document = Readonly<Record<string, unknown>>
type Warn = (at: string, message: string) => void

/** The plan as AWS Backup has it. What AWS cannot say is told in a warning. */
export function formatAwsPlan(plan: Plan, vaultArn: (vault: string) => string): FormattedPlan {
  const findings: PolicyFinding[] = []
  const warn: Warn = (at, message) => findings.push({ severity: 'warning', at, message })
  const rules = plan.rules.map((rule, i) =>
    formatRule(rule, plan.timeZone, vaultArn, (at, message) => warn(`/BackupPlan/Rules/${i}${at}`, message)),
  )
  return { document: { BackupPlan: { BackupPlanName: plan.name, Rules: rules } }, findings }
}

function formatRule(rule: Rule, planZone: string, vaultArn: (vault: string) => string, warn: Warn): Document {
  const timeZone = rule.timeZone ?? planZone
  if (rule.windowDays !== undefined) warn('/EnableContinuousBackup', `the window of ${rule.windowDays} days cannot be said`)
  return {
    RuleName: rule.name,
    TargetBackupVaultName: rule.targetVault,
    ...formatRuleSchedule(rule, warn),
    ...(timeZone === 'UTC' ? {} : { ScheduleExpressionTimezone: timeZone }),
    ...(rule.startWindowMinutes === undefined ? {} : { StartWindowMinutes: rule.startWindowMinutes }),
    ...(rule.completionWindowMinutes === undefined ? {} : { CompletionWindowMinutes: rule.completionWindowMinutes }),
    ...formatLifecycle(rule.lifecycle, '/Lifecycle', warn),
    ...(Object.keys(rule.pointTags).length === 0 ? {} : { RecoveryPointTags: rule.pointTags }),
    ...(rule.isContinuous === undefined ? {} : { EnableContinuousBackup: rule.isContinuous }),
    ...(rule.copies.length === 0 ? {} : { CopyActions: rule.copies.map((copy, i) => formatCopy(copy, i, vaultArn, warn)) }),
  }
}

function formatCopy(copy: Rule['copies'][number], i: number, vaultArn: (vault: string) => string, warn: Warn): Document {
  if (copy.copiesLog !== undefined) warn(`/CopyActions/${i}`, 'whether the continuous log is copied too cannot be said')
  return {
    DestinationBackupVaultArn: vaultArn(copy.targetVault),
    ...formatLifecycle(copy.lifecycle, `/CopyActions/${i}/Lifecycle`, warn),
  }
}

function formatRuleSchedule({ schedule }: Rule, warn: Warn): Document {
  if (schedule === undefined) {
    warn('/ScheduleExpression', 'a rule without a schedule cannot be said: AWS would run it every day at 05:00')
    return {}
  }
  const text = /^cron\(/.test(schedule.text) ? schedule.text : formatSchedule(schedule)
  if (!/^cron\(/.test(text)) warn('/ScheduleExpression', `"${text}" is not a schedule that AWS knows`)
  return { ScheduleExpression: text }
}

function formatLifecycle(lifecycle: Lifecycle, at: string, warn: Warn): Document {
  const { keep, moveToColdAfter } = lifecycle
  const deleteAfter = keep === undefined ? lifecycle.deleteAfter : longest(keep)
  if (keep !== undefined && deleteAfter !== undefined) {
    const days = daysOf(deleteAfter)
    warn(at, `the counts ${formatKeepCounts(keep)} cannot be said: every point would be kept for the longest of them, ${days} days`)
  }
  const days = {
    ...(deleteAfter === undefined ? {} : { DeleteAfterDays: daysOf(deleteAfter) }),
    ...(moveToColdAfter === undefined ? {} : { MoveToColdStorageAfterDays: daysOf(moveToColdAfter) }),
  }
  for (const term of [keep === undefined ? deleteAfter : undefined, moveToColdAfter]) {
    if (term !== undefined && !isWholeDays(term)) warn(at, `${formatTerm(term)} can only be said in days: ${daysOf(term)}`)
  }
  return Object.keys(days).length === 0 ? {} : { Lifecycle: days }
}

function longest(keep: NonNullable<Lifecycle['keep']>): Term | undefined {
  const terms = keepLevels.flatMap((level) => {
    const count = keep[level]
    return count === undefined ? [] : termOfLevel(level, count)
  })
  return terms.toSorted((a, b) => daysOf(b) - daysOf(a))[0]
}

/** Days that are never less than what was meant. */
function daysOf(term: Term): number {
  return Math.min(daysAtMost(term), termValueMax.days)
}

function isWholeDays({ value, unit }: Term): boolean {
  return unit === 'days' || unit === 'weeks' || (unit === 'hours' && value % 24 === 0)
}
