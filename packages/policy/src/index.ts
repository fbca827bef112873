export { type KeepCounts, type KeepLevel, keepLevels, type Lifecycle } from './lifecycle/lifecycle.ts'
export { type Term, type TermUnit, termUnits } from './lifecycle/term.ts'
export type { CopyAction, Plan, PolicyFinding, Rule } from './plan/plan.ts'
export type { CronFields, DayRule, MonthDay, Schedule, WeekDay } from './schedule/schedule.ts'
