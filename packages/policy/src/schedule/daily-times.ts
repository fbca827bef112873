import { dayMs, minuteMs } from '@coffre/foundation'
import { nextMatchingDay } from './matching-days.ts'
import type { CronFields, Schedule } from './schedule.ts'

/** A schedule that goes by local clocks: the days that match, and the minutes of each of them. */
export interface DailyTimes {
  readonly dayFields: Pick<CronFields, 'days' | 'months' | 'years'>
  /** Sorted; 0 is midnight. */
  readonly minutesOfDay: readonly number[]
  /** Every hour has one of the minutes: the schedule then goes by what clocks show, and makes nothing up when they are changed. */
  readonly isHourly: boolean
}

type LocalSchedule = Exclude<Schedule, { kind: 'rate' }>

const everyDay: DailyTimes['dayFields'] = {
  months: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  years: undefined,
  days: { combine: 'all', ofMonth: undefined, ofWeek: undefined },
}

const minutesPerDay = 24 * 60

/** Schedules do not change, and each is asked again and again. */
const known = new WeakMap<LocalSchedule, DailyTimes>()

export function dailyTimes(schedule: LocalSchedule): DailyTimes {
  const before = known.get(schedule)
  if (before !== undefined) return before
  const times = schedule.kind === 'cron' ? timesOfCron(schedule.cron) : timesOfEvery(schedule.everyMinutes, schedule.fromMinute)
  known.set(schedule, times)
  return times
}

/** The first reading after `civilMs` at which the schedule is due. */
export function nextDue({ dayFields, minutesOfDay }: DailyTimes, civilMs: number): number | undefined {
  const today = Math.floor(civilMs / dayMs)
  let day = nextMatchingDay(dayFields, today)
  let minute = minutesOfDay[0]
  if (day === today) {
    minute = minutesOfDay[firstAbove(minutesOfDay, Math.floor((civilMs - today * dayMs) / minuteMs))]
    if (minute === undefined) {
      day = nextMatchingDay(dayFields, today + 1)
      minute = minutesOfDay[0]
    }
  }
  return day === undefined || minute === undefined ? undefined : day * dayMs + minute * minuteMs
}

/** The place of the first value greater than `bound`; the length when there is none. */
export function firstAbove(sorted: readonly number[], bound: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) > bound) high = middle
    else low = middle + 1
  }
  return low
}

function timesOfCron({ minutes, hours, ...dayFields }: CronFields): DailyTimes {
  const minutesOfDay = hours.flatMap((hour) => minutes.map((minute) => hour * 60 + minute))
  return { dayFields, minutesOfDay, isHourly: hours.length === 24 }
}

function timesOfEvery(everyMinutes: number, fromMinute: number): DailyTimes {
  const count = Math.ceil(minutesPerDay / everyMinutes)
  const minutesOfDay = Array.from({ length: count }, (_, i) => (fromMinute + i * everyMinutes) % minutesPerDay).sort(
    (a, b) => a - b,
  )
  return { dayFields: everyDay, minutesOfDay, isHourly: everyMinutes <= 60 }
}
