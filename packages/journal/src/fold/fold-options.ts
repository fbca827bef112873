import type { Position } from '@coffre/connector'
import type { ByteString } from '@coffre/foundation'
import type { BackupResult, Id, Repository, RepositoryIndex, WriteVerification } from '@coffre/repository'
import type { TailHead } from '../tail/tail-header.ts'

/** A vault that is open and locked beside others, as long as the fold lasts. */
export interface FoldSession {
  readonly repository: Repository
  /** Aborted when the lock is lost. */
  readonly signal: AbortSignal
  /** Resolves once the lock is undisputed. */
  readonly confirmed: Promise<void>
  /** In a locked vault the log of a day is locked for so long after it was closed; as long as the vault says unless given. */
  readonly lockDays?: number
}

export interface FoldOptions {
  readonly stream: string
  /** What the points say they are of: `/<source>/log`. */
  readonly paths: readonly ByteString[]
  /** Tags of the points besides the journal's own. */
  readonly tags?: readonly string[]
  readonly hostname?: string
  readonly programVersion: string
  readonly verification?: WriteVerification
  readonly packBytes?: number
  /** A day is closed when the log has come into the next one, or when it has been over for so long. */
  readonly closeAfterMs: number
  /** As a writer may rely on it; read anew unless given. One that folds many streams reads it once. */
  readonly index?: RepositoryIndex
}

/** The point of a day as it was made. */
export interface FoldedPoint extends Omit<BackupResult, 'snapshotId'> {
  readonly id: Id
  readonly epoch: number
  readonly day: string
  readonly isClosed: boolean
  readonly after: Position
  readonly through: Position
}

export interface FoldOutcome {
  readonly stream: string
  readonly points: readonly FoldedPoint[]
  /** All tails up to this one are folded and read back. Undefined when nothing was ever folded. */
  readonly tail: TailHead | undefined
}
