import { dayMs, minuteMs } from '@coffre/foundation'
import { zoneTable } from '../zone/time-zone.ts'
import { invalidSchedule } from './schedule-error.ts'
import { parseTimeOfDay } from './time-of-day.ts'
import { parseWeekdayNames } from './weekday-names.ts'

/**
 * Hours of a day in which something may happen, such as 22:00-02:00. Open whenever the local clocks show a time in it, the end not
 * included: an hour that is shown twice counts twice, one that is skipped not at all.
 */
export interface TimeOfDayWindow {
  readonly timeZone: string
  /** Minute of the day. */
  readonly fromMinute: number
  /** Minute of the day, 1440 for its end; before `fromMinute` when the window crosses midnight. */
  readonly toMinute: number
  /** The days on which it opens, 0 for Sunday; every day when absent. The hours after midnight belong to the day before. */
  readonly weekdays?: readonly number[]
}

const endOfDay = 24 * 60
const lengthMax = 200

/** A window on one weekday, once skipped by a gap, is open two weeks later. Only one without any weekday is never open. */
const daysAheadMax = 15

const hint =
  'Write it as 22:00-02:00, with days before it where it is not open on all of them, as in sun 00:00-06:00. The whole day is 00:00-24:00.'

/** Reads `22:00-02:00` or `mon-fri 22:00-02:00`. Throws `policy.schedule-invalid`. */
export function parseTimeOfDayWindow(text: string, timeZone: string): TimeOfDayWindow {
  const match = text.length > lengthMax ? null : /^(?:(\D+?)\s+)?(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})$/.exec(text.trim())
  if (match === null) throw invalidSchedule(`"${text}" is no window of the day`, hint)
  const [, days, from = '', to = ''] = match
  const fromMinute = parseTimeOfDay(from)
  const toMinute = to === '24:00' ? endOfDay : parseTimeOfDay(to)
  const weekdays = days === undefined ? undefined : parseWeekdayNames(days)
  if (fromMinute === undefined) throw invalidSchedule(`"${from}" in "${text}" is no time of day`, hint)
  if (toMinute === undefined) throw invalidSchedule(`"${to}" in "${text}" is no time of day`, hint)
  if (fromMinute === toMinute) throw invalidSchedule(`the window "${text}" ends when it begins`, hint)
  if (days !== undefined && weekdays === undefined) throw invalidSchedule(`"${days}" in "${text}" is no day of the week`, hint)
  return { timeZone, fromMinute, toMinute, ...(weekdays === undefined ? {} : { weekdays }) }
}

export function windowContains(window: TimeOfDayWindow, instantMs: number): boolean {
  const civilMs = zoneTable(window.timeZone).civilMsAt(instantMs)
  const day = Math.floor(civilMs / dayMs)
  const minute = (civilMs - day * dayMs) / minuteMs
  if (window.fromMinute < window.toMinute) return minute >= window.fromMinute && minute < window.toMinute && opensOn(window, day)
  return minute >= window.fromMinute ? opensOn(window, day) : minute < window.toMinute && opensOn(window, day - 1)
}

/** The first instant, from `fromMs` on, at which the window is open: `fromMs` itself when it is open then. */
export function nextOpening(window: TimeOfDayWindow, fromMs: number): number | undefined {
  if (windowContains(window, fromMs)) return fromMs
  const zone = zoneTable(window.timeZone)
  const today = Math.floor(zone.civilMsAt(fromMs) / dayMs)
  for (let day = today - 1; day <= today + daysAheadMax; day++) {
    const opening = zone.instantsAt(day * dayMs + window.fromMinute * minuteMs)
    const endMs = zone.instantsAt((day + 1) * dayMs).instantMs
    // Clocks set back can show a time of the window again after it was closed.
    const changeMs = zone.firstChange(endMs - 2 * dayMs, endMs) ?? opening.instantMs
    const again = opening.kind === 'overlap' ? opening.secondMs : opening.instantMs
    const open = [opening.instantMs, again, changeMs].filter(
      (instantMs) => instantMs >= fromMs && windowContains(window, instantMs),
    )
    if (open.length > 0) return Math.min(...open)
  }
  return undefined
}

/** The 1st of January 1970, day 0, was a Thursday. */
function opensOn({ weekdays }: TimeOfDayWindow, day: number): boolean {
  return weekdays === undefined || weekdays.includes((((day + 4) % 7) + 7) % 7)
}
