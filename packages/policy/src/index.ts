export { type PolicyFinding, PolicyInvalidError } from './document/policy-finding.ts'
export type { Language, Text } from './language.ts'
export { addTerm, compareTerms } from './lifecycle/add-term.ts'
export {
  describeKeepCounts,
  formatKeepCounts,
  type KeepCounts,
  type KeepLevel,
  keepLevels,
  parseKeepCounts,
} from './lifecycle/keep-counts.ts'
export type { Lifecycle } from './lifecycle/lifecycle.ts'
export { lifecycleFindings, validateLifecycle } from './lifecycle/lifecycle-check.ts'
export { describeTerm, formatTerm, parseTerm, type Term, type TermUnit, termUnits } from './lifecycle/term.ts'
export { formatPlan } from './plan/format-plan.ts'
export { parsePlanDocument } from './plan/parse-plan-document.ts'
export type { CopyAction, Plan, Rule } from './plan/plan.ts'
export {
  defaultWindowMinutes,
  type FormattedPlan,
  type PlanDefaults,
  type PlanDocument,
  type PlanShape,
} from './plan/plan-document.ts'
export { planFindings, validatePlan } from './plan/plan-findings.ts'
export { carryRuleIds, type NamedRuleId } from './plan/rule-ids.ts'
export { applyPreset } from './preset/apply-preset.ts'
export type {
  AppliedPlan,
  AppliedPreset,
  Preset,
  PresetChoice,
  PresetNotification,
  PresetObjectives,
  PresetParameter,
  RestoreTestCadence,
  WantedRestoreTest,
  WantedVault,
} from './preset/preset.ts'
export { presets } from './preset/presets.ts'
export { leastTerm, levelsAtCommit, lockTerm } from './retention/commit-terms.ts'
export { baseLockDays, type LogBase, type WindowNeeds, windowNeeds } from './retention/log-window.ts'
export { type PresentRule, planRetention, type RetentionOptions } from './retention/plan-retention.ts'
export {
  type LifecycleChange,
  type PolicyChange,
  previewPolicy,
  previewRetention,
  type RetentionChange,
  type RetentionPreview,
} from './retention/preview-retention.ts'
export type { PointState, RetentionPoint } from './retention/retention-point.ts'
export type { Blocker, ExpiryReason, KeepReason, Verdict } from './retention/verdict.ts'
export { countOccurrences } from './schedule/count-occurrences.ts'
export { describeSchedule } from './schedule/describe-schedule.ts'
export { formatSchedule } from './schedule/format-schedule.ts'
export {
  type Absence,
  type MissedOccurrence,
  type MissedOccurrences,
  missedOccurrences,
} from './schedule/missed-occurrences.ts'
export { nextOccurrence, occurrences, type ScheduleBasis } from './schedule/occurrence.ts'
export { parseSchedule } from './schedule/parse-schedule.ts'
export { type RunWindow, type RunWindowMinutes, runWindow } from './schedule/run-window.ts'
export type { CronFields, DayRule, MonthDay, Schedule, WeekDay } from './schedule/schedule.ts'
export {
  nextOpening,
  parseTimeOfDayWindow,
  type TimeOfDayWindow,
  windowContains,
} from './schedule/time-of-day-window.ts'
export {
  type BackupTagFindings,
  type BackupTags,
  type Classification,
  classifications,
  parseBackupTags,
  validateBackupTags,
} from './selection/backup-tags.ts'
export { type Environment, environmentOf, environments } from './selection/environment.ts'
export { type Candidate, matchSelection, type SelectionMatch } from './selection/match-selection.ts'
export { parseSelectionDocument, type SelectionDocument } from './selection/parse-selection.ts'
export { regionLabel } from './selection/region-label.ts'
export { type Selection, type TagCondition, type TagEquals, type TagOperator, tagOperators } from './selection/selection.ts'
export { type CivilTime, civilTimeOf, instantsOfCivilTime } from './zone/civil-time.ts'
export { isTimeZone, requireTimeZone } from './zone/time-zone.ts'
export type { CivilInstants } from './zone/zone-table.ts'
