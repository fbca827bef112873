import { addTerm } from '../lifecycle/add-term.ts'
import type { Lifecycle } from '../lifecycle/lifecycle.ts'
import { leastTerm } from './commit-terms.ts'
import type { RetentionPoint } from './retention-point.ts'
import { type Standing, standingsOf } from './standing.ts'
import type { Blocker, ExpiryReason, KeepReason, Verdict } from './verdict.ts'

/** A rule as it is today. */
export interface PresentRule {
  readonly timeZone: string
  readonly lifecycle: Lifecycle
}

export interface RetentionOptions {
  readonly nowMs: number
  /** For points whose rule is not known (any longer). */
  readonly timeZone: string
  /** Whether the last good point of the source must stay: true for every source that is still meant to be protected. */
  readonly isSourceProtected: (sourceId: string) => boolean
  readonly presentRule?: (ruleId: string) => PresentRule | undefined
}

/** When a point goes by its lifecycle, whatever stands in the way. */
type Fate =
  | { readonly kind: 'keep'; readonly reasons: readonly KeepReason[] }
  | { readonly kind: 'due'; readonly dueMs: number; readonly why: ExpiryReason }

/**
 * What becomes of each point at `nowMs`, by its id. Give all the points of a source at once, in any order: which one is its last good
 * point is seen from what is given, whatever vault it is in.
 *
 * Once everything said to `expire` is gone, the same call says `expire` of nothing.
 */
export function planRetention(points: readonly RetentionPoint[], options: RetentionOptions): ReadonlyMap<string, Verdict> {
  const ordered = [...points].sort((a, b) => a.completedMs - b.completedMs || (a.id < b.id ? -1 : 1))
  const standings = allStandings(ordered, options)
  const successors = goodSuccessors(ordered)
  const lastPoints = new Set(
    [...lastPointOfSources(ordered)].flatMap(([id, point]) => (options.isSourceProtected(id) ? point : [])),
  )
  const verdicts = new Map<string, Verdict>()
  for (const point of points) {
    const fate = fateOf(point, zoneOf(point, options), standings.get(point), successors.get(point))
    verdicts.set(point.id, verdictOf(point, fate, options.nowMs, lastPoints.has(point)))
  }
  return verdicts
}

function fateOf(
  point: RetentionPoint,
  timeZone: string,
  standing: Standing | undefined,
  successor: RetentionPoint | undefined,
): Fate {
  const { deleteAfter, keep } = point.lifecycle
  if (keep === undefined) {
    if (deleteAfter === undefined) return { kind: 'keep', reasons: [{ kind: 'for-ever' }] }
    return { kind: 'due', dueMs: addTerm(point.completedMs, deleteAfter, timeZone), why: 'term' }
  }
  if (standing === undefined) {
    if (successor === undefined) return { kind: 'keep', reasons: [{ kind: 'no-successor' }] }
    return { kind: 'due', dueMs: addTerm(successor.completedMs, leastTerm, timeZone), why: 'succeeded' }
  }
  if (standing.keptFor.length > 0) return { kind: 'keep', reasons: standing.keptFor }
  const dueMs = addTerm(point.completedMs, leastTerm, timeZone)
  return { kind: 'due', dueMs, why: standing.isFirst ? 'out-of-counts' : 'extra' }
}

function verdictOf(point: RetentionPoint, fate: Fate, nowMs: number, isLast: boolean): Verdict {
  if (fate.kind === 'keep') return fate
  const { dueMs, why } = fate
  if (dueMs > nowMs) return { kind: 'expires', atMs: dueMs, why }
  const blockers = blockersOf(point, nowMs, isLast)
  return blockers.length === 0 ? { kind: 'expire', dueMs, why } : { kind: 'blocked', dueMs, why, blockers }
}

function blockersOf(point: RetentionPoint, nowMs: number, isLast: boolean): readonly Blocker[] {
  const blockers: Blocker[] = []
  if (point.lockUntilMs !== undefined && point.lockUntilMs > nowMs) blockers.push({ kind: 'lock', untilMs: point.lockUntilMs })
  if (point.holdIds.length > 0) blockers.push({ kind: 'hold', holdIds: point.holdIds })
  if (point.legalReason !== undefined) blockers.push({ kind: 'legal', reason: point.legalReason })
  if (point.copyJobIds.length > 0) blockers.push({ kind: 'copy', jobIds: point.copyJobIds })
  if (point.state === 'unverified') blockers.push({ kind: 'unverified' })
  if (point.baseOfStreamIds.length > 0) blockers.push({ kind: 'log-window', streamIds: point.baseOfStreamIds })
  if (isLast) blockers.push({ kind: 'last-point' })
  return blockers
}

/** What each good point stands for; the others are not in it. */
function allStandings(ordered: readonly RetentionPoint[], options: RetentionOptions): ReadonlyMap<RetentionPoint, Standing> {
  const good = ordered.filter(({ state }) => state === 'good')
  const series = Map.groupBy(good, ({ sourceId, vaultId, ruleId }) => JSON.stringify([sourceId, vaultId, ruleId ?? null]))
  const standings = new Map<RetentionPoint, Standing>()
  for (const members of series.values()) {
    const [first] = members
    if (first === undefined) continue
    const present = first.ruleId === undefined ? undefined : options.presentRule?.(first.ruleId)?.lifecycle
    for (const [point, standing] of standingsOf(members, zoneOf(first, options), present)) standings.set(point, standing)
  }
  return standings
}

/** For each point that is not good, the first good one of the same source and vault after it. */
function goodSuccessors(ordered: readonly RetentionPoint[]): ReadonlyMap<RetentionPoint, RetentionPoint> {
  const successors = new Map<RetentionPoint, RetentionPoint>()
  const next = new Map<string, RetentionPoint>()
  for (const point of ordered.toReversed()) {
    const place = JSON.stringify([point.sourceId, point.vaultId])
    const successor = next.get(place)
    if (point.state === 'good') next.set(place, point)
    else if (successor !== undefined) successors.set(point, successor)
  }
  return successors
}

/** By source, its newest good point; its newest at all where none is good. */
function lastPointOfSources(ordered: readonly RetentionPoint[]): ReadonlyMap<string, RetentionPoint> {
  const last = new Map<string, RetentionPoint>()
  for (const point of ordered) {
    if (point.state === 'good' || last.get(point.sourceId)?.state !== 'good') last.set(point.sourceId, point)
  }
  return last
}

function zoneOf({ ruleId }: RetentionPoint, options: RetentionOptions): string {
  return (ruleId === undefined ? undefined : options.presentRule?.(ruleId)?.timeZone) ?? options.timeZone
}
