import type { RestoreReport } from '@coffre/connector'
import type { RowCount } from '../parts/row-counts.ts'
import type { Assertion } from './restore-options.ts'

/** What a restore tells the look at it that follows. */
export interface RestoredDetails {
  /** Files of the source that were changed on purpose. */
  readonly rewritten: readonly string[]
  readonly assertions: readonly Assertion[]
  /** Whether log after the base was to be replayed: then what the base has may have changed. */
  readonly isReplayed: boolean
  /** Of the server that was started. */
  readonly socketFolder?: string
  readonly port?: number
  /** What was loaded into a server that ran already. */
  readonly loaded?: readonly RowCount[]
}

export function writeRestoredDetails(details: RestoredDetails): Readonly<Record<string, unknown>> {
  return { ...details }
}

/** A report may have been kept, and read back, in between. */
export function readRestoredDetails({ details = {} }: RestoreReport): RestoredDetails {
  return { rewritten: [], assertions: [], isReplayed: false, ...details }
}
