import type { Timestamp } from '../format/node.ts'
import type { FileTime } from '../local/local-files.ts'
import { parseTimestamp, type ZoneOffset } from '../local/timestamp.ts'
import type { CalendarDuration } from './duration.ts'

/** An instant with the zone that it was written in. */
export interface ZonedTime extends FileTime {
  /** East of Greenwich. */
  readonly offsetSeconds: number
  /** Whether the zone was written as Z. */
  readonly isUtc: boolean
}

/** The zone of this process, as TZ or the system sets it. */
export const systemZone: ZoneOffset = (unixSeconds) => -new Date(unixSeconds * 1000).getTimezoneOffset()

export function parseZonedTime(timestamp: Timestamp): ZonedTime {
  const time = parseTimestamp(timestamp)
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(timestamp) ?? []
  const distance = sign === undefined ? 0 : Number(hours) * 3600 + Number(minutes) * 60
  return { ...time, offsetSeconds: sign === '-' ? -distance : distance, isUtc: sign === undefined }
}

/** What a clock on the wall showed, in the UTC fields of the date. */
export function wallClock({ seconds, offsetSeconds }: Pick<ZonedTime, 'seconds' | 'offsetSeconds'>): Date {
  return new Date((seconds + offsetSeconds) * 1000)
}

/**
 * The instant that lies `duration` before `time`, counted on the calendar as Go's Time.AddDate does. The calendar is that of the local
 * zone when the offset of `time` is the local one at that instant, and of its own fixed offset otherwise; Go reads timestamps the same
 * way. An instant beyond what a Date holds is infinitely far away.
 */
export function timeBefore(time: ZonedTime, duration: CalendarDuration, zone: ZoneOffset): FileTime {
  const wall = wallClock(time)
  wall.setUTCFullYear(
    wall.getUTCFullYear() - duration.years,
    wall.getUTCMonth() - duration.months,
    wall.getUTCDate() - duration.days,
  )
  if (Number.isNaN(wall.getTime())) return { seconds: Number.NEGATIVE_INFINITY, nanoseconds: 0 }
  const wallSeconds = wall.getTime() / 1000
  const isLocal = !time.isUtc && zone(time.seconds) * 60 === time.offsetSeconds
  const offset = isLocal ? offsetOfWall(wallSeconds, zone) : time.offsetSeconds
  return { seconds: wallSeconds - offset - duration.hours * 3600, nanoseconds: time.nanoseconds }
}

/** Where clocks are set back or forward, a wall clock's time exists twice or never; this takes the offset that Go takes. */
function offsetOfWall(wallSeconds: number, zone: ZoneOffset): number {
  const offset = zone(wallSeconds) * 60
  return offset === 0 ? 0 : zone(wallSeconds - offset) * 60
}
