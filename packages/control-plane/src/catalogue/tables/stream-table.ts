import type { Generated } from 'kysely'
import type { Document } from './document.ts'

/**
 * What became of a stream.
 *
 * STARTING   no log of this run is durable yet, or no worker has taken it up again since its last one ended
 * CAPTURING  log is durable, and more comes
 * RETRYING   the source or the vault does not answer, or refuses; it is tried again
 * GAP        log is lost that the vault does not have: a new epoch is being begun
 * STOPPED    nobody wants it any more
 */
export const streamStates = ['STARTING', 'CAPTURING', 'RETRYING', 'GAP', 'STOPPED'] as const
export type StreamState = (typeof streamStates)[number]

export interface StreamTable {
  id: string
  projectId: string
  sourceId: string
  vaultId: string
  logName: string
  state: StreamState
  epoch: number | null
  epochAt: Date | null
  epochBranch: string | null
  epochOffset: string | null
  durableBranch: string | null
  durableOffset: string | null
  windowThrough: Date | null
  markedAt: Date | null
  sealedAt: Date | null
  clockSkewMs: number | null
  capturedBytes: Generated<number>
  unfoldedBytes: Generated<number>
  anchor: Document | null
  gapAt: Date | null
  errorCode: string | null
  errorMessage: string | null
  createdAt: Date
  updatedAt: Date
}
