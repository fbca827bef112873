import { dayMs, hourMs } from '@coffre/foundation'
import type { KeepLevel } from '../lifecycle/keep-counts.ts'
import { zoneTable } from '../zone/time-zone.ts'

/**
 * The periods that an instant lies in: a number per level, the same for two instants exactly when they share the period, greater for a
 * later one. Days, weeks (from Monday, ISO 8601), months and years are those of the zone's calendar. An hour that the clocks show twice
 * is two hours.
 */
export type Periods = Readonly<Record<KeepLevel, number>>

/** 1 January 1970 was a Thursday, three days after a Monday. */
const daysSinceMonday = 3

export function periodsAt(instantMs: number, timeZone: string): Periods {
  const civilMs = zoneTable(timeZone).civilMsAt(instantMs)
  const date = new Date(civilMs)
  const day = Math.floor(civilMs / dayMs)
  return {
    hourly: instantMs - (civilMs - Math.floor(civilMs / hourMs) * hourMs),
    daily: day,
    weekly: Math.floor((day + daysSinceMonday) / 7),
    monthly: date.getUTCFullYear() * 12 + date.getUTCMonth(),
    yearly: date.getUTCFullYear(),
  }
}
