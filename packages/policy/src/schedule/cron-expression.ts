import type { CoffreError } from '@coffre/foundation'
import { type CronField, fieldValues } from './cron-field.ts'
import { parseMonthDays, parseWeekDays } from './day-fields.ts'
import { nextMatchingDay } from './matching-days.ts'
import { type CronFields, type DayRule, type Schedule, scheduleYears } from './schedule.ts'
import { invalidSchedule } from './schedule-error.ts'

const monthWords = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const weekdayWords = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']
const { first, last } = scheduleYears

const minutes: CronField = { name: 'minutes', min: 0, max: 59, size: 60, allowed: '0-59, with , - * and /' }
const hours: CronField = { name: 'hours', min: 0, max: 23, size: 24, allowed: '0-23, with , - * and /' }
const months: CronField = {
  name: 'month',
  min: 1,
  max: 12,
  size: 12,
  words: monthWords,
  wraps: true,
  allowed: '1-12 or JAN-DEC, with , - * and /',
}
const years: CronField = {
  name: 'year',
  min: first,
  max: last,
  size: last - first + 1,
  allowed: `${first}-${last}, with , - * and /`,
}

const monthDaysOfSix: CronField = {
  name: 'day of month',
  min: 1,
  max: 31,
  size: 31,
  allowed: '1-31, with , - * / ? L (last), L-3 (3 before the last), W (15W, nearest working day) and LW',
}
const weekDaysOfSix: CronField = {
  name: 'day of week',
  min: 1,
  max: 7,
  size: 7,
  words: weekdayWords,
  wraps: true,
  allowed: '1-7 or SUN-SAT (1 is Sunday), with , - * / ? L (6L, last Friday) and # (6#3, third Friday)',
}
const monthDaysOfFive: CronField = {
  ...monthDaysOfSix,
  allowed: '1-31, with , - * and / (? L and W only in the six fields of cron(...))',
}
const weekDaysOfFive: CronField = {
  ...weekDaysOfSix,
  min: 0,
  allowed: '0-7 or SUN-SAT (0 and 7 are Sunday), with , - * and / (? L and # only in the six fields of cron(...))',
}

const order = 'minutes, hours, day of month, month, day of week'

/** A cron expression as AWS EventBridge has it; `inside` is what stands between the brackets of cron(...). */
export function parseSixFields(text: string, inside: string): Schedule {
  const fields = inside.trim().split(/\s+/)
  const [minute = '', hour = '', monthDay = '', month = '', weekDay = '', year = ''] = fields
  if (fields.length !== 6 || minute === '') {
    throw invalidSchedule(
      `"${text}" has ${minute === '' ? 0 : fields.length} fields; cron(...) takes six`,
      `They are ${order}, year: cron(0 2 * * ? *) is each day at 02:00.`,
    )
  }
  if ((monthDay === '?') === (weekDay === '?')) throw undecidedDays(monthDay, weekDay)
  const yearValues = fieldValues(years, year)
  const cron = {
    minutes: fieldValues(minutes, minute),
    hours: fieldValues(hours, hour),
    months: fieldValues(months, month),
    years: yearValues.length === years.size ? undefined : yearValues,
    days: {
      combine: 'all',
      ofMonth: monthDay === '?' ? undefined : parseMonthDays(monthDaysOfSix, monthDay, 'with-letters'),
      ofWeek: weekDay === '?' ? undefined : parseWeekDays(weekDaysOfSix, weekDay, 'with-letters'),
    },
  } as const
  return possible(text, cron)
}

/** The five fields of a crontab line. */
export function parseFiveFields(text: string, line: string): Schedule {
  const [minute = '', hour = '', monthDay = '', month = '', weekDay = ''] = line.split(/\s+/)
  const cron = {
    minutes: fieldValues(minutes, minute),
    hours: fieldValues(hours, hour),
    months: fieldValues(months, month),
    years: undefined,
    days: crontabDays(monthDay, weekDay),
  }
  return possible(text, cron)
}

/** A field that begins with * does not count as restricted, even when a step leaves days out: so says crontab(5). */
function crontabDays(monthDay: string, weekDay: string): DayRule {
  const ofMonth = parseMonthDays(monthDaysOfFive, monthDay, 'without-letters')
  const ofWeek = parseWeekDays(weekDaysOfFive, weekDay, 'without-letters')
  if (monthDay.startsWith('*') || weekDay.startsWith('*')) return { combine: 'all', ofMonth, ofWeek }
  if (ofMonth === undefined || ofWeek === undefined) return { combine: 'all', ofMonth: undefined, ofWeek: undefined }
  return { combine: 'any', ofMonth, ofWeek }
}

function possible(text: string, cron: CronFields): Schedule {
  if (nextMatchingDay(cron, 0) === undefined) {
    throw invalidSchedule(`"${text}" never comes`, `None of its months has such a day in the years ${first} to ${last}.`)
  }
  return { kind: 'cron', text, cron }
}

function undecidedDays(monthDay: string, weekDay: string): CoffreError {
  const message = `cron fields day of month "${monthDay}" and day of week "${weekDay}": exactly one of the two must be ?`
  if (monthDay === '?') return invalidSchedule(message, 'For every day, write * for the day of month and ? for the day of week.')
  if (weekDay === '*') return invalidSchedule(message, `Write ? for the day of week, and leave "${monthDay}".`)
  if (monthDay === '*') return invalidSchedule(message, `Write ? for the day of month, and leave "${weekDay}".`)
  return invalidSchedule(
    message,
    'For days of both kinds write two rules, or a crontab line of five fields, where either one suffices.',
  )
}
