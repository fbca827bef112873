import type { Lsn } from './lsn.ts'
import { type RecordParts, type RelationFile, readRelationFile } from './record-parts.ts'
import { readTimeUs, rmgr, transactionInfo, type WalMajor } from './wal-format.ts'
import { malformed, type RecordChoice, type WalRecord } from './wal-record.ts'

export type TransactionEndKind = 'commit' | 'abort' | 'commit-prepared' | 'abort-prepared'

/**
 * A record that ends a transaction. The abort of a savepoint that had written looks like the abort of a transaction, with the
 * savepoint's own xid: PostgreSQL does not tell them apart either, and stamps both.
 */
export interface TransactionEnd {
  readonly kind: TransactionEndKind
  readonly start: Lsn
  readonly end: Lsn
  /** Where the record before it begins: the last one that a restore to just before it replays. */
  readonly previous: Lsn
  readonly xid: number
  /** When, by the clock of the server, in microseconds since 1970. */
  readonly timeUs: number
  /** Its savepoints that share its fate. */
  readonly subxids: readonly number[]
  /** Files that its end removes: of what a commit dropped, truncated or rewrote, of what an abort had made. */
  readonly removed: readonly RelationFile[]
}

/** The records that are stamped with a time and end a transaction, with and without details. */
export const transactionEnds: RecordChoice = {
  rmgr: rmgr.transaction,
  infos: [transactionInfo.commit, transactionInfo.abort, transactionInfo.commitPrepared, transactionInfo.abortPrepared].flatMap(
    (info) => [info, info | transactionInfo.hasInfo],
  ),
}

const kinds = new Map<number, TransactionEndKind>([
  [transactionInfo.commit, 'commit'],
  [transactionInfo.abort, 'abort'],
  [transactionInfo.commitPrepared, 'commit-prepared'],
  [transactionInfo.abortPrepared, 'abort-prepared'],
])

/** xl_xact_xinfo: which lists follow. The flags without a list of their own are not needed here. */
const has = { database: 0x1, subxids: 0x2, files: 0x4, invalidations: 0x8, preparedXid: 0x10, statistics: 0x100 } as const

/** Whether the record is one of `transactionEnds`. */
export function isTransactionEnd({ rmgr: manager, info }: WalRecord): boolean {
  return manager === rmgr.transaction && kinds.has(info & transactionInfo.mask)
}

/** The time alone: the first field of xl_xact_commit and xl_xact_abort. */
export function readEndTimeUs(record: WalRecord, parts: RecordParts): number {
  parts.read(record)
  if (parts.mainBytes < 8) throw malformed(record, `it ends a transaction in ${parts.mainBytes} bytes`)
  return readTimeUs(record.view, parts.mainAt)
}

/** xl_xact_commit and xl_xact_abort. `source.failed` when the record is not made as one of `major` is. */
export function readTransactionEnd(record: WalRecord, parts: RecordParts, major: WalMajor): TransactionEnd {
  const { start, end, previous, info } = record
  const kind = kinds.get(info & transactionInfo.mask)
  if (kind === undefined) throw new Error(`a record of type ${info} ends no transaction`)
  const timeUs = readEndTimeUs(record, parts)
  const lists = (info & transactionInfo.hasInfo) === 0 ? noLists : readLists(record, parts, major)
  const { subxids, removed } = lists
  return { kind, start, end, previous, xid: lists.preparedXid ?? record.xid, timeUs, subxids, removed }
}

interface EndLists {
  readonly subxids: readonly number[]
  readonly removed: readonly RelationFile[]
  /** The prepared transaction: whoever ends it is another one, or none. */
  readonly preparedXid: number | undefined
}

const noLists: EndLists = { subxids: [], removed: [], preparedXid: undefined }
const invalidationBytes = 16

function readLists(record: WalRecord, parts: RecordParts, major: WalMajor): EndLists {
  const cursor = new Cursor(record, parts.mainAt + 8, parts.mainAt + parts.mainBytes)
  const flags = cursor.take(4)
  const { view } = record
  const xinfo = view.getUint32(flags, true)
  if ((xinfo & has.database) !== 0) cursor.take(8)
  const subxids = (xinfo & has.subxids) === 0 ? [] : cursor.list(4, (at) => view.getUint32(at, true))
  const removed = (xinfo & has.files) === 0 ? [] : cursor.list(12, (at) => readRelationFile(view, at))
  // The identifier of a statistics entry grew to 64 bits in version 18.
  if ((xinfo & has.statistics) !== 0) cursor.skipList(major >= 18 ? 16 : 12)
  if ((xinfo & has.invalidations) !== 0) cursor.skipList(invalidationBytes)
  const preparedXid = (xinfo & has.preparedXid) === 0 ? undefined : view.getUint32(cursor.take(4), true)
  return { subxids, removed, preparedXid }
}

/** Reads on within the main data of one record. */
class Cursor {
  readonly #record: WalRecord
  readonly #end: number
  #at: number

  constructor(record: WalRecord, at: number, end: number) {
    this.#record = record
    this.#at = at
    this.#end = end
  }

  /** Where the next `length` bytes begin. */
  take(length: number): number {
    const at = this.#at
    if (at + length > this.#end) throw malformed(this.#record, `its lists are longer than its ${this.#end - at} remaining bytes`)
    this.#at += length
    return at
  }

  list<Item>(itemBytes: number, read: (at: number) => Item): readonly Item[] {
    const count = this.#count(itemBytes)
    const first = this.take(count * itemBytes)
    return Array.from({ length: count }, (_, index) => read(first + index * itemBytes))
  }

  skipList(itemBytes: number): void {
    this.take(this.#count(itemBytes) * itemBytes)
  }

  #count(itemBytes: number): number {
    const count = this.#record.view.getUint32(this.take(4), true)
    if (count * itemBytes > this.#end - this.#at) throw malformed(this.#record, `it claims a list of ${count}`)
    return count
  }
}
