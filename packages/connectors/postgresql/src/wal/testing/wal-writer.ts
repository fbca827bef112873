import { crc32cEnd, crc32cStart, crc32cUpdate } from '../crc32c.ts'
import type { Lsn } from '../lsn.ts'
import {
  longPageHeadBytes,
  pageBytes,
  pageHeadBytes,
  pageMagics,
  recordHeadBytes,
  rmgr,
  transactionInfo,
  type WalMajor,
  xlogInfo,
} from '../wal-format.ts'

export interface WrittenRecord {
  readonly rmgr: number
  readonly info: number
  readonly xid: number
  /** Headers of blocks and data, blocks, main data. */
  readonly body: Uint8Array
}

export interface WrittenPlace {
  readonly start: Lsn
  readonly end: Lsn
}

export interface WalWriterOptions {
  readonly major: WalMajor
  readonly segmentBytes: number
  readonly timeline: number
  readonly systemId: bigint
  /** The beginning of a page. */
  readonly start: Lsn
}

/** Writes a log as PostgreSQL would, for what real servers do only now and then: torn records, switches, clocks that go back. */
export class WalWriter {
  readonly options: WalWriterOptions
  timeline: number
  #bytes = Buffer.alloc(64 * 1024)
  #position: Lsn
  #previous: Lsn
  #flags = 0

  constructor(options: Partial<WalWriterOptions> = {}) {
    this.options = { major: 16, segmentBytes: 2 ** 20, timeline: 1, systemId: 7n, start: 2 ** 20, ...options }
    this.timeline = this.options.timeline
    this.#position = this.options.start
    this.#previous = this.options.start - 64
  }

  get position(): Lsn {
    return this.#position
  }

  /** What was written so far; a copy. */
  bytes(): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(0, this.#position - this.options.start))
  }

