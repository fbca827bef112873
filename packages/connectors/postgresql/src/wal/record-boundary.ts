import type { Lsn } from './lsn.ts'
import { longPageHeadBytes, pageBytes, pageHeadBytes } from './wal-format.ts'

/**
 * The end of the record before an insert position. At the end of a page the server names the place behind the head of the next page,
 * which is not written before the next record is.
 */
export function recordBoundary(lsn: Lsn, segmentBytes: number): Lsn {
  const inPage = lsn % pageBytes
  const headBytes = lsn % segmentBytes < pageBytes ? longPageHeadBytes : pageHeadBytes
  return inPage === headBytes ? lsn - inPage : lsn
}
