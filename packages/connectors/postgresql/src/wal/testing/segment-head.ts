import type { Lsn } from '../lsn.ts'
import { notWal, pageTimeline } from '../page-head.ts'
import { checkSegmentBytes } from '../wal-file-name.ts'
import { longPageHeadBytes, pageMagics, readLsn, type WalMajor } from '../wal-format.ts'

export interface SegmentHead {
  readonly major: WalMajor
  readonly timeline: number
  readonly start: Lsn
  readonly systemId: string
  readonly segmentBytes: number
}

const hasLongHead = 0x2

/** What the first bytes of a WAL file say of it; `source.failed` when they are not those of one. */
export function readSegmentHead(bytes: Uint8Array): SegmentHead {
  if (bytes.length < longPageHeadBytes) throw notWal(0, `${bytes.length} bytes are no header of a segment`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const magic = view.getUint16(0, true)
  const start = readLsn(view, 8)
  const known = Object.entries(pageMagics).find(([, each]) => each === magic)
  if (known === undefined) throw notWal(start, `its magic number 0x${magic.toString(16).toUpperCase()} is that of no known version`)
  if ((view.getUint16(2, true) & hasLongHead) === 0) throw notWal(start, 'it does not begin a segment')
  const segmentBytes = checkSegmentBytes(view.getUint32(32, true), start)
  const major = Number(known[0]) as WalMajor
  return { major, timeline: pageTimeline(view), start, systemId: view.getBigUint64(24, true).toString(), segmentBytes }
}
