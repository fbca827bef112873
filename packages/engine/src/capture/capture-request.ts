import type { Connector, Mark, Position } from '@coffre/connector'
import type { FoldOutcome, TailHead } from '@coffre/journal'

/** Whose log is captured. The configuration is as the connector parses it. */
export interface CaptureSource {
  readonly connector: Connector
  readonly config: unknown
  readonly secrets: unknown
}

export interface CaptureRequest {
  /** Names the source in the vault, for ever; its log too. */
  readonly source: string
  /** The end of the log as it was seen last: a vault that has lost it is not taken for one that never had it. */
  readonly anchor?: TailHead
  /**
   * Begin a new epoch, because the log before cannot be continued: the source has lost it, or the vault has. It needs a base of its
   * own, whose log begins after the new epoch does.
   */
  readonly afresh: boolean
  readonly tags?: readonly string[]
  readonly hostname?: string
  readonly programVersion: string
  readonly times?: CaptureTimes
}

/** How long log may wait on each of its ways. */
export interface CaptureTimes {
  readonly sealEveryMs: number
  readonly foldEveryMs: number
  readonly foldBytes: number
  /** However much waits, folds come no closer than this. */
  readonly foldEveryMsMin: number
  readonly closeAfterMs: number
}

/** What whoever runs a capture wants to know while it goes on. None of it is waited for. */
export interface CaptureEvents {
  /** All log through here is durable, and the source was told so. */
  sealed(state: CaptureState): void
  folded(outcome: FoldOutcome): void
  /** A fold that failed is tried again; the log goes on. */
  foldFailed(error: unknown): void
}

export interface CaptureState {
  readonly epoch: number
  readonly durable: Position
  /** What proves up to when the log is whole; the window ends there. */
  readonly mark: Mark | undefined
  readonly head: TailHead | undefined
  /** Of log that was captured since this run began. */
  readonly capturedBytes: number
  readonly unfoldedBytes: number
}