  append(record: WrittenRecord): WrittenPlace {
    const bytes = this.#encode(record)
    const start = this.#startRecord()
    for (let at = 0; at < bytes.length; ) at += this.#put(bytes.subarray(at), bytes.length - at)
    this.#previous = start
    while (this.#position % 8 !== 0) this.#put(Buffer.alloc(1), 0)
    return { start, end: this.#position }
  }

  /** Makes the next record follow another one than it does, as a record of an older log would. */
  breakChain(previous: Lsn): void {
    this.#previous = previous
  }

  /** A record of which only what fits on its page is written; what comes next takes the place of the rest, as after a crash. */
  appendTorn(record: WrittenRecord): void {
    const bytes = this.#encode(record)
    this.#startRecord()
    this.#put(bytes, bytes.length)
    if (this.#position % pageBytes !== 0) throw new Error('the record was not long enough to be torn')
    this.#flags = 0x8
  }

  switchSegment(): WrittenPlace {
    const place = this.append({ rmgr: rmgr.xlog, info: xlogInfo.segmentSwitch, xid: 0, body: new Uint8Array(0) })
    const { segmentBytes } = this.options
    this.#write(Buffer.alloc((segmentBytes - (this.#position % segmentBytes)) % segmentBytes))
    return place
  }

  #encode({ rmgr: manager, info, xid, body }: WrittenRecord): Buffer {
    const bytes = Buffer.alloc(recordHeadBytes + body.length)
    bytes.writeUInt32LE(bytes.length, 0)
    bytes.writeUInt32LE(xid, 4)
    bytes.writeBigUInt64LE(BigInt(this.#previous), 8)
    bytes.writeUInt8(info, 16)
    bytes.writeUInt8(manager, 17)
    bytes.set(body, recordHeadBytes)
    const crc = crc32cUpdate(crc32cStart, bytes, recordHeadBytes, bytes.length)
    bytes.writeUInt32LE(crc32cEnd(crc32cUpdate(crc, bytes, 0, 20)), 20)
    return bytes
  }

  #startRecord(): Lsn {
    if (this.#position % pageBytes === 0) this.#writePageHead(0)
    return this.#position
  }

  /** Writes what fits on the page; `remaining` is what the header says if the page is new. */
  #put(bytes: Buffer, remaining: number): number {
    if (this.#position % pageBytes === 0) this.#writePageHead(remaining)
    const count = Math.min(bytes.length, pageBytes - (this.#position % pageBytes))
    this.#write(bytes.subarray(0, count))
    return count
  }

  #writePageHead(remaining: number): void {
    const isLong = this.#position % this.options.segmentBytes === 0
    const head = Buffer.alloc(isLong ? longPageHeadBytes : pageHeadBytes)
    head.writeUInt16LE(pageMagics[this.options.major], 0)
    head.writeUInt16LE((isLong ? 0x2 : 0) | (remaining > 0 ? 0x1 : 0) | this.#flags, 2)
    head.writeUInt32LE(this.timeline, 4)
    head.writeBigUInt64LE(BigInt(this.#position), 8)
    head.writeUInt32LE(remaining, 16)
    if (isLong) {
      head.writeBigUInt64LE(this.options.systemId, 24)
      head.writeUInt32LE(this.options.segmentBytes, 32)
      head.writeUInt32LE(pageBytes, 36)
    }
    this.#flags = 0
    this.#write(head)
  }

  #write(bytes: Uint8Array): void {
    const at = this.#position - this.options.start
    if (at + bytes.length > this.#bytes.length) {
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(Math.max(this.#bytes.length, bytes.length))])
    }
    this.#bytes.set(bytes, at)
    this.#position += bytes.length
  }
}

/** A record's body that has main data only, after what the caller puts before it. */
export function mainData(main: Uint8Array, before: Uint8Array = new Uint8Array(0)): Uint8Array {
  const long = Buffer.alloc(5)
  long.writeUInt8(254)
  long.writeUInt32LE(main.length, 1)
  return Buffer.concat([before, main.length < 256 ? Buffer.of(255, main.length) : long, main])
}

/** 32-bit numbers, one after the other. */
export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, index * 4)
  return bytes
}

/** The reference to the first block of a file, without data of its own. */
export function blockOf(file: number, database = 5): Buffer {
  return Buffer.concat([Buffer.of(0, 0, 0, 0), words(1663, database, file, 0)])
}

/** The same with an image of the page, of which the hole was left out and the rest compressed: its body ends with the image and `main`. */
export function compressedBlockOf(file: number, main: Uint8Array): Buffer {
  const image = Buffer.of(1, 2, 3)
  const head = Buffer.of(0, 0x10, 0, 0, image.length, 0, 64, 0, 0x01 | 0x04, 0, 32)
  return Buffer.concat([head, words(1663, 5, file, 0), Buffer.of(255, main.length), image, main])
}

export interface WrittenEnd {
  readonly timeUs: number
  readonly subxids?: readonly number[]
  readonly removed?: readonly number[]
  readonly preparedXid?: number
  /** Lists that every version has, and nobody here looks into. */
  readonly hasForeignLists?: boolean
  /** Statistics entries that are dropped: their size depends on the version. */
  readonly statistics?: number
}

/** The record that ends a transaction, as `xl_xact_commit` and `xl_xact_abort` have it. */
export function endRecord(kind: number, xid: number, end: WrittenEnd, major: WalMajor = 16): WrittenRecord {
  const { subxids = [], removed = [], statistics = 0, preparedXid, hasForeignLists = false } = end
  const time = Buffer.alloc(8)
  time.writeBigInt64LE(BigInt(end.timeUs) - 946_684_800_000_000n)
  const lists = [
    hasForeignLists ? { flag: 0x1, bytes: words(5, 1663) } : undefined,
    subxids.length === 0 ? undefined : { flag: 0x2, bytes: words(subxids.length, ...subxids) },
    removed.length === 0 ? undefined : { flag: 0x4, bytes: words(removed.length, ...removed.flatMap((file) => [1663, 5, file])) },
    statistics === 0 ? undefined : { flag: 0x100, bytes: words(statistics, ...Array(statistics * (major >= 18 ? 4 : 3)).fill(3)) },
    hasForeignLists ? { flag: 0x8, bytes: words(2, ...Array(8).fill(9)) } : undefined,
    preparedXid === undefined ? undefined : { flag: 0x10, bytes: words(preparedXid) },
  ].filter((list) => list !== undefined)
  const flags = lists.reduce((sum, { flag }) => sum | flag, 0)
  const main = flags === 0 ? time : Buffer.concat([time, words(flags), ...lists.map(({ bytes }) => bytes)])
  const info = kind | (flags === 0 ? 0 : transactionInfo.hasInfo)
  return { rmgr: rmgr.transaction, info, xid, body: mainData(main) }
}

export function commitRecord(xid: number, end: WrittenEnd): WrittenRecord {
  return endRecord(transactionInfo.commit, xid, end)
}
