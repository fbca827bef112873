import { dayMs } from '@coffre/foundation'
import type { PointState, RetentionPoint } from './retention-point.ts'

/** A point that log can be replayed on. */
export interface LogBase {
  readonly id: string
  readonly state: PointState
  /** Its log begins here at the latest. */
  readonly beginMs: number
  /** From here on instants can be restored with it. */
  readonly endMs: number
  /** Whether it lies in the part of the log that goes on; the others are before a gap. */
  readonly isOfPresentLog: boolean
}

/** What restoring any second of a window takes. */
export interface WindowNeeds {
  /** None of these may go. */
  readonly baseIds: ReadonlySet<string>
  /** Log that ends before this is not needed; undefined while nothing says so. */
  readonly logFromMs: number | undefined
}

/** So many bases of a window stay at least, where there are as many days in it. */
const basesInWindow = 4

/**
 * What has to stay so that every second of the last `windowDays` can be restored that ever could: the newest good base before the window,
 * for without it the window would begin later; where there is none, the oldest good one. Of those in the window the first one of each
 * quarter stays, at least a day apart, or no log could ever go where bases live shorter than the window. A gap in the log needs a base on
 * each side: before a gap all bases of the window stay, and the first one after it. Without `windowDays` the window reaches as far as
 * bases do: none of them has to stay, and log since the oldest one that is there has to.
 */
export function windowNeeds(bases: readonly LogBase[], windowDays: number | undefined, nowMs: number): WindowNeeds {
  const ordered = bases.toSorted((a, b) => a.endMs - b.endMs || (a.id < b.id ? -1 : 1))
  if (windowDays === undefined) return { baseIds: new Set(), logFromMs: earliest(ordered) }
  const windowMs = nowMs - windowDays * dayMs
  const good = ordered.filter(({ state }) => state === 'good')
  const before = good.findLast(({ endMs }) => endMs <= windowMs)
  const needed = new Set(before === undefined ? good.slice(0, 1) : [before])
  const firstOfPresent = good.find(({ isOfPresentLog }) => isOfPresentLog)
  if (firstOfPresent !== undefined && before?.isOfPresentLog !== true) needed.add(firstOfPresent)
  const within = good.filter(({ endMs }) => endMs > windowMs)
  for (const base of within) if (!base.isOfPresentLog) needed.add(base)
  for (const [first] of Map.groupBy(within, ({ endMs }) => periodOf(endMs, windowDays)).values()) if (first) needed.add(first)
  // What nobody has verified yet may have to do, until something better is there.
  const logBases = needed.size > 0 ? [...needed] : ordered
  const sinceMs = earliest(logBases)
  return { baseIds: new Set([...needed].map(({ id }) => id)), logFromMs: sinceMs && Math.min(sinceMs, windowMs) }
}

/**
 * How long a new base is locked, at least, so that nobody can shorten the window that it will be needed for: until the first base of the next
 * quarter has left the window. Undefined where an earlier good one stands for this quarter.
 */
export function baseLockDays(
  windowDays: number,
  atMs: number,
  earlier: readonly Pick<RetentionPoint, 'completedMs' | 'state'>[],
): number | undefined {
  const period = periodOf(atMs, windowDays)
  const isFirst = !earlier.some(({ state, completedMs }) => state === 'good' && periodOf(completedMs, windowDays) === period)
  return isFirst ? windowDays + Math.ceil(2 * periodDays(windowDays)) : undefined
}

function periodOf(ms: number, windowDays: number): number {
  return Math.floor(ms / (periodDays(windowDays) * dayMs))
}

function periodDays(windowDays: number): number {
  return Math.max(1, windowDays / basesInWindow)
}

function earliest(bases: readonly LogBase[]): number | undefined {
  return bases.length === 0 ? undefined : Math.min(...bases.map(({ beginMs }) => beginMs))
}
