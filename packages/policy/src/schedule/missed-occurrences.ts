import { dayMs } from '@coffre/foundation'
import { countOccurrences } from './count-occurrences.ts'
import { occurrences, type ScheduleBasis } from './occurrence.ts'
import type { Schedule } from './schedule.ts'

/** A time during which nobody looked at the schedule, and what to tell of it. */
export interface Absence {
  /** The last instant whose runs were dealt with. */
  readonly afterMs: number
  readonly nowMs: number
  /** How long after its time a run may still begin; any time when absent. */
  readonly startWindowMs?: number
  /** How many occurrences are listed at most. */
  readonly limit: number
}

export interface MissedOccurrence {
  readonly dueMs: number
  /** True of the newest alone, and only while its start window is open. */
  readonly isRunnable: boolean
}

export interface MissedOccurrences {
  /** The newest, oldest first. */
  readonly listed: readonly MissedOccurrence[]
  /** How many came before those. */
  readonly unlisted: number
}

/** What fell due after `afterMs` and not after `nowMs`. All of it is to be recorded; only what is runnable is to run. */
export function missedOccurrences(schedule: Schedule, basis: ScheduleBasis, absence: Absence): MissedOccurrences {
  const { afterMs, nowMs, startWindowMs = Number.POSITIVE_INFINITY, limit } = absence
  const count = countOccurrences(schedule, basis, afterMs, nowMs)
  const dueTimes = count === 0 ? [] : newest(schedule, basis, absence, Math.min(count, limit))
  const listed = dueTimes.map((dueMs, i) => ({ dueMs, isRunnable: i === dueTimes.length - 1 && nowMs < dueMs + startWindowMs }))
  return { listed, unlisted: count - listed.length }
}

/** The last `wanted` runs, of which there are as many; found from the end, since there may be many more before them. */
function newest(schedule: Schedule, basis: ScheduleBasis, { afterMs, nowMs }: Absence, wanted: number): readonly number[] {
  let fromMs = nowMs
  for (let spanMs = dayMs; fromMs > afterMs && countOccurrences(schedule, basis, fromMs, nowMs) < wanted; spanMs *= 2) {
    fromMs = Math.max(nowMs - spanMs, afterMs)
  }
  const excess = countOccurrences(schedule, basis, fromMs, nowMs) - wanted
  return [...occurrences(schedule, basis, fromMs, nowMs).drop(excess)]
}
