import { dayMs, hourMs, minuteMs } from '@coffre/foundation'
import { usageError } from '../messages/command-line-error.ts'
import { ValueError } from './option.ts'

/** An instant, in milliseconds since 1970, once it is known what time it is now. */
export type PastTime = (nowMs: number) => number

const expected = '2026-11-21T14:37:21Z | 2026-11-21 14:37:21+01:00 | "10 minutes ago"'

const unitMs: Readonly<Record<string, number>> = {
  second: 1000,
  seconde: 1000,
  minute: minuteMs,
  hour: hourMs,
  heure: hourMs,
  day: dayMs,
  jour: dayMs,
  week: 604_800_000,
  semaine: 604_800_000,
}

/**
 * An instant as ISO 8601 writes it, with its zone (`T` may be a space, seconds may be left out), or how long ago it was, in English or
 * French. A time without a zone is refused: it would mean one thing here and another on the server.
 */
export function parsePastTime(given: string): PastTime {
  return parseAgo(given) ?? parseInstant(given)
}

function parseAgo(given: string): PastTime | undefined {
  const match =
    /^(\d{1,6}|an?)\s+([a-z]+)\s+ago$/i.exec(given.trim()) ?? /^il\s+y\s+a\s+(\d{1,6}|une?)\s+([a-z]+)$/i.exec(given.trim())
  if (match === null) return undefined
  const [, count = '', unit = ''] = match
  const name = unit.toLowerCase()
  const ms = unitMs[name] ?? unitMs[name.replace(/s$/, '')]
  if (ms === undefined) throw new ValueError(expected)
  const back = (/^\d/.test(count) ? Number(count) : 1) * ms
  return (nowMs) => nowMs - back
}

function parseInstant(given: string): PastTime {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d(?:[.,]\d{1,9})?)?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?$/i.exec(given.trim())
  if (match === null) throw new ValueError(expected)
  const [, day = '', minute, second = ':00', zone] = match
  if (zone === undefined || minute === undefined) throw withoutZone(given, day, minute ?? '00:00', second)
  const ms = isDay(day) ? Date.parse(`${day}T${minute}${second.replace(',', '.')}${zoneText(zone)}`) : Number.NaN
  if (Number.isNaN(ms)) throw new ValueError(expected)
  // A Date has milliseconds; databases stamp what they do with microseconds.
  const [, finer = ''] = /[.,]\d{3}(\d{1,3})/.exec(second) ?? []
  return () => ms + Number(finer.padEnd(3, '0')) / 1000
}

/** Date.parse takes a 31 November for the first of December. */
function isDay(day: string): boolean {
  const ms = Date.parse(`${day}T00:00Z`)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day)
}

/** As Date.parse reads it. */
function zoneText(zone: string): string {
  if (/^z$/i.test(zone)) return 'Z'
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0')
  return `${zone.charAt(0)}${digits.slice(0, 2)}:${digits.slice(2)}`
}

/** The same time as this machine would mean it is offered. */
function withoutZone(given: string, day: string, minute: string, second: string): Error {
  const date = new Date(`${day}T${minute}${second.slice(0, 3)}`)
  const offset = Number.isNaN(date.getTime()) ? 0 : -date.getTimezoneOffset()
  const two = (part: number): string => String(Math.floor(part)).padStart(2, '0')
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`
  return usageError('error.timeWithoutZone', { time: given }, 'hint.timeZone', { local: `${day}T${minute}${second}${zone}` })
}
