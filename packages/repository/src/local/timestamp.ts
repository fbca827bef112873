import { CoffreError } from '@coffre/foundation'
import type { Timestamp } from '../format/node.ts'
import { civilDate, daysFromCivil } from './civil-date.ts'
import type { FileTime } from './local-files.ts'

/** Minutes east of Greenwich at an instant. */
export type ZoneOffset = (unixSeconds: number) => number

const shape = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/
const dateMsMax = 8.64e15
const cacheSlots = 512

/**
 * A function that writes times as Go's JSON does: RFC 3339, nanoseconds without trailing zeros, the local zone, and, as restic
 * has it, years before 0 and after 9999 moved to those. It remembers zone and text of recent seconds. In zones that once
 * differed from Greenwich by odd seconds, Go shifts the instant by those seconds; here the instant stays exact.
 *
 * @internal Other zones than that of the process are for tests.
 */
export function timestampWriter(zone: ZoneOffset = localZone): (time: FileTime) => Timestamp {
  const seconds = new Float64Array(cacheSlots).fill(Number.NaN)
  const heads: string[] = new Array<string>(cacheSlots).fill('')
  const tails: string[] = new Array<string>(cacheSlots).fill('')
  const quarters = new Float64Array(cacheSlots).fill(Number.NaN)
  const offsets = new Int32Array(cacheSlots)

  // Zones switch at a quarter of an hour of UTC, but for some before 1972: there the neighbouring zone may be written, as exactly.
  const offsetAt = (at: number): number => {
    const quarter = Math.floor(at / 900)
    const slot = quarter & (cacheSlots - 1)
    if (quarters[slot] !== quarter) {
      quarters[slot] = quarter
      offsets[slot] = zone(at)
    }
    return offsets[slot] ?? 0
  }

  return (time) => {
    const slot = time.seconds & (cacheSlots - 1)
    if (seconds[slot] !== time.seconds) {
      const minutes = offsetAt(time.seconds)
      heads[slot] = localText(time.seconds + minutes * 60)
      tails[slot] = offsetText(minutes)
      seconds[slot] = time.seconds
    }
    return time.nanoseconds === 0
      ? `${heads[slot]}${tails[slot]}`
      : `${heads[slot]}.${fractionText(time.nanoseconds)}${tails[slot]}`
  }
}

/** `timestampWriter()` for the zone of this process. */
export const formatTimestamp: (time: FileTime) => Timestamp = timestampWriter()

/** For a clock's milliseconds since 1970. */
export function formatInstant(unixMs: number): Timestamp {
  return formatTimestamp(timeFromMs(unixMs))
}

function timeFromMs(unixMs: number): FileTime {
  const seconds = Math.floor(unixMs / 1000)
  return { seconds, nanoseconds: Math.round((unixMs - seconds * 1000) * 1e6) }
}

/** Exact to the nanosecond; digits beyond are dropped, as Go does. */
export function parseTimestamp(text: Timestamp): FileTime {
  const match = shape.exec(text)
  if (match === null) throw malformed(text)
  const [year, month, day, hour, minute, second] = [
    Number(match[1]),
    Number(match[2]),
    Number(match[3]),
    Number(match[4]),
    Number(match[5]),
    Number(match[6]),
  ]
  const days = daysFromCivil(year, month, day)
  const zoneHour = Number(match[9] ?? 0)
  const zoneMinute = Number(match[10] ?? 0)
  const date = civilDate(days)
  const isValid =
    date.month === month && date.day === day && hour < 24 && minute < 60 && second < 60 && zoneHour < 24 && zoneMinute < 60
  if (!isValid) throw malformed(text)
  const offset = (zoneHour * 60 + zoneMinute) * (match[8] === '-' ? -60 : 60)
  return {
    seconds: days * 86_400 + hour * 3600 + minute * 60 + second - offset,
    nanoseconds: match[7] === undefined ? 0 : Number(match[7].slice(0, 9).padEnd(9, '0')),
  }
}

/** Negative, zero or positive, as `a` is before, at or after `b`. */
export function compareTimes(a: FileTime, b: FileTime): number {
  return a.seconds - b.seconds || a.nanoseconds - b.nanoseconds
}

export function compareInstants(a: Timestamp, b: Timestamp): number {
  return a === b ? 0 : compareTimes(parseTimestamp(a), parseTimestamp(b))
}

/** Whether two texts, perhaps of different zones, name the same instant. */
export function sameInstant(a: Timestamp, b: Timestamp): boolean {
  return compareInstants(a, b) === 0
}

function localZone(unixSeconds: number): number {
  const ms = Math.min(Math.max(unixSeconds * 1000, -dateMsMax), dateMsMax)
  return Math.trunc(-new Date(ms).getTimezoneOffset())
}

function localText(localSeconds: number): string {
  const days = Math.floor(localSeconds / 86_400)
  const second = localSeconds - days * 86_400
  const { year, month, day } = restrictYear(civilDate(days))
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`
}

/** A 29 February becomes 1 March where the year has none: 9999; year 0 has one. */
function restrictYear(date: { readonly year: number; readonly month: number; readonly day: number }) {
  if (date.year >= 0 && date.year <= 9999) return date
  if (date.year < 0) return { ...date, year: 0 }
  return date.month === 2 && date.day === 29 ? { year: 9999, month: 3, day: 1 } : { ...date, year: 9999 }
}

function fractionText(nanoseconds: number): string {
  let digits = nanoseconds
  let width = 9
  while (digits % 10 === 0) {
    digits /= 10
    width--
  }
  return String(digits).padStart(width, '0')
}

function offsetText(minutes: number): string {
  if (minutes === 0) return 'Z'
  const distance = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(distance / 60))}:${two(distance % 60)}`
}

function two(number: number): string {
  return number < 10 ? `0${number}` : String(number)
}

function malformed(text: string): CoffreError {
  return new CoffreError('repository.damaged', `not a timestamp: ${JSON.stringify(text.slice(0, 64))}`)
}
