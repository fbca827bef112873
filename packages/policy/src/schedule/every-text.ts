import { minuteMs } from '@coffre/foundation'
import { formatRate } from './rate-expression.ts'
import type { MonthDay, Schedule, WeekDay } from './schedule.ts'
import { invalidSchedule } from './schedule-error.ts'
import { parseTimeOfDay } from './time-of-day.ts'
import { parseWeekdayNames } from './weekday-names.ts'

const minutesOfDay = 24 * 60
const unitMinutes: Readonly<Record<string, number>> = { m: 1, h: 60, d: minutesOfDay }

const interval =
  /^(?:every\s+)?([0-9]{1,6})\s*(m|mins?|minutes?|h|hours?|d|days?)(?:\s+from\s+(\S+))?$|^every\s+(minute|hour)(?:\s+from\s+(\S+))?$/i
const daily = /^every\s+day(?:\s+at\s+(\S+))?$/i
const weekly = /^every\s+week\s+on\s+(.+?)(?:\s+at\s+(\S+))?$/i
const monthly = /^every\s+month\s+on\s+(?:the\s+)?(.+?)(?:\s+at\s+(\S+))?$/i

const hint =
  'Write it as one of: every 6h, every 30m from 00:10, every day at 02:00, every week on sunday at 02:00, every month on 1 at 02:00, every month on last at 02:00.'

/**
 * What begins with `every`, and the short `6h`. An interval of up to a day divides each day of the zone, beginning anew each day at the
 * time after `from` (midnight without it); `at` is midnight unless given.
 */
export function parseEvery(text: string): Schedule {
  const divided = interval.exec(text)
  if (divided !== null) {
    const [, count = '1', unit = divided[4] ?? '', from = divided[5]] = divided
    return dividedDay(text, Number(count) * (unitMinutes[unit.charAt(0).toLowerCase()] ?? 0), timeOfDay(text, from))
  }
  const day = daily.exec(text)
  if (day !== null) return atTime(text, timeOfDay(text, day[1]), undefined, undefined)
  const week = weekly.exec(text)
  if (week !== null) return atTime(text, timeOfDay(text, week[2]), undefined, weekdaysOf(text, week[1] ?? ''))
  const month = monthly.exec(text)
  if (month !== null) return atTime(text, timeOfDay(text, month[2]), monthDaysOf(text, month[1] ?? ''), undefined)
  throw invalidSchedule(`"${text}" cannot be read`, hint)
}

function dividedDay(text: string, everyMinutes: number, fromMinute: number): Schedule {
  if (everyMinutes === 0) throw invalidSchedule(`"${text}" is no interval`, hint)
  if (everyMinutes > minutesOfDay) {
    throw invalidSchedule(
      `"${text}" is longer than a day, which such a schedule divides`,
      `Write ${formatRate(everyMinutes * minuteMs)} to count from the making of the rule, or name days: every week on sunday at 02:00.`,
    )
  }
  if (everyMinutes % 60 === 0) {
    const times = Array.from(
      { length: Math.ceil(minutesOfDay / everyMinutes) },
      (_, i) => (fromMinute + i * everyMinutes) % minutesOfDay,
    )
    return cronOf(
      text,
      [fromMinute % 60],
      times.map((time) => Math.floor(time / 60)).sort((a, b) => a - b),
    )
  }
  if (60 % everyMinutes === 0) {
    const minutes = Array.from({ length: 60 / everyMinutes }, (_, i) => (fromMinute + i * everyMinutes) % 60)
    return cronOf(
      text,
      minutes.sort((a, b) => a - b),
      numbers(0, 23),
    )
  }
  return { kind: 'every', text, everyMinutes, fromMinute }
}

function atTime(
  text: string,
  time: number,
  ofMonth: readonly MonthDay[] | undefined,
  ofWeek: readonly WeekDay[] | undefined,
): Schedule {
  return cronOf(text, [time % 60], [Math.floor(time / 60)], ofMonth, ofWeek)
}

function cronOf(
  text: string,
  minutes: readonly number[],
  hours: readonly number[],
  ofMonth?: readonly MonthDay[],
  ofWeek?: readonly WeekDay[],
): Schedule {
  const days = { combine: 'all', ofMonth, ofWeek } as const
  return { kind: 'cron', text, cron: { minutes, hours, months: numbers(1, 12), years: undefined, days } }
}

function timeOfDay(text: string, written: string | undefined): number {
  if (written === undefined) return 0
  const minute = parseTimeOfDay(written)
  if (minute === undefined)
    throw invalidSchedule(`"${written}" in "${text}" is no time of day`, 'Write hours and minutes, from 00:00 to 23:59.')
  return minute
}

function weekdaysOf(text: string, written: string): readonly WeekDay[] | undefined {
  const weekdays = parseWeekdayNames(written)
  if (weekdays === undefined) {
    throw invalidSchedule(
      `"${written}" in "${text}" is no day of the week`,
      'Write one or more of them, as in sunday, mon,thu or mon-fri.',
    )
  }
  return weekdays.length === 7 ? undefined : weekdays.map((weekday) => ({ kind: 'weekday', weekday }))
}

/** `1`, `1st`, `1,15`, `last`: the 31st does not come in every month, the last day does. */
function monthDaysOf(text: string, written: string): readonly MonthDay[] {
  const dates = new Set<number>()
  let hasLast = false
  for (const part of written.split(/\s*,\s*|\s+and\s+/i)) {
    const date = Number(/^([0-9]{1,2})(?:st|nd|rd|th)?$/i.exec(part)?.[1])
    if (/^last(\s+day)?$/i.test(part)) hasLast = true
    else if (date >= 1 && date <= 31) dates.add(date)
    else
      throw invalidSchedule(
        `"${part}" in "${text}" is no day of the month`,
        'Write days from 1 to 31, or last, as in 1, 1,15 or last.',
      )
  }
  const days = [...dates].sort((a, b) => a - b).map((day) => ({ kind: 'day', day }) as const)
  return hasLast ? [...days, { kind: 'last', before: 0 }] : days
}

function numbers(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}
