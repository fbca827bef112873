import type { KeepLevel } from '../lifecycle/keep-counts.ts'
import type { Lifecycle } from '../lifecycle/lifecycle.ts'

/** `good`: complete, verified, not quarantined. Only a good point stands for a period, or is the last that protects its source. */
export type PointState = 'good' | 'partial' | 'unverified' | 'failed-verification'

/** What retention has to know of a recovery point that exists. */
export interface RetentionPoint {
  readonly id: string
  readonly sourceId: string
  readonly vaultId: string
  /** The rule that it was made for, in its present or a former version. Absent: made on demand, for no rule. */
  readonly ruleId?: string
  /** The instant whose state it shows, by which periods and terms are counted. */
  readonly completedMs: number
  readonly state: PointState
  /** As fixed at its commit, or by a later plan that was applied to existing points. */
  readonly lifecycle: Lifecycle
  /** What it stood for when it was committed, by `levelsAtCommit`. */
  readonly levelsAtCommit: readonly KeepLevel[]
  readonly lockUntilMs?: number
  readonly holdIds: readonly string[]
  /** Copy jobs that still read it. */
  readonly copyJobIds: readonly string[]
  /** Streams with a window of which some second can be restored with it alone, as `windowNeeds` says. */
  readonly baseOfStreamIds: readonly string[]
  /** A duty to keep it that is recorded elsewhere than in a hold, in words. */
  readonly legalReason?: string
}
