/**
 * When a rule runs: the author's text, so that it is shown as it was given, beside its meaning.
 *
 * `cron` is also what `every` becomes where both say the same. `rate` counts elapsed time from an anchor. `every` is left for what no
 * cron can say: it divides each day of the zone from `fromMinute` (the minute of the day, 0 to 1439) on, and begins anew there each day.
 */
export type Schedule =
  | { readonly kind: 'cron'; readonly text: string; readonly cron: CronFields }
  | { readonly kind: 'rate'; readonly text: string; readonly everyMs: number }
  | { readonly kind: 'every'; readonly text: string; readonly everyMinutes: number; readonly fromMinute: number }

/** A parsed cron expression. Sets are sorted and not empty; `undefined` stands for any. */
export interface CronFields {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly months: readonly number[]
  readonly years: readonly number[] | undefined
  readonly days: DayRule
}

/**
 * Which days of a month match. With five fields, when both days are restricted either one suffices (as crontab has it); with six,
 * one of them is `?`.
 */
export interface DayRule {
  readonly combine: 'all' | 'any'
  readonly ofMonth: readonly MonthDay[] | undefined
  readonly ofWeek: readonly WeekDay[] | undefined
}

export type MonthDay =
  | { readonly kind: 'day'; readonly day: number }
  /** nW: the working day nearest to the nth within its month. */
  | { readonly kind: 'nearest-weekday'; readonly day: number }
  /** L, or L-n: so many days before the last. */
  | { readonly kind: 'last'; readonly before: number }
  /** LW: the last working day. */
  | { readonly kind: 'last-weekday' }

/** 0 is Sunday here, whatever the notation. */
export type WeekDay =
  | { readonly kind: 'weekday'; readonly weekday: number }
  /** 6#3: the third Friday (in the numbers of AWS). */
  | { readonly kind: 'nth'; readonly weekday: number; readonly nth: number }
  /** 6L: the last Friday (in the numbers of AWS). */
  | { readonly kind: 'last'; readonly weekday: number }

/** Cron knows no others (they are those of AWS). */
export const scheduleYears = { first: 1970, last: 2199 } as const
