import { minuteMs } from '@coffre/foundation'
import { ValueError } from './option.ts'

const zones: Readonly<Record<string, number>> = { UTC: 0, GMT: 0, Z: 0 }

/** `2006-01-02 15:04:05` in the local zone, as milliseconds since 1970. */
export function parseLocalTime(given: string): number {
  const match = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(given)
  const unixMs = match === null ? Number.NaN : localMs(match.slice(1).map(Number))
  if (Number.isNaN(unixMs)) throw new ValueError('YYYY-MM-DD hh:mm:ss')
  return unixMs
}

/** A date, with or without a time and a zone: `2006-01-02`, `02.01.2006 15:04`, `2006-01-02 15:04:05 +0100`. */
export function parseLooseTime(given: string): number {
  const match =
    /^(?:(\d{4})-(\d\d)-(\d\d)|(\d\d)\.(\d\d)\.(\d{4}))(?: (\d\d):(\d\d)(?::(\d\d)(?: ([+-]\d{4}|[A-Z]{1,4}))?)?)?$/.exec(given)
  if (match === null) throw new ValueError('YYYY-MM-DD[ hh:mm[:ss[ +hhmm]]]')
  const [, y1, m1, d1, d2, m2, y2, hour = '0', minute = '0', second = '0', zone] = match
  const fields = [y1 ?? y2, m1 ?? m2, d1 ?? d2, hour, minute, second].map(Number)
  const unixMs = zone === undefined ? localMs(fields) : zonedMs(fields, zone)
  if (Number.isNaN(unixMs)) throw new ValueError('YYYY-MM-DD[ hh:mm[:ss[ +hhmm]]]')
  return unixMs
}

/** NaN for a 30 February and the like. */
function localMs(fields: readonly number[]): number {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields
  if (hour > 23 || minute > 59 || second > 59) return Number.NaN
  const date = new Date(2000, month - 1, day, hour, minute, second)
  date.setFullYear(year, month - 1, day)
  return date.getMonth() === month - 1 && date.getDate() === day ? date.getTime() : Number.NaN
}

function zonedMs(fields: readonly number[], zone: string): number {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields
  if (hour > 23 || minute > 59 || second > 59) return Number.NaN
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return Number.NaN
  const offset = /^([+-])(\d\d)(\d\d)$/.exec(zone)
  if (offset === null) return date.getTime() - (zones[zone] ?? Number.NaN) * minuteMs
  const minutes = Number(offset[2]) * 60 + Number(offset[3])
  return date.getTime() - (offset[1] === '-' ? -minutes : minutes) * minuteMs
}
