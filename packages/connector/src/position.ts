/** A timeline, a term, a replication id: one line of an engine's history. */
export type BranchId = string

/**
 * A place in an engine's log, opaque to all but its connector. On one branch the string order of offsets is the order of the log:
 * connectors encode numbers so that it is.
 */
export interface Position {
  readonly branch: BranchId
  readonly offset: string
}

/** A branch and where it left its parent; the first one has none. The fork lies at or before the parent's end. */
export interface Branch {
  readonly id: BranchId
  readonly parent?: { readonly id: BranchId; readonly forkOffset: string }
  /** What a restore needs to know of it in the engine's own words, such as PostgreSQL's history file. */
  readonly document?: string
}

/** Where the log stood at a time of the source's clock: what makes idle time provable and maps time to position. */
export interface Mark {
  readonly position: Position
  /** By the source's clock, milliseconds since 1970. */
  readonly sourceMs: number
  /** By the clock of whoever captured it. */
  readonly capturedMs: number
}

/**
 * The earliest and the latest time that the engine stamped on records of a piece of log, microseconds since 1970 by the source's
 * clock. `--at T` is the log before the first record stamped after T: a piece whose `latestUs` is not after T lies in it whole.
 */
export interface Stamps {
  readonly earliestUs: number
  readonly latestUs: number
}

/** Negative, 0 or positive as `a` lies before, at or after `b`; both on one branch. */
export function compareOffsets(a: Position, b: Position): number {
  if (a.branch !== b.branch) throw new Error(`positions on branches ${a.branch} and ${b.branch} have no order`)
  return a.offset < b.offset ? -1 : a.offset > b.offset ? 1 : 0
}

/** For people and logs: branch@offset. */
export function formatPosition({ branch, offset }: Position): string {
  return `${branch}@${offset}`
}
