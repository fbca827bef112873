import { CoffreError, dayMs } from '@coffre/foundation'
import { nextOccurrence, parseKeepCounts, parseSchedule, parseTerm, type Term } from '@coffre/policy'

export interface ContinuousWish {
  readonly continuous: boolean
  readonly window: string | undefined
  readonly schedule: string | undefined
  readonly keep: string | undefined
  readonly deleteAfter: string | undefined
  readonly timeZone: string
  readonly nowMs: number
}

export interface ContinuousDays {
  readonly rule?: { readonly continuous: true; readonly windowDays?: number }
  /** What has to be added to the rule's lifecycle, so that a base as old as the window is there. */
  readonly lifecycle?: { readonly deleteAfter: string }
}

const daysOf = { days: 1, weeks: 7, months: 31, years: 366 } as const
/** So many runs tell how far apart bases may be. */
const runsAhead = 40

/**
 * What a rule says of a continuous log: a second is restorable while there is a base before it, so that bases have to stay for the
 * window and as long as it takes until the next one. `policy.retention-invalid` when what was given lets go of them sooner.
 */
export function continuousDays(wish: ContinuousWish): ContinuousDays {
  const { continuous, window, schedule, keep, deleteAfter } = wish
  if (!continuous) {
    throw new CoffreError('policy.retention-invalid', `a window of ${window} needs a continuous log`, {
      hint: 'Give `--continuous` as well.',
    })
  }
  if (window === undefined) return { rule: { continuous } }
  const windowDays = wholeDays(window)
  const rule = { continuous, windowDays } as const
  // Without a schedule and without a term nothing goes by itself.
  const neededDays = windowDays + (schedule === undefined ? 1 : gapDays(schedule, wish))
  if (keep === undefined && deleteAfter === undefined)
    return schedule === undefined ? { rule } : { rule, lifecycle: { deleteAfter: `${neededDays}d` } }
  if (deleteAfter !== undefined && daysIn(parseTerm(deleteAfter)) < neededDays)
    throw tooShort(window, `--delete-after ${deleteAfter}`, `--delete-after ${neededDays}d`)
  if (keep !== undefined && (parseKeepCounts(keep).daily ?? 0) < neededDays)
    throw tooShort(window, `--keep ${keep}`, `--keep ${neededDays}d`)
  return { rule }
}

function wholeDays(window: string): number {
  const { unit, value } = parseTerm(window)
  if (unit === 'days' || unit === 'weeks') return value * daysOf[unit]
  throw new CoffreError('policy.retention-invalid', `a window of ${window} is not in whole days`, {
    hint: 'Give days or weeks, such as `--window 7d`.',
  })
}

/** Days that two runs are apart at most. */
function gapDays(schedule: string, { timeZone, nowMs }: ContinuousWish): number {
  const parsed = parseSchedule(schedule)
  const basis = { timeZone, anchorMs: nowMs }
  let longestMs = dayMs
  for (let last = nowMs, count = 0; count < runsAhead; count++) {
    const next = nextOccurrence(parsed, basis, last)
    if (next === undefined) break
    longestMs = Math.max(longestMs, next - last)
    last = next
  }
  return Math.ceil(longestMs / dayMs)
}

function daysIn({ unit, value }: Term): number {
  return unit === 'hours' ? value / 24 : value * daysOf[unit]
}

function tooShort(window: string, given: string, needed: string): CoffreError {
  return new CoffreError('policy.retention-invalid', `with ${given} no base stays long enough for a window of ${window}`, {
    hint: `It takes ${needed}, or leave it out: then bases are kept as long as the window needs.`,
  })
}
