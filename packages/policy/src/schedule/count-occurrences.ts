import { dayMs, minuteMs } from '@coffre/foundation'
import { zoneTable } from '../zone/time-zone.ts'
import { dailyTimes, firstAbove } from './daily-times.ts'
import { nextOccurrence, type ScheduleBasis } from './occurrence.ts'
import type { Schedule } from './schedule.ts'

/**
 * How many runs are due after `afterMs` and not after `throughMs`. Goes from day to day, whatever number of runs a day has, so that
 * years of a schedule of every minute are counted in milliseconds.
 */
export function countOccurrences(schedule: Schedule, basis: ScheduleBasis, afterMs: number, throughMs: number): number {
  if (schedule.kind === 'rate') {
    const ticksBy = (instantMs: number) => Math.max(Math.floor((instantMs - basis.anchorMs) / schedule.everyMs), 0)
    return Math.max(ticksBy(throughMs) - ticksBy(afterMs), 0)
  }
  const { minutesOfDay } = dailyTimes(schedule)
  const zone = zoneTable(basis.timeZone)
  let count = 0
  let passedMs = afterMs
  for (;;) {
    const dueMs = nextOccurrence(schedule, basis, passedMs)
    if (dueMs === undefined || dueMs > throughMs) return count
    const civilMs = zone.civilMsAt(dueMs)
    const sinceMidnightMs = civilMs - Math.floor(civilMs / dayMs) * dayMs
    const midnightMs = dueMs + dayMs - sinceMidnightMs
    const isPlainDay = midnightMs <= throughMs && zone.firstChange(dueMs - 1, midnightMs) === undefined
    count += isPlainDay ? minutesOfDay.length - firstAbove(minutesOfDay, sinceMidnightMs / minuteMs) + 1 : 1
    passedMs = isPlainDay ? midnightMs - 1 : dueMs
  }
}
