/**
 * The numbers of PostgreSQL's log: `access/xlog_internal.h`, `access/xlogrecord.h`, `access/rmgrlist.h` and the headers of the
 * resource managers. They are the same in 15 to 18 where nothing else is said.
 */

export const pageBytes = 8192
/** XLogPageHeaderData; with the fields of XLogLongPageHeaderData on the first page of a segment. */
export const pageHeadBytes = 24
export const longPageHeadBytes = 40
export const recordHeadBytes = 24
/** Nothing that PostgreSQL can allocate is longer (MaxAllocSize). */
export const recordBytesMax = 0x3fff_ffff

/** XLOG_PAGE_MAGIC of each major version: it changes whenever any record does. */
export const pageMagics = { 15: 0xd110, 16: 0xd113, 17: 0xd116, 18: 0xd118 } as const
export type WalMajor = keyof typeof pageMagics

/** Undefined for versions whose log is not known. */
export function walMajorOfVersion(major: number): WalMajor | undefined {
  return Object.hasOwn(pageMagics, major) ? (major as WalMajor) : undefined
}

/** Resource managers: who wrote a record. */
export const rmgr = { xlog: 0, transaction: 1, storage: 2, database: 4, standby: 8, heap2: 9, heap: 10 } as const

/** The upper half of a record's info byte: what it is, among those of its resource manager. */
export const xlogInfo = { segmentSwitch: 0x40, restorePoint: 0x70 } as const
export const transactionInfo = {
  commit: 0x00,
  abort: 0x20,
  commitPrepared: 0x30,
  abortPrepared: 0x40,
  assignment: 0x50,
  mask: 0x70,
  hasInfo: 0x80,
} as const
export const storageInfo = { create: 0x10 } as const
export const databaseInfo = { drop: 0x20 } as const
export const standbyInfo = { runningTransactions: 0x10 } as const
export const heap2Info = { multiInsert: 0x50, mask: 0x70 } as const
export const heapInfo = { insert: 0x00, delete: 0x10, update: 0x20, truncate: 0x30, hotUpdate: 0x40, mask: 0x70 } as const

/** Microseconds from 1970 to 2000, where PostgreSQL's clock begins. */
const epochUs = 946_684_800_000_000

/** A TimestampTz as microseconds since 1970: exact until the year 2255. */
export function readTimeUs(view: DataView, at: number): number {
  return view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true) + epochUs
}

/** An XLogRecPtr. */
export function readLsn(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true)
}
