import type { ValueRun } from './value-runs.ts'

/** The pieces that the description of a schedule is put together from, in one language. */
export interface SchedulePhrases {
  /** a, b and c. */
  join(parts: readonly string[]): string
  readonly everyDay: string
  weekdays(runs: readonly ValueRun[]): string
  nthWeekday(weekday: number, nth: number): string
  lastWeekday(weekday: number): string
  monthDays(runs: readonly ValueRun[]): string
  /** 0: the last day itself. */
  daysBeforeLast(before: number): string
  nearestWorkingDay(day: number): string
  readonly lastWorkingDay: string
  inMonths(runs: readonly ValueRun[]): string
  inYears(runs: readonly ValueRun[]): string
  at(times: readonly string[]): string
  every(minutes: number): string
  from(time: string): string
  fromTo(first: string, last: string): string
  readonly anewEachDay: string
  readonly countedFromMaking: string
  /** What is said of a schedule that no sentence fits. */
  byText(text: string): string
}

export function joinWith(and: string, parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} ${and} ${parts.at(-1)}`
}

/** Every value of the runs by its name. */
export function namesIn(runs: readonly ValueRun[], name: (value: number) => string | undefined): readonly string[] {
  return runs.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => name(first + i) ?? ''))
}

/** The run when there is one alone, of three values or more. */
export function onlyRange(runs: readonly ValueRun[]): ValueRun | undefined {
  const [run] = runs
  return runs.length === 1 && run !== undefined && run[1] > run[0] + 1 ? run : undefined
}
