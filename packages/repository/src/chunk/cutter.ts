/** Finds where content is cut. One instance for each stream; what was scanned is remembered from call to call. */
export interface Cutter {
  /** No chunk is longer. */
  readonly maxBytes: number
  /**
   * The length of the chunk that starts at `begin`, or undefined when data[begin, end) does not decide it; never undefined when
   * `last` says that the content ends at `end`, or when maxBytes are there. All bytes of the chunk stay in `data` from call to call,
   * though `begin` may move.
   */
  next(data: Uint8Array, begin: number, end: number, last: boolean): number | undefined
}
