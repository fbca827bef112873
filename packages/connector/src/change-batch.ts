import type { Branch, Mark, Position, Stamps } from './position.ts'

/** A piece of log. `after` of one is `through` of the one before, on a branch; an empty `bytes` only moves the mark. */
export interface ChangeBatch {
  readonly after: Position
  readonly through: Position
  /** The caller's until it asks for the next batch. */
  readonly bytes: Uint8Array
  readonly mark?: Mark
  /** Of the records that end in `bytes`; absent when none of them is stamped. */
  readonly stamps?: Stamps
  /** Set on the first batch of another branch than the one before. */
  readonly fork?: Branch
}
