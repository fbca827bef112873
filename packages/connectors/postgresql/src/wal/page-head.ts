import { CoffreError } from '@coffre/foundation'
import { formatLsn, type Lsn } from './lsn.ts'
import { pageBytes, pageMagics, readLsn, type WalMajor } from './wal-format.ts'

/** Which log the pages must be of. */
export interface PageExpectation {
  readonly major: WalMajor
  readonly segmentBytes: number
  /** Pages of later timelines are not of this log; those of earlier ones are its past. */
  readonly timeline?: number
  /** The cluster's, as `IDENTIFY_SYSTEM` tells it. */
  readonly systemId?: string
}

/** What a page is: fit, what the end of a log looks like (`zero`, `stale`), or no page of this log, in words. */
export type PageVerdict = 'fit' | 'zero' | 'stale' | { readonly reason: string }

const flags = { firstIsContinuation: 0x1, longHead: 0x2, overwritesContinuation: 0x8, all: 0xf }

/** Judges the header of the page at `lsn` (XLogPageHeaderData), without what it says of a record that began before. */
export function judgePageHead(view: DataView, lsn: Lsn, expected: PageExpectation, timelineBefore: number): PageVerdict {
  const magic = view.getUint16(0, true)
  const address = readLsn(view, 8)
  if (magic === 0 && address === 0) return 'zero'
  if (magic !== pageMagics[expected.major]) {
    return { reason: `its magic number is ${hex(magic)}, not the ${hex(pageMagics[expected.major])} of version ${expected.major}` }
  }
  // Segments are recycled: behind the end of the log lies an older one.
  if (address < lsn) return 'stale'
  if (address > lsn) return { reason: `it is the page of ${formatLsn(address)}` }
  const info = view.getUint16(2, true)
  const isLong = lsn % expected.segmentBytes === 0
  if ((info & ~flags.all) !== 0 || ((info & flags.longHead) !== 0) !== isLong) return { reason: `its flags are ${hex(info)}` }
  const timeline = view.getUint32(4, true)
  if (timeline < timelineBefore || timeline > (expected.timeline ?? timeline)) {
    return { reason: `it is of timeline ${timeline}, after one of ${timelineBefore} on the way to ${expected.timeline ?? 'any'}` }
  }
  return isLong ? judgeLongHead(view, expected) : 'fit'
}

/** The bytes of a record that began on an earlier page which follow the header; 0 when there is none. */
export function continuationBytes(view: DataView): number {
  return (view.getUint16(2, true) & flags.firstIsContinuation) === 0 ? 0 : view.getUint32(16, true)
}

/** After a crash the rest of a record may be lost for good: the page that was to have it then begins with another record. */
export function overwritesContinuation(view: DataView): boolean {
  return (view.getUint16(2, true) & flags.overwritesContinuation) !== 0
}

export function pageTimeline(view: DataView): number {
  return view.getUint32(4, true)
}

export function notWal(lsn: Lsn, reason: string): CoffreError {
  return new CoffreError('source.failed', `the log at ${formatLsn(lsn)} is not that of the source: ${reason}`, {
    hint: 'Either bytes were damaged on their way, or the position belongs to another cluster, timeline or version.',
  })
}

/** XLogLongPageHeaderData: the fields that say which cluster the segment is of. */
function judgeLongHead(view: DataView, expected: PageExpectation): PageVerdict {
  const systemId = view.getBigUint64(24, true).toString()
  if (systemId !== (expected.systemId ?? systemId)) return { reason: `it is of system ${systemId}, not ${expected.systemId}` }
  const segmentBytes = view.getUint32(32, true)
  if (segmentBytes !== expected.segmentBytes)
    return { reason: `its segments have ${segmentBytes} bytes, not ${expected.segmentBytes}` }
  const blockBytes = view.getUint32(36, true)
  return blockBytes === pageBytes ? 'fit' : { reason: `its pages have ${blockBytes} bytes, not ${pageBytes}` }
}

function hex(value: number): string {
  return `0x${value.toString(16).toUpperCase()}`
}
