import type { Connector, Finding, PointManifest, TreeConnector } from '@coffre/connector'
import type { ByteString } from '@coffre/foundation'
import type { CompressionMode, Id, SnapshotSummary, WriteVerification } from '@coffre/repository'
import type { SkippedItem } from '../skipped-items.ts'

/** What is backed up, and by whom. The configuration is as the connector parses it. */
export type BackupSource =
  | { readonly kind: 'items'; readonly connector: Connector; readonly config: unknown; readonly secrets: unknown }
  | { readonly kind: 'tree'; readonly connector: TreeConnector; readonly config: unknown }

export interface BackupRequest {
  /** Names the source in the vault, for ever. */
  readonly source: string
  readonly plan?: string
  readonly rule?: string
  readonly job: string
  /** Tags that the point carries besides Coffre's own. */
  readonly tags?: readonly string[]
  /** What the snapshot says it is of; `/` and the source unless given. A tree's point says its roots. */
  readonly paths?: readonly ByteString[]
  readonly hostname?: string
  /** An attempt of this job may have committed before: its point is then adopted. */
  readonly isRetry: boolean
  /** The point that tells what is new; the source's newest in the vault unless given. */
  readonly parent?: Id
  /** Of a locked vault: how long the point stays locked; the vault's term unless given. */
  readonly lockDays?: number
  /** Absolute paths that are never part of a tree, such as the vault's own folder. */
  readonly excludedPaths?: readonly ByteString[]
  readonly compression?: CompressionMode
  readonly verification?: WriteVerification
  readonly packBytes?: number
  readonly programVersion: string
}

/**
 * How good a point is. `partial`: something could not be read and is not in it. `suspect`: what was read was found damaged in the
 * source; it is kept, and not called good.
 */
export type PointState = 'complete' | 'partial' | 'suspect'

export interface BackupOutcome {
  readonly pointId: Id
  readonly state: PointState
  /** An earlier attempt of the job had committed it already. */
  readonly isAdopted: boolean
  /** Its time, and what it counted. */
  readonly time: string
  readonly summary: SnapshotSummary | undefined
  readonly manifest: PointManifest | undefined
  readonly skipped: readonly SkippedItem[]
  readonly skippedCount: number
  readonly findings: readonly Finding[]
}
