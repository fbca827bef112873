import { dayMs, hourMs } from '@coffre/foundation'
import { zoneTable } from '../zone/time-zone.ts'
import type { Term } from './term.ts'

/**
 * The instant a term after another, by the calendar of the zone: except for hours, which are counted as they pass, the local time of
 * day stays the same across a clock change (one that is skipped becomes the end of the gap, a doubled one its first pass), and a day
 * that a month does not have becomes its last.
 */
export function addTerm(fromMs: number, term: Term, timeZone: string): number {
  if (term.unit === 'hours') return fromMs + term.value * hourMs
  const zone = zoneTable(timeZone)
  return zone.instantsAt(shiftDate(zone.civilMsAt(fromMs), term)).instantMs
}

/** Negative when `a` ends before `b`, counted from an instant in a zone; 0 when both end together. */
export function compareTerms(a: Term, b: Term, fromMs: number, timeZone: string): number {
  return addTerm(fromMs, a, timeZone) - addTerm(fromMs, b, timeZone)
}

/** Moves a reading of the local clocks (the instant at which clocks in UTC show the same) by a term. */
export function shiftDate(civilMs: number, { value, unit }: Term): number {
  switch (unit) {
    case 'hours':
      return civilMs + value * hourMs
    case 'days':
      return civilMs + value * dayMs
    case 'weeks':
      return civilMs + value * 7 * dayMs
    case 'months':
      return shiftMonths(civilMs, value)
    case 'years':
      return shiftMonths(civilMs, value * 12)
  }
}

function shiftMonths(civilMs: number, months: number): number {
  const date = new Date(civilMs)
  const first = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1))
  const lastDay = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
  first.setUTCDate(Math.min(date.getUTCDate(), lastDay))
  return first.getTime() + (((civilMs % dayMs) + dayMs) % dayMs)
}
