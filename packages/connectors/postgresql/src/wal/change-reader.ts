import { OpenTransactions } from './open-transactions.ts'
import { RecordParts, readRelationFile } from './record-parts.ts'
import { databaseInfo, heap2Info, heapInfo, rmgr, standbyInfo, storageInfo, transactionInfo } from './wal-format.ts'
import { malformed, type RecordChoice, type WalRecord } from './wal-record.ts'

const initPage = 0x80
const { insert, delete: deletion, update, truncate, hotUpdate } = heapInfo

/** The records that say what transactions do, beside those that end them. */
export const changeRecords: readonly RecordChoice[] = [
  {
    rmgr: rmgr.heap,
    infos: [insert, deletion, update, truncate, hotUpdate].flatMap((info) => [info, info | initPage]),
  },
  { rmgr: rmgr.heap2, infos: [heap2Info.multiInsert, heap2Info.multiInsert | initPage] },
  { rmgr: rmgr.storage, infos: [storageInfo.create] },
  { rmgr: rmgr.database, infos: [databaseInfo.drop] },
  { rmgr: rmgr.standby, infos: [standbyInfo.runningTransactions] },
  { rmgr: rmgr.transaction, infos: [transactionInfo.assignment] },
]

/** XLH_DELETE_IS_SUPER: an insertion taken back at once, by ON CONFLICT. XLH_DELETE_IS_PARTITION_MOVE: an UPDATE goes on elsewhere. */
const deleteFlag = { isSuper: 0x08, isPartitionMove: 0x10 } as const

/** Reads `changeRecords` into what the open transactions did. */
export class ChangeReader {
  readonly open: OpenTransactions
  readonly #parts = new RecordParts()

  constructor(entriesMax: number) {
    this.open = new OpenTransactions(entriesMax)
  }

  add(record: WalRecord): void {
    const parts = this.#parts
    parts.read(record)
    // Known at once where logical decoding needs it; else an assignment tells, after 64 savepoints.
    if (parts.topXid !== 0) this.open.assign(parts.topXid, [record.xid])
    if (record.rmgr === rmgr.heap) this.#addHeap(record, parts)
    else if (record.rmgr === rmgr.heap2) this.#addMultiInsert(record, parts)
    else if (record.rmgr === rmgr.storage) this.#addStorage(record, parts)
    else if (record.rmgr === rmgr.database) this.#addDatabaseDrop(record, parts)
    else if (record.rmgr === rmgr.transaction) this.#addAssignment(record, parts)
    else this.#addRunning(record, parts)
  }

  #file(record: WalRecord, parts: RecordParts) {
    return this.open.file(record.xid, parts.tablespace, parts.database, parts.file)
  }

  #addHeap(record: WalRecord, parts: RecordParts): void {
    const kind = record.info & heapInfo.mask
    if (kind === heapInfo.insert) this.#file(record, parts).inserts++
    else if (kind === heapInfo.delete) this.#addDelete(record, parts)
    else if (kind === heapInfo.truncate) this.#addTruncate(record, parts)
    else this.#file(record, parts).updates++
  }

  /** xl_heap_multi_insert: flags, then the number of rows. */
  #addMultiInsert(record: WalRecord, parts: RecordParts): void {
    this.#file(record, parts).inserts += this.#main(record, 4).getUint16(parts.mainAt + 2, true)
  }

  /** xl_heap_delete: 4 bytes of xmax, 2 of row number, 1 of bits, 1 of flags. */
  #addDelete(record: WalRecord, parts: RecordParts): void {
    const flags = this.#main(record, 8).getUint8(parts.mainAt + 7)
    const counts = this.#file(record, parts)
    if ((flags & deleteFlag.isSuper) !== 0) counts.inserts--
    else if ((flags & deleteFlag.isPartitionMove) !== 0) counts.updates++
    else counts.deletes++
  }

  /** xl_heap_truncate: database, number of relations, flags, relations. */
  #addTruncate(record: WalRecord, parts: RecordParts): void {
    const view = this.#main(record, 12)
    const database = view.getUint32(parts.mainAt, true)
    const count = view.getUint32(parts.mainAt + 4, true)
    if (parts.mainBytes < 12 + 4 * count) throw malformed(record, `it truncates ${count} relations in ${parts.mainBytes} bytes`)
    for (let index = 0; index < count; index++) {
      const oid = view.getUint32(parts.mainAt + 12 + 4 * index, true)
      this.open.note(record.xid, (changes) => changes.truncated.push({ database, oid }))
    }
  }

  /** xl_smgr_create: file, fork. Of a relation that is replaced it has an xid, since that took a lock; of a new one it may have none. */
  #addStorage(record: WalRecord, parts: RecordParts): void {
    const view = this.#main(record, 16)
    const fork = view.getUint32(parts.mainAt + 12, true)
    if (record.xid === 0 || fork !== 0) return
    const file = readRelationFile(view, parts.mainAt)
    this.open.note(record.xid, (changes) => changes.created.push(file))
  }

  /** xl_dbase_drop_rec. A database that only moves to another tablespace is dropped there by no transaction. */
  #addDatabaseDrop(record: WalRecord, parts: RecordParts): void {
    if (record.xid === 0) return
    const oid = this.#main(record, 8).getUint32(parts.mainAt, true)
    const { start, previous } = record
    this.open.note(record.xid, (changes) => changes.droppedDatabases.push({ oid, start, previous }))
  }

  /** xl_xact_assignment: the transaction, the number of savepoints, savepoints. */
  #addAssignment(record: WalRecord, parts: RecordParts): void {
    const view = this.#main(record, 8)
    const count = view.getUint32(parts.mainAt + 4, true)
    if (parts.mainBytes < 8 + 4 * count) throw malformed(record, `it assigns ${count} savepoints in ${parts.mainBytes} bytes`)
    const subxids = Array.from({ length: count }, (_, index) => view.getUint32(parts.mainAt + 8 + 4 * index, true))
    this.open.assign(view.getUint32(parts.mainAt, true), subxids)
  }

  /** xl_running_xacts: two counts, a flag and the next xid come before the oldest that runs. */
  #addRunning(record: WalRecord, parts: RecordParts): void {
    this.open.forgetBefore(this.#main(record, 20).getUint32(parts.mainAt + 16, true))
  }

  /** The record's bytes, once it is sure that its main data is at least so long. */
  #main(record: WalRecord, bytesMin: number): DataView {
    if (this.#parts.mainBytes < bytesMin) throw malformed(record, `it has ${this.#parts.mainBytes} bytes of main data`)
    return record.view
  }
}
