import type { Lifecycle } from '../lifecycle/lifecycle.ts'
import { type PresentRule, planRetention, type RetentionOptions } from './plan-retention.ts'
import type { RetentionPoint } from './retention-point.ts'
import type { Verdict } from './verdict.ts'

/** A lifecycle that a rule would get. */
export interface LifecycleChange {
  readonly ruleId: string
  readonly timeZone: string
  readonly lifecycle: Lifecycle
  /** Whether points that exist get it too, or keep the one that was fixed at their commit. */
  readonly applyToExisting: boolean
}

export interface RetentionPreview {
  /** The points of which something else would be said, oldest first. */
  readonly changes: readonly RetentionChange[]
  /** Those that would go at once and now would not. */
  readonly expiringMore: readonly string[]
  /** Those that go at once now and then would not. */
  readonly expiringLess: readonly string[]
}

export interface RetentionChange {
  readonly pointId: string
  readonly before: Verdict
  readonly after: Verdict
}

/** Rules as they would be, any number of them. */
export interface PolicyChange {
  readonly presentRule: (ruleId: string) => PresentRule | undefined
  /** What a point that exists would have: another lifecycle where the policy is applied to it, and otherwise its own. */
  readonly lifecycleOf: (point: RetentionPoint) => Lifecycle
}

/** What the change would do to existing points, were it made at `nowMs`. Give all the points of the sources that the rule has points of. */
export function previewRetention(
  points: readonly RetentionPoint[],
  { ruleId, timeZone, lifecycle, applyToExisting }: LifecycleChange,
  options: RetentionOptions,
): RetentionPreview {
  const change: PolicyChange = {
    presentRule: (id) => (id === ruleId ? { timeZone, lifecycle } : options.presentRule?.(id)),
    lifecycleOf: (point) => (applyToExisting && point.ruleId === ruleId ? lifecycle : point.lifecycle),
  }
  return previewPolicy(points, change, options)
}

/** The same of several rules at once. Give all the points of the sources that they have points of. */
export function previewPolicy(
  points: readonly RetentionPoint[],
  { presentRule, lifecycleOf }: PolicyChange,
  options: RetentionOptions,
): RetentionPreview {
  const changed = points.map((point) => ({ ...point, lifecycle: lifecycleOf(point) }))
  const before = planRetention(points, options)
  const after = planRetention(changed, { ...options, presentRule })
  const changes = points
    .toSorted((a, b) => a.completedMs - b.completedMs || (a.id < b.id ? -1 : 1))
    .flatMap(({ id }) => changeOf(id, before.get(id), after.get(id)))
  return {
    changes,
    expiringMore: changes
      .filter((one) => one.after.kind === 'expire' && one.before.kind !== 'expire')
      .map(({ pointId }) => pointId),
    expiringLess: changes
      .filter((one) => one.before.kind === 'expire' && one.after.kind !== 'expire')
      .map(({ pointId }) => pointId),
  }
}

function changeOf(pointId: string, before: Verdict | undefined, after: Verdict | undefined): readonly RetentionChange[] {
  if (before === undefined || after === undefined) return []
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ pointId, before, after }]
}
