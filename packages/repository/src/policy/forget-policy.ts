import { dayMs } from '@coffre/foundation'
import type { Snapshot } from '../format/snapshot.ts'
import { compareTimes, type ZoneOffset } from '../local/timestamp.ts'
import { type CalendarDuration, formatDuration, isZeroDuration } from './duration.ts'
import { parseZonedTime, timeBefore, wallClock, type ZonedTime } from './local-zone.ts'
import { hasTags, type TagList } from './snapshot-filter.ts'

export const periods = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const
export type Period = (typeof periods)[number]

/** What to keep, as restic's --keep-* options say it. What is absent keeps nothing. */
export interface ForgetPolicy {
  /** The latest snapshot of each of so many periods; -1 for all. */
  readonly counts?: Readonly<Partial<Record<Period, number>>>
  /** The latest snapshot of each period (for `last`: all snapshots) younger than this, relative to the latest snapshot. */
  readonly within?: Readonly<Partial<Record<Period, CalendarDuration>>>
  /** All snapshots that have all tags of one of the lists. */
  readonly tags?: readonly TagList[]
}

/** Why a snapshot is kept, and how many of each period were still to be kept after it. */
export interface KeepReason<S> {
  readonly snapshot: S
  readonly matches: readonly string[]
  readonly counters: Readonly<Partial<Record<Period, number>>>
}

/** Newest first; `reasons` in the order of `keep`. */
export interface PolicyOutcome<S> {
  readonly keep: readonly S[]
  readonly remove: readonly S[]
  readonly reasons: readonly KeepReason<S>[]
}

export function isEmptyPolicy({ counts = {}, within = {}, tags = [] }: ForgetPolicy): boolean {
  return tags.length === 0 && periods.every((period) => !counts[period] && isAbsent(within[period]))
}

/**
 * Divides the snapshots of one group as restic 0.18 does. Hours, days and so on are those of the clock that each snapshot was written by;
 * `zone` only matters to where a --keep-within begins when summer time lies between. Snapshots of the future do not count as the latest.
 */
export function applyPolicy<S extends Pick<Snapshot, 'time' | 'tags'>>(
  snapshots: Iterable<S>,
  policy: ForgetPolicy,
  nowMs: number,
  zone: ZoneOffset,
): PolicyOutcome<S> {
  const dated = Array.from(snapshots, (snapshot) => ({ snapshot, time: parseZonedTime(snapshot.time) }))
  dated.sort((a, b) => compareTimes(b.time, a.time))
  const rules = newRules(policy, latestTime(dated, nowMs), zone)
  const keep: S[] = []
  const remove: S[] = []
  const reasons: KeepReason<S>[] = []
  for (const [number, { snapshot, time }] of dated.entries()) {
    const isOldest = number === dated.length - 1
    const matches = rules.flatMap((rule) => rule.match(snapshot, time, number, isOldest))
    if (matches.length > 0) {
      keep.push(snapshot)
      reasons.push({ snapshot, matches, counters: Object.assign({}, ...rules.map((rule) => rule.counter)) })
    } else remove.push(snapshot)
  }
  return { keep, remove, reasons }
}

interface Rule {
  /** What is left to be kept. */
  readonly counter?: Readonly<Partial<Record<Period, number>>>
  match(snapshot: Pick<Snapshot, 'tags'>, time: ZonedTime, number: number, isOldest: boolean): string[]
}

