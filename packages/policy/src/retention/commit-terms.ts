import { compareTerms } from '../lifecycle/add-term.ts'
import { type KeepCounts, type KeepLevel, keepLevels, termOfLevel } from '../lifecycle/keep-counts.ts'
import type { Lifecycle } from '../lifecycle/lifecycle.ts'
import type { Term } from '../lifecycle/term.ts'
import { periodsAt } from './period.ts'
import type { RetentionPoint } from './retention-point.ts'

/** How long every point lives that is subject to counts, and how long one is locked that stands for nothing. */
export const leastTerm: Term = { value: 24, unit: 'hours' }

/**
 * The levels that a new point stands for, should it prove good: those in whose period no good point of the same source, vault and rule
 * was made before it. A point that is not verified yet does not count as good: two locks for one period cost less than none.
 */
export function levelsAtCommit(
  completedMs: number,
  earlier: readonly Pick<RetentionPoint, 'completedMs' | 'state' | 'lifecycle'>[],
  keep: KeepCounts,
  timeZone: string,
): readonly KeepLevel[] {
  const periods = periodsAt(completedMs, timeZone)
  const good = earlier
    .filter((point) => point.state === 'good' && point.completedMs <= completedMs)
    .map(({ lifecycle, completedMs: at }) => ({ lifecycle, periods: periodsAt(at, timeZone) }))
  return keepLevels.filter((level) => {
    const count = keep[level] ?? 0
    return (
      count > 0 && !good.some((other) => other.periods[level] === periods[level] && standsAtLeast(other.lifecycle, level, count))
    )
  })
}

/**
 * How long a point is to be locked, fixed at its commit: its `deleteAfter`; with counts, the longest of 24 hours and the terms of the
 * levels it stands for (that of the highest, unless the counts are unusual). `undefined`: it has no end, so the vault's own term holds.
 */
export function lockTerm(
  lifecycle: Lifecycle,
  levels: readonly KeepLevel[],
  completedMs: number,
  timeZone: string,
): Term | undefined {
  const { keep } = lifecycle
  if (keep === undefined) return lifecycle.deleteAfter
  let longest = leastTerm
  for (const level of levels) {
    const term = termOfLevel(level, keep[level] ?? 0)
    if (compareTerms(term, longest, completedMs, timeZone) > 0) longest = term
  }
  return longest
}

/** Whether a point with this lifecycle, once first in a period, is kept for it at least as long as one with `count`. */
export function standsAtLeast({ keep }: Lifecycle, level: KeepLevel, count: number): boolean {
  return (keep?.[level] ?? 0) >= count
}
