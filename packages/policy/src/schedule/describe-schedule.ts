import { minuteMs } from '@coffre/foundation'
import type { Language } from '../language.ts'
import { dailyTimes } from './daily-times.ts'
import { englishPhrases } from './english-phrases.ts'
import { frenchPhrases } from './french-phrases.ts'
import type { CronFields, DayRule, MonthDay, Schedule, WeekDay } from './schedule.ts'
import type { SchedulePhrases } from './schedule-phrases.ts'
import { formatTimeOfDay } from './time-of-day.ts'
import { type ValueRun, valueRuns } from './value-runs.ts'

const phrasesIn: Readonly<Record<Language, SchedulePhrases>> = { en: englishPhrases, fr: frenchPhrases }

/** More than that many pieces nobody reads; the text of the schedule is clearer then. */
const piecesMax = 6

/** When the schedule runs, in one short sentence without a full stop; a schedule that no short sentence fits is told by its text. */
export function describeSchedule(schedule: Schedule, timeZone: string, language: Language): string {
  const phrases = phrasesIn[language]
  const sentence = sentenceOf(schedule, phrases) ?? phrases.byText(schedule.text)
  const zone = schedule.kind === 'rate' ? '' : ` (${timeZone})`
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}${zone}`
}

function sentenceOf(schedule: Schedule, phrases: SchedulePhrases): string | undefined {
  if (schedule.kind === 'rate') return `${phrases.every(schedule.everyMs / minuteMs)}, ${phrases.countedFromMaking}`
  if (schedule.kind === 'every') {
    return `${phrases.every(schedule.everyMinutes)} ${phrases.from(formatTimeOfDay(schedule.fromMinute))}, ${phrases.anewEachDay}`
  }
  const days = dayPhrase(schedule.cron, phrases)
  if (days === undefined) return undefined
  const { minutesOfDay } = dailyTimes(schedule)
  if (minutesOfDay.length <= 4) return `${days} ${atPhrase(minutesOfDay, phrases)}`
  const interval = intervalPhrase(minutesOfDay, phrases)
  if (interval !== undefined) return days === phrases.everyDay ? interval : `${interval}, ${days}`
  return minutesOfDay.length <= piecesMax ? `${days} ${atPhrase(minutesOfDay, phrases)}` : undefined
}

function atPhrase(minutesOfDay: readonly number[], phrases: SchedulePhrases): string {
  return phrases.at(minutesOfDay.map(formatTimeOfDay))
}

/** For times that are equally far from each other. */
function intervalPhrase(minutesOfDay: readonly number[], phrases: SchedulePhrases): string | undefined {
  const [first = 0, second = 0] = minutesOfDay
  const step = second - first
  if (!minutesOfDay.every((minute, i) => minute === first + i * step)) return undefined
  const isRound = step * minutesOfDay.length === 24 * 60
  if (isRound) return first === 0 ? phrases.every(step) : `${phrases.every(step)} ${phrases.from(formatTimeOfDay(first))}`
  return `${phrases.every(step)} ${phrases.fromTo(formatTimeOfDay(first), formatTimeOfDay(minutesOfDay.at(-1) ?? first))}`
}

function dayPhrase({ days, months, years }: CronFields, phrases: SchedulePhrases): string | undefined {
  const kinds = kindsOfDays(days, phrases)
  if (kinds === undefined) return undefined
  const monthRuns = months.length === 12 ? [] : valueRuns(months)
  const yearRuns = years === undefined ? [] : valueRuns(years)
  const isLimited = monthRuns.length + yearRuns.length > 0
  // Of several kinds of days, the last one alone would seem to be limited.
  if (monthRuns.length + yearRuns.length > piecesMax || (isLimited && kinds.length > 1)) return undefined
  const limits = [
    ...(monthRuns.length === 0 ? [] : [phrases.inMonths(monthRuns)]),
    ...(yearRuns.length === 0 ? [] : [phrases.inYears(yearRuns)]),
  ]
  return [phrases.join(kinds), ...limits].join(' ')
}

/** A phrase for each kind of days, any of which suffices. */
function kindsOfDays({ combine, ofMonth, ofWeek }: DayRule, phrases: SchedulePhrases): readonly string[] | undefined {
  if (ofMonth === undefined && ofWeek === undefined) return [phrases.everyDay]
  if (combine === 'all' && ofMonth !== undefined && ofWeek !== undefined) return undefined
  const dates = valueRuns((ofMonth ?? []).flatMap((day) => (day.kind === 'day' ? day.day : [])))
  const weekdays = valueRuns((ofWeek ?? []).flatMap((day) => (day.kind === 'weekday' ? day.weekday : [])))
  const kinds = [
    ...oneKind(dates, phrases.monthDays),
    ...(ofMonth ?? []).flatMap((day) => specialMonthDay(day, phrases)),
    ...oneKind(weekdays, phrases.weekdays),
    ...(ofWeek ?? []).flatMap((day) => specialWeekDay(day, phrases)),
  ]
  return kinds.length + dates.length + weekdays.length > piecesMax ? undefined : kinds
}

function oneKind(runs: readonly ValueRun[], phrase: (runs: readonly ValueRun[]) => string): readonly string[] {
  return runs.length === 0 ? [] : [phrase(runs)]
}

function specialMonthDay(day: MonthDay, phrases: SchedulePhrases): readonly string[] {
  if (day.kind === 'last') return [phrases.daysBeforeLast(day.before)]
  if (day.kind === 'nearest-weekday') return [phrases.nearestWorkingDay(day.day)]
  return day.kind === 'last-weekday' ? [phrases.lastWorkingDay] : []
}

function specialWeekDay(day: WeekDay, phrases: SchedulePhrases): readonly string[] {
  if (day.kind === 'nth') return [phrases.nthWeekday(day.weekday, day.nth)]
  return day.kind === 'last' ? [phrases.lastWeekday(day.weekday)] : []
}
