import type { DocumentReader } from '../document/document-reader.ts'
import { findingOf } from '../document/policy-finding.ts'
import { dailyTimes } from '../schedule/daily-times.ts'
import { parseSchedule } from '../schedule/parse-schedule.ts'
import type { Schedule } from '../schedule/schedule.ts'
import { formatTimeOfDay } from '../schedule/time-of-day.ts'
import { parseTimeOfDayWindow, type TimeOfDayWindow } from '../schedule/time-of-day-window.ts'
import { windowMinutesMax } from './plan-findings.ts'

interface WindowReading {
  readonly schedule: Schedule | undefined
  readonly startWindowMinutes: number | undefined
}

const minutesOfDay = 24 * 60
const weekdayWords = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

/**
 * `window`: the hours of the day in which a rule's jobs may begin, such as `22:00-02:00`. Without a schedule the rule runs when they
 * begin; with one, all its times must lie in them, and the start window ends where they end.
 */
export function readWindow(reader: DocumentReader, schedule: Schedule | undefined): WindowReading {
  const startWindowMinutes = reader.wholeNumber('startWindowMinutes', { min: 1, max: windowMinutesMax })
  const window = parseWindow(reader)
  if (window === undefined) return { schedule, startWindowMinutes }
  if (startWindowMinutes !== undefined) {
    reader.error(
      'startWindowMinutes',
      'startWindowMinutes and window exclude each other',
      'The window says how long jobs may begin.',
    )
  }
  if (!reader.has('schedule')) return { schedule: scheduleOf(window), startWindowMinutes: length(window) }
  if (schedule !== undefined && window.weekdays !== undefined) {
    reader.error('window', 'a window beside a schedule has no days', 'Name the days in the schedule.')
  }
  return { schedule, startWindowMinutes: schedule === undefined ? undefined : leastTimeLeft(reader, schedule, window) }
}

/** How long jobs may begin after the time of the day that is nearest to the end of the window. */
function leastTimeLeft(reader: DocumentReader, schedule: Schedule, window: TimeOfDayWindow): number | undefined {
  if (schedule.kind === 'rate') {
    reader.error('window', `"${schedule.text}" counts from the making of the rule and cannot be held to hours of the day`)
    return undefined
  }
  const times = dailyTimes(schedule).minutesOfDay
  const outside = times.find((minute) => (minute - window.fromMinute + minutesOfDay) % minutesOfDay >= length(window))
  if (outside !== undefined) {
    reader.error('window', `"${schedule.text}" has a run at ${formatTimeOfDay(outside)}, outside of the window`)
    return undefined
  }
  return Math.min(...times.map((minute) => (window.toMinute - minute + minutesOfDay) % minutesOfDay || minutesOfDay))
}

function scheduleOf({ fromMinute, weekdays }: TimeOfDayWindow): Schedule {
  const at = formatTimeOfDay(fromMinute)
  if (weekdays === undefined) return parseSchedule(`every day at ${at}`)
  return parseSchedule(`every week on ${weekdays.map((weekday) => weekdayWords[weekday]).join(',')} at ${at}`)
}

function length({ fromMinute, toMinute }: TimeOfDayWindow): number {
  return (toMinute - fromMinute + minutesOfDay) % minutesOfDay || minutesOfDay
}

function parseWindow(reader: DocumentReader): TimeOfDayWindow | undefined {
  const text = reader.text('window')
  if (text === undefined) return undefined
  try {
    // The zone is checked with the rule; the hours are the same in each.
    return parseTimeOfDayWindow(text, 'UTC')
  } catch (error) {
    reader.findings.push(findingOf(error, reader.pointer('window')))
    return undefined
  }
}