/** In restic's order, which is that of the reasons. */
function newRules({ counts = {}, within = {}, tags = [] }: ForgetPolicy, latest: ZonedTime, zone: ZoneOffset): Rule[] {
  const begin = (duration: CalendarDuration) => timeBefore(latest, duration, zone)
  const rules: Rule[] = tags.map((list) => ({
    match: (snapshot) => (hasTags(snapshot, list) ? [`has tags [${list.join(', ')}]`] : []),
  }))
  const { last } = within
  if (!isAbsent(last)) {
    const after = begin(last)
    rules.push({ match: (_, time) => (compareTimes(time, after) > 0 ? [`within ${formatDuration(last)}`] : []) })
  }
  for (const period of periods) {
    const count = counts[period] ?? 0
    if (count !== 0) rules.push(new CountRule(period, count))
  }
  for (const period of periods) {
    const duration = within[period]
    if (period === 'last' || isAbsent(duration)) continue
    const buckets = new Buckets(period)
    const after = begin(duration)
    const reason = `${period} within`
    rules.push({
      match(_, time, number, isOldest) {
        if (compareTimes(time, after) <= 0) return []
        return buckets.take(time, number, isOldest, reason).map((text) => `${text} ${formatDuration(duration)}`)
      },
    })
  }
  return rules
}

class CountRule implements Rule {
  readonly #period: Period
  readonly #buckets: Buckets
  #left: number

  constructor(period: Period, count: number) {
    this.#period = period
    this.#buckets = new Buckets(period)
    this.#left = count
  }

  get counter(): Readonly<Partial<Record<Period, number>>> {
    return { [this.#period]: this.#left }
  }

  match(_snapshot: unknown, time: ZonedTime, number: number, isOldest: boolean): string[] {
    if (this.#left === 0) return []
    const reasons = this.#buckets.take(time, number, isOldest, `${this.#period} snapshot`)
    if (reasons.length > 0 && this.#left > 0) this.#left--
    return reasons
  }
}

/** One snapshot for each period: the first that is offered, hence the latest. The oldest of all is kept in any case. */
class Buckets {
  readonly #period: Period
  #latest = -1

  constructor(period: Period) {
    this.#period = period
  }

  take(time: ZonedTime, number: number, isOldest: boolean, reason: string): string[] {
    const bucket = bucketOf[this.#period](time, number)
    if (bucket === this.#latest) return isOldest ? [`oldest ${reason}`] : []
    this.#latest = bucket
    return [reason]
  }
}

/** A number for the period that a snapshot was written in, by its own clock. */
const bucketOf: Readonly<Record<Period, (time: ZonedTime, number: number) => number>> = {
  last: (_, number) => number,
  hourly: (time) => dayNumber(wallClock(time)) * 100 + wallClock(time).getUTCHours(),
  daily: (time) => dayNumber(wallClock(time)),
  weekly: (time) => isoWeek(wallClock(time)),
  monthly: (time) => wallClock(time).getUTCFullYear() * 100 + wallClock(time).getUTCMonth() + 1,
  yearly: (time) => wallClock(time).getUTCFullYear(),
}

function dayNumber(date: Date): number {
  return date.getUTCFullYear() * 10_000 + (date.getUTCMonth() + 1) * 100 + date.getUTCDate()
}

/** ISO 8601: a week belongs to the year of its Thursday. */
function isoWeek(date: Date): number {
  const thursday = new Date(date)
  thursday.setUTCDate(date.getUTCDate() + 4 - (date.getUTCDay() || 7))
  const year = thursday.getUTCFullYear()
  const firstDay = new Date(thursday)
  firstDay.setUTCMonth(0, 1)
  return year * 100 + Math.floor((thursday.getTime() - firstDay.getTime()) / (7 * dayMs)) + 1
}

const zeroTime = parseZonedTime('0001-01-01T00:00:00Z')

/** Of times, newest first, the first that is not of the future. */
function latestTime(dated: readonly { readonly time: ZonedTime }[], nowMs: number): ZonedTime {
  const now = { seconds: Math.floor(nowMs / 1000), nanoseconds: Math.floor((nowMs % 1000) * 1e6) }
  return dated.find(({ time }) => compareTimes(time, now) < 0)?.time ?? zeroTime
}

function isAbsent(duration: CalendarDuration | undefined): duration is undefined {
  return duration === undefined || isZeroDuration(duration)
}
