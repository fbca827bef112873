import { addTerm } from '../lifecycle/add-term.ts'
import { type KeepLevel, keepLevels, termOfLevel } from '../lifecycle/keep-counts.ts'
import type { Lifecycle } from '../lifecycle/lifecycle.ts'
import { standsAtLeast } from './commit-terms.ts'
import { type Periods, periodsAt } from './period.ts'
import type { RetentionPoint } from './retention-point.ts'
import type { KeepReason } from './verdict.ts'

export interface Standing {
  /** The levels that it is kept for. */
  readonly keptFor: readonly (KeepReason & { readonly kind: 'level' })[]
  /** Whether it is the first good point of some period at all, counted or no longer. */
  readonly isFirst: boolean
}

interface Placed {
  readonly point: RetentionPoint
  readonly periods: Periods
}

/**
 * What the good points of one series (one source, vault and rule), the oldest first, stand for. Each is judged by its own counts: a
 * point is first in its period unless an earlier one there is kept at least as long, and is kept while fewer newer periods have a good
 * point than it counts. Since only periods with a point are counted, time alone takes nothing away.
 *
 * `present` is the rule's lifecycle of today. Where it counts fewer than a point does, the point would wait for newer periods that no
 * longer last: it goes when its own term is over, a good point was made since, and enough newer periods for today's count have one.
 */
export function standingsOf(
  series: readonly RetentionPoint[],
  timeZone: string,
  present: Lifecycle | undefined,
): ReadonlyMap<RetentionPoint, Standing> {
  const placed = series.map((point) => ({ point, periods: periodsAt(point.completedMs, timeZone) }))
  const newestMs = series.at(-1)?.completedMs ?? 0
  const ranks = new Map(keepLevels.map((level) => [level, newerPeriods(placed, level)]))
  const bestEarlier = new Map<string, number>()
  const standings = new Map<RetentionPoint, Standing>()
  for (const { point, periods } of placed) {
    const firstFor = keepLevels.filter((level) => isFirst(point, level, periods, bestEarlier))
    const keptFor = firstFor.flatMap((level) => {
      const count = point.lifecycle.keep?.[level] ?? 0
      const newer = ranks.get(level)?.get(periods[level]) ?? 0
      const hasOutlived = (): boolean =>
        present !== undefined &&
        newer >= (present.keep?.[level] ?? 0) &&
        newestMs > addTerm(point.completedMs, termOfLevel(level, count), timeZone)
      if (newer >= count || hasOutlived()) return []
      const stoodAtCommit = point.levelsAtCommit.includes(level)
      return { kind: 'level', level, newerPeriods: newer, count, stoodAtCommit } as const
    })
    standings.set(point, { keptFor, isFirst: firstFor.length > 0 })
  }
  return standings
}

/** Of each period of a level that has a point, how many newer ones have one too. */
function newerPeriods(placed: readonly Placed[], level: KeepLevel): ReadonlyMap<number, number> {
  const counted = placed.filter(({ point }) => standsAtLeast(point.lifecycle, level, 1))
  const periods = [...new Set(counted.map(({ periods }) => periods[level]))].sort((a, b) => b - a)
  return new Map(periods.map((period, rank) => [period, rank]))
}

/** Notes the point's count in `bestEarlier`, for those that come after it. */
function isFirst(point: RetentionPoint, level: KeepLevel, periods: Periods, bestEarlier: Map<string, number>): boolean {
  const count = point.lifecycle.keep?.[level] ?? 0
  const key = `${level} ${periods[level]}`
  const best = bestEarlier.get(key) ?? 0
  if (count <= best) return false
  bestEarlier.set(key, count)
  return true
}
