import { hourMs } from '@coffre/foundation'
import { zoneTable } from '../zone/time-zone.ts'
import type { ZoneTable } from '../zone/zone-table.ts'
import { type DailyTimes, dailyTimes, nextDue } from './daily-times.ts'
import type { Schedule } from './schedule.ts'

/** What a schedule leaves open. */
export interface ScheduleBasis {
  /** IANA name: whose clocks are meant. */
  readonly timeZone: string
  /** From when on `rate(...)` counts: the making of the rule. Its first run is one interval later. */
  readonly anchorMs: number
}

/** More than clocks have been set back at once since 1970. */
const setBackMsMax = 4 * hourMs

/**
 * The first instant after `afterMs` at which a run is due, `undefined` when there is none up to the end of 2199. Throws
 * `policy.schedule-invalid` for an unknown zone.
 *
 * When clocks are set forward, what was due at a skipped time is due right after the gap, once. When they are set back, what is due at
 * a time shown twice is due at the first. A schedule with a run in every hour of its days follows the clocks instead: it makes no
 * skipped time up, and runs in both of two equal hours, so that its runs stay evenly spaced.
 */
export function nextOccurrence(schedule: Schedule, basis: ScheduleBasis, afterMs: number): number | undefined {
  if (schedule.kind === 'rate') return nextTick(schedule.everyMs, basis.anchorMs, afterMs)
  const times = dailyTimes(schedule)
  const zone = zoneTable(basis.timeZone)
  return times.isHourly ? nextShown(times, zone, afterMs) : nextByLaw(times, zone, afterMs)
}

/** The runs that are due after `afterMs` and not after `throughMs`, in order. */
export function* occurrences(
  schedule: Schedule,
  basis: ScheduleBasis,
  afterMs: number,
  throughMs: number,
): Generator<number, void, undefined> {
  for (let dueMs = nextOccurrence(schedule, basis, afterMs); dueMs !== undefined && dueMs <= throughMs; ) {
    yield dueMs
    dueMs = nextOccurrence(schedule, basis, dueMs)
  }
}

function nextTick(everyMs: number, anchorMs: number, afterMs: number): number {
  const ticks = Math.max(Math.floor((afterMs - anchorMs) / everyMs), 0) + 1
  return anchorMs + ticks * everyMs
}

function nextByLaw(times: DailyTimes, zone: ZoneTable, afterMs: number): number | undefined {
  let due = nextDue(times, zone.civilMsAt(afterMs))
  while (due !== undefined) {
    const { instantMs } = zone.instantsAt(due)
    if (instantMs > afterMs) return instantMs
    // In the second of two equal hours: this was due in the first.
    due = nextDue(times, due)
  }
  return undefined
}

function nextShown(times: DailyTimes, zone: ZoneTable, afterMs: number): number | undefined {
  let fromMs = afterMs
  let shown = zone.civilMsAt(afterMs)
  for (;;) {
    const due = nextDue(times, shown)
    if (due === undefined) return undefined
    const straightMs = due - zone.offsetMsAt(fromMs)
    const changeMs = zone.firstChange(fromMs, Math.min(straightMs, fromMs + setBackMsMax))
    if (changeMs === undefined && straightMs <= fromMs + setBackMsMax) return straightMs
    if (changeMs !== undefined) {
      // From here on clocks show something else, and perhaps again what they have shown before.
      fromMs = changeMs
    } else {
      // No change further ahead can bring back times before `due`.
      const instants = zone.instantsAt(due)
      if (instants.kind !== 'gap') return instants.instantMs
      fromMs = instants.instantMs
    }
    shown = zone.civilMsAt(fromMs) - 1
  }
}
