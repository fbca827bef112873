import type { Connector, Finding, ReplayStop, RestorePhase, RestoreReport, RestoreTarget } from '@coffre/connector'
import type { Id } from '@coffre/repository'
import type { ReplayWish } from '../replay/plan-replay.ts'
import type { SkippedItem } from '../skipped-items.ts'

/** Who puts a point back: the connector of its engine, or nobody: then its files are laid out as they are. */
export type RestoreMeans = { readonly kind: 'items'; readonly connector: Connector } | { readonly kind: 'tree' }

export interface RestoreRun {
  /** The point; or, of a source with a log, what it is to be replayed to: then the point is found. */
  readonly pointId: Id | undefined
  readonly wish?: ReplayWish
  /** A tree goes to a folder. */
  readonly target: RestoreTarget
  /** False: `target.not-empty` when there is something in the target, before anything is changed. */
  readonly overwrite: boolean
  /** Only these: in the words of the engine; of a tree, paths in it, absolute. */
  readonly parts?: readonly string[]
  /** What only the engine knows of, as a user gave it. */
  readonly options?: unknown
  readonly onPhase?: (phase: RestorePhase) => void
  /** Look at what was restored, with the engine's own means, or by comparing every file with the vault. */
  readonly verify: boolean
}

export interface RestoreOutcome {
  /** The point that was restored, and where the replay of the log after it stopped. */
  readonly pointId: Id
  readonly stop: ReplayStop | undefined
  /** `partial` when some files could not be put back; they are named. */
  readonly state: 'complete' | 'partial'
  readonly report: RestoreReport
  /** What was found by looking at it afterwards. */
  readonly findings: readonly Finding[]
  readonly skipped: readonly SkippedItem[]
  readonly skippedCount: number
}
