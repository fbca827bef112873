import { formatRate } from './rate-expression.ts'
import { type CronFields, type DayRule, type MonthDay, type Schedule, scheduleYears, type WeekDay } from './schedule.ts'
import { formatTimeOfDay } from './time-of-day.ts'
import { valueRuns } from './value-runs.ts'

const weekdayWords = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

/**
 * The one text for what a schedule means, whatever its author wrote (that is in `text`): six fields where they can say it, five where
 * only crontab's combination of days can. `parseSchedule` reads the same meaning from it, so that equal texts are equal schedules.
 */
export function formatSchedule(schedule: Schedule): string {
  if (schedule.kind === 'rate') return formatRate(schedule.everyMs)
  if (schedule.kind === 'every') {
    const from = schedule.fromMinute === 0 ? '' : ` from ${formatTimeOfDay(schedule.fromMinute)}`
    return `every ${schedule.everyMinutes}m${from}`
  }
  const { minutes, hours, months, years, days } = schedule.cron
  const begin = `${formatValues(minutes, 0, 59)} ${formatValues(hours, 0, 23)}`
  const month = formatValues(months, 1, 12)
  if (days.ofMonth !== undefined && days.ofWeek !== undefined) {
    const ofMonth = crontabValues(days.combine, plainMonthDays(days.ofMonth), 1, 31)
    const ofWeek = plainWeekDays(days.ofWeek)
    return `${begin} ${ofMonth} ${month} ${ofMonth.startsWith('*') ? formatValues(ofWeek, 0, 6) : crontabValues(days.combine, ofWeek, 0, 6)}`
  }
  return `cron(${begin} ${awsDays(days, month)} ${formatYears(years)})`
}

/** The text of a set of numbers: `*`, `5/15`, or a list of numbers and ranges. */
function formatValues(values: readonly number[], min: number, max: number): string {
  if (values.length === max - min + 1) return '*'
  const [first = min, second = min] = values
  const step = second - first
  const isRegular = values.length > 2 && step > 1 && values.every((value, i) => value === first + i * step)
  if (isRegular && first + values.length * step > max) return `${first === min ? '*' : first}/${step}`
  return valueRuns(values)
    .map(([from, through]) => rangeText(from, through, String))
    .join(',')
}

function rangeText(from: number, through: number, write: (value: number) => string): string {
  if (from === through) return write(from)
  return `${write(from)}${through === from + 1 ? ',' : '-'}${write(through)}`
}

/**
 * A field of days beside another one. That either suffices is told from neither beginning with `*`; that both must match, from one that
 * does: a step that is too long for the field then stands for its first value.
 */
function crontabValues(combine: DayRule['combine'], values: readonly number[], min: number, max: number): string {
  const text = formatValues(values, min, max)
  if (combine === 'any') return text.replace(/^\*/, String(min))
  if (text.startsWith('*') || values[0] !== min) return text
  const first = `*/${max - min + 1}`
  return values.length === 1 ? first : `${first},${formatValues(values.slice(1), min, max)}`
}

function awsDays({ ofMonth, ofWeek }: DayRule, month: string): string {
  if (ofWeek !== undefined) return `? ${month} ${formatWeekDays(ofWeek)}`
  return `${ofMonth === undefined ? '*' : formatMonthDays(ofMonth)} ${month} ?`
}

function formatYears(years: CronFields['years']): string {
  return years === undefined ? '*' : formatValues(years, scheduleYears.first, scheduleYears.last)
}

function formatMonthDays(days: readonly MonthDay[]): string {
  const plain = plainMonthDays(days)
  const special = days.flatMap((day) => {
    if (day.kind === 'day') return []
    if (day.kind === 'last-weekday') return 'LW'
    return day.kind === 'nearest-weekday' ? `${day.day}W` : `L${day.before === 0 ? '' : `-${day.before}`}`
  })
  return [...(plain.length === 0 ? [] : [formatValues(plain, 1, 31)]), ...special].join(',')
}

function formatWeekDays(days: readonly WeekDay[]): string {
  const plain = valueRuns(plainWeekDays(days)).map(([from, through]) => rangeText(from, through, (day) => weekdayWords[day] ?? ''))
  const special = days.flatMap((day) => {
    if (day.kind === 'weekday') return []
    return day.kind === 'last' ? `${day.weekday + 1}L` : `${day.weekday + 1}#${day.nth}`
  })
  return [...plain, ...special].join(',')
}

function plainMonthDays(days: readonly MonthDay[]): readonly number[] {
  return days.flatMap((day) => (day.kind === 'day' ? day.day : []))
}

function plainWeekDays(days: readonly WeekDay[]): readonly number[] {
  return days.flatMap((day) => (day.kind === 'weekday' ? day.weekday : []))
}
