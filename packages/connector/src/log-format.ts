import type { ByteString } from '@coffre/foundation'
import type { ChangeBatch } from './change-batch.ts'
import type { ItemCut } from './point-item.ts'
import type { Branch, Position } from './position.ts'

/**
 * What engines differ in, all of it pure. The log that a format sees is that of one branch: every position is of that branch, also
 * those before its fork, where the log is its parent's.
 */
export interface LogFormat {
  /** As the connector is called; part of the points, hence for ever. */
  readonly engine: string
  /** Of the files that `fold` makes, counted by the format. */
  readonly layout: number
  /**
   * Where the native file begins that has the byte after `position` (PostgreSQL: the WAL segment), at or before it. Folding and
   * reading begin there, or where the epoch begins if that is later.
   */
  fileStart(position: Position): Position
  /**
   * Lays contiguous log out as native files, in its order, without a byte left out or put into two. Only the last file may be
   * incomplete: padded as the engine needs it, and replaced by the next fold, which begins at its start. `branch` is whose log it is. The content of a file is read
   * to its end before the next one is asked for. A batch, and its bytes, is the format's only until it asks for the next one.
   */
  fold(log: AsyncIterable<ChangeBatch>, branch: Branch, signal: AbortSignal): AsyncIterable<FoldedItem>
  /** The log in the content of a file that `fold` made: exactly (after, through], without padding or anything that was added. */
  unfold(file: FoldedPiece, content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>
  /** How many bytes of the batch lie at or before `position`, which lies within the batch. */
  cut(batch: ChangeBatch, position: Position): number
  /** The position so many bytes of log before another one on its branch, or the beginning of log. */
  before?(position: Position, bytes: number): Position
}

export type FoldedItem = FoldedLog | FoldedDocument

/** A native file. Two files of a branch have different names for ever; the names of all files of an hour are different. */
export interface FoldedLog {
  readonly kind: 'log'
  readonly name: ByteString
  /** The log in it begins after this position. */
  readonly after: Position
  readonly cut: ItemCut
  readonly expectedBytes?: number
  /** A chunk is used only until the next one is asked for. */
  readonly content: AsyncIterable<Uint8Array>
  /** What became of it; asked for once the content has been read to its end. */
  end(): FoldedEnd
}

export interface FoldedEnd {
  readonly through: Position
  /** The bytes of log that it holds: padding and what was added do not count. */
  readonly logBytes: number
  readonly isComplete: boolean
}

/** What is no log and needed with it, such as PostgreSQL's history files. It goes where the next log file goes; the last one of a name counts. */
export interface FoldedDocument {
  readonly kind: 'document'
  readonly name: ByteString
  readonly content: Uint8Array
}

/** A file as it was folded. */
export interface FoldedPiece extends FoldedEnd {
  readonly name: ByteString
  readonly after: Position
}
