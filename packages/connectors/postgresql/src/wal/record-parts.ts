import { recordHeadBytes } from './wal-format.ts'
import { malformed, type WalRecord } from './wal-record.ts'

/** A relation's file: a relation gets another one when it is truncated or rewritten. */
export interface RelationFile {
  readonly tablespace: number
  readonly database: number
  readonly file: number
}

/** As `pg_waldump` writes it: 1663/5/16384. */
export function formatRelationFile({ tablespace, database, file }: RelationFile): string {
  return `${tablespace}/${database}/${file}`
}

/** RelFileLocator. */
export function readRelationFile(view: DataView, at: number): RelationFile {
  return { tablespace: view.getUint32(at, true), database: view.getUint32(at + 4, true), file: view.getUint32(at + 8, true) }
}

const idMax = 32
const id = { mainShort: 255, mainLong: 254, origin: 253, topXid: 252 } as const
const blockFlag = { hasImage: 0x10, sameRelation: 0x80 } as const
const imageFlag = { hasHole: 0x01, compressed: 0x1c } as const

/**
 * Where the parts of a record lie (XLogRecordBlockHeader, XLogRecordDataHeaderShort and -Long). One object reads many records: its
 * fields are those of the last one, so that no record costs an allocation.
 */
export class RecordParts {
  /** The file of its first block; 0s when it has none. */
  tablespace = 0
  database = 0
  file = 0
  /** The transaction of which its own is a part, where it says so (`wal_level = logical`); else 0. */
  topXid = 0
  /** What its resource manager wrote beside blocks. */
  mainAt = 0
  mainBytes = 0
  #payloadBytes = 0

  /** Throws `source.failed` when the headers do not fit into the record. */
  read(record: WalRecord): void {
    this.tablespace = this.database = this.file = this.topXid = this.mainBytes = this.#payloadBytes = 0
    const { view } = record
    const end = record.at + record.length
    let at = record.at + recordHeadBytes
    while (end - at > this.#payloadBytes) {
      const kind = view.getUint8(at)
      if (kind === id.mainShort || kind === id.mainLong) {
        const headBytes = kind === id.mainShort ? 2 : 5
        if (end - at < headBytes) throw malformed(record, 'its headers are cut off')
        this.mainBytes = kind === id.mainShort ? view.getUint8(at + 1) : view.getUint32(at + 1, true)
        this.#payloadBytes += this.mainBytes
        at += headBytes
        break
      }
      at = this.#readHeader(record, kind, at, end)
    }
    // Behind the headers lies the payload of the blocks, then the main data, and nothing else.
    if (end - at !== this.#payloadBytes) throw malformed(record, `${end - at} bytes follow headers of ${this.#payloadBytes}`)
    this.mainAt = end - this.mainBytes
  }

  #readHeader(record: WalRecord, kind: number, at: number, end: number): number {
    const { view } = record
    if (kind === id.origin) return this.#within(record, at + 3, end)
    if (kind === id.topXid) {
      const next = this.#within(record, at + 5, end)
      this.topXid = view.getUint32(at + 1, true)
      return next
    }
    if (kind > idMax) throw malformed(record, `it has a header of kind ${kind}`)
    let next = this.#within(record, at + 4, end)
    const flags = view.getUint8(at + 1)
    this.#payloadBytes += view.getUint16(at + 2, true)
    if ((flags & blockFlag.hasImage) !== 0) {
      next = this.#within(record, next + 5, end)
      this.#payloadBytes += view.getUint16(next - 5, true)
      const image = view.getUint8(next - 1)
      if ((image & imageFlag.hasHole) !== 0 && (image & imageFlag.compressed) !== 0) next += 2
    }
    if ((flags & blockFlag.sameRelation) === 0) {
      next = this.#within(record, next + 12, end)
      if (kind === 0) {
        this.tablespace = view.getUint32(next - 12, true)
        this.database = view.getUint32(next - 8, true)
        this.file = view.getUint32(next - 4, true)
      }
    }
    return this.#within(record, next + 4, end)
  }

  #within(record: WalRecord, next: number, end: number): number {
    if (next > end) throw malformed(record, 'its headers are cut off')
    return next
  }
}
