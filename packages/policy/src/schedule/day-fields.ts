import { type CronField, elementValues, fieldError, fieldValue } from './cron-field.ts'
import type { MonthDay, WeekDay } from './schedule.ts'

/** Whether L, W and # may stand in the fields of days. */
export type DayLetters = 'with-letters' | 'without-letters'

/** The days that a field names, sorted; `undefined` when it names every day. */
export function parseMonthDays(field: CronField, text: string, letters: DayLetters): readonly MonthDay[] | undefined {
  const days = text.split(',').flatMap((element): readonly MonthDay[] => {
    const special = letters === 'with-letters' ? specialMonthDay(field, text, element) : undefined
    return special === undefined ? elementValues(field, text, element).map((day) => ({ kind: 'day', day })) : [special]
  })
  const found = distinct(days, monthDayRank)
  return found.filter(({ kind }) => kind === 'day').length === field.size ? undefined : found
}

/** The weekdays that a field names, sorted; `undefined` when it names every day. */
export function parseWeekDays(field: CronField, text: string, letters: DayLetters): readonly WeekDay[] | undefined {
  const elements = text.split(',')
  const days = elements.flatMap((element): readonly WeekDay[] => {
    const special = letters === 'with-letters' ? specialWeekDay(field, text, element) : undefined
    if (special?.kind === 'nth' && elements.length > 1)
      throw fieldError(field, text, 'beside a # nothing else may stand in the field')
    if (special !== undefined) return [special]
    return elementValues(field, text, element).map((value) => ({ kind: 'weekday', weekday: (value - field.min) % 7 }))
  })
  const found = distinct(days, weekDayRank)
  return found.filter(({ kind }) => kind === 'weekday').length === field.size ? undefined : found
}

function specialMonthDay(field: CronField, text: string, element: string): MonthDay | undefined {
  if (/^lw$/i.test(element)) return { kind: 'last-weekday' }
  const nearest = /^([0-9]+)w$/i.exec(element)
  if (nearest !== null) return { kind: 'nearest-weekday', day: fieldValue(field, text, nearest[1] ?? '') }
  const last = /^l(?:-([0-9]+))?$/i.exec(element)
  if (last === null) return undefined
  const before = Number(last[1] ?? 0)
  if (before >= field.max) throw fieldError(field, text, `no month has a day ${before} days before its last`)
  return { kind: 'last', before }
}

function specialWeekDay(field: CronField, text: string, element: string): WeekDay | undefined {
  // The last day of the week of AWS, which begins on Sunday.
  if (/^l$/i.test(element)) return { kind: 'weekday', weekday: 6 }
  const weekdayOf = (written = '') => (fieldValue(field, text, written) - field.min) % 7
  const last = /^([a-z]{3}|[0-9]+)l$/i.exec(element)
  if (last !== null) return { kind: 'last', weekday: weekdayOf(last[1]) }
  const nth = /^([a-z]{3}|[0-9]+)#([0-9]+)$/i.exec(element)
  if (nth === null) return undefined
  const count = Number(nth[2])
  if (count < 1 || count > 5) throw fieldError(field, text, `a weekday comes 1 to 5 times in a month, not ${count}`)
  return { kind: 'nth', weekday: weekdayOf(nth[1]), nth: count }
}

function distinct<Day>(days: readonly Day[], rank: (day: Day) => number): readonly Day[] {
  const byRank = new Map(days.map((day) => [rank(day), day]))
  return [...byRank].sort(([a], [b]) => a - b).map(([, day]) => day)
}

function monthDayRank(day: MonthDay): number {
  if (day.kind === 'day') return day.day
  if (day.kind === 'nearest-weekday') return 100 + day.day
  return day.kind === 'last' ? 200 + day.before : 300
}

function weekDayRank(day: WeekDay): number {
  if (day.kind === 'weekday') return day.weekday
  return day.kind === 'last' ? 100 + day.weekday : 200 + day.weekday * 10 + day.nth
}
