import { dayMs } from '@coffre/foundation'
import { type CronFields, type DayRule, type MonthDay, scheduleYears, type WeekDay } from './schedule.ts'

type DayFields = Pick<CronFields, 'days' | 'months' | 'years'>

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** A month of a calendar: how many days it has, and the weekday of its first, 0 for Sunday. */
interface Month {
  readonly length: number
  readonly firstWeekday: number
}

/**
 * The first day that matches, from `day` on, both counted in days since 1970-01-01 of whatever calendar the caller reads them from.
 * `undefined` when there is none in the years that schedules know. Goes from month to month, never from day to day.
 */
export function nextMatchingDay({ years, months, days }: DayFields, day: number): number | undefined {
  const from = new Date(Math.max(day, 0) * dayMs)
  let skipped = from.getUTCDate() - 1
  let month = from.getUTCMonth() + 1
  for (let year = from.getUTCFullYear(); year <= scheduleYears.last; year++) {
    for (; month <= 12 && (years === undefined || years.includes(year)); month++) {
      if (months.includes(month)) {
        const firstDay = Date.UTC(year, month - 1, 1) / dayMs
        const matching = matchingDays(days, monthAt(firstDay, year, month)) & (-1 << skipped)
        if (matching !== 0) return firstDay + lowestBit(matching)
      }
      skipped = 0
    }
    month = 1
    skipped = 0
  }
  return undefined
}

/** The days of the month that match, as bits: 0 is the first day. */
function matchingDays({ combine, ofMonth, ofWeek }: DayRule, month: Month): number {
  const all = 2 ** month.length - 1
  if (ofMonth === undefined) return ofWeek === undefined ? all : weekDayBits(ofWeek, month)
  if (ofWeek === undefined) return monthDayBits(ofMonth, month)
  return combine === 'all'
    ? monthDayBits(ofMonth, month) & weekDayBits(ofWeek, month)
    : monthDayBits(ofMonth, month) | weekDayBits(ofWeek, month)
}

function monthDayBits(days: readonly MonthDay[], month: Month): number {
  let bits = 0
  for (const day of days) {
    const date = dateOf(day, month)
    if (date >= 1 && date <= month.length) bits |= 1 << (date - 1)
  }
  return bits
}

/** Outside 1 to `length` when the month has no such day. */
function dateOf(day: MonthDay, month: Month): number {
  if (day.kind === 'day') return day.day
  if (day.kind === 'last') return month.length - day.before
  if (day.kind === 'last-weekday') return nearestWorkingDay(month.length, month)
  return day.day > month.length ? 0 : nearestWorkingDay(day.day, month)
}

/** Never in another month: from Saturday the 1st it is two days to Monday, and from a last Sunday two back to Friday. */
function nearestWorkingDay(date: number, { length, firstWeekday }: Month): number {
  const weekday = (firstWeekday + date - 1) % 7
  if (weekday === 6) return date === 1 ? 3 : date - 1
  if (weekday === 0) return date === length ? date - 2 : date + 1
  return date
}

function weekDayBits(days: readonly WeekDay[], { length, firstWeekday }: Month): number {
  let bits = 0
  for (const day of days) {
    const firstDate = 1 + ((day.weekday - firstWeekday + 7) % 7)
    if (day.kind === 'weekday') {
      for (let date = firstDate; date <= length; date += 7) bits |= 1 << (date - 1)
    } else {
      const weeks = day.kind === 'nth' ? day.nth - 1 : Math.floor((length - firstDate) / 7)
      const date = firstDate + 7 * weeks
      if (date <= length) bits |= 1 << (date - 1)
    }
  }
  return bits
}

function monthAt(firstDay: number, year: number, month: number): Month {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  // The 1st of January 1970 was a Thursday.
  return { length: month === 2 && isLeap ? 29 : (monthLengths[month - 1] ?? 0), firstWeekday: (firstDay + 4) % 7 }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits)
}
