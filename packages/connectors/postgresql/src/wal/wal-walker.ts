import { crc32cEnd, crc32cStart, crc32cUpdate } from './crc32c.ts'
import { formatLsn, type Lsn } from './lsn.ts'
import {
  continuationBytes,
  judgePageHead,
  notWal,
  overwritesContinuation,
  type PageExpectation,
  pageTimeline,
} from './page-head.ts'
import { RecordBuffer } from './record-buffer.ts'
import { checkSegmentBytes, segmentStart } from './wal-file-name.ts'
import {
  longPageHeadBytes,
  pageBytes,
  pageHeadBytes,
  readLsn,
  recordBytesMax,
  recordHeadBytes,
  rmgr,
  xlogInfo,
} from './wal-format.ts'
import { filterIndex, type RecordFilter, type WalRecord } from './wal-record.ts'

export interface WalWalkerOptions extends PageExpectation {
  /** Where the first byte that will be pushed lies: the beginning of a page or of a record. */
  readonly start: Lsn
  /** Checks the CRC-32C of every record, wanted or not. */
  readonly checksums: boolean
  /**
   * `fail` for what a server sends: anything that is not log is an error. `end` for files, behind whose log there are zeros, older
   * pages or half a record: there the log ends, while what is no log at all is an error still.
   */
  readonly atInvalid: 'fail' | 'end'
  readonly wanted: RecordFilter
  /** Called for each wanted record once all of it was pushed, in their order. What it throws ends the walk. */
  readonly onRecord: (record: WalRecord) => void
}

/** Where the log in a file ends, and by what that was seen. */
export interface WalEnd {
  /** The end of the last whole record, or the start where there was none. */
  readonly lsn: Lsn
  readonly reason: string
}

/**
 * Walks through a log that is pushed in pieces of any size, without a gap. It begins at the first record that begins at or after
 * `start`, hops over what is not wanted, and keeps nothing of a piece but the part of a wanted record that goes on in the next one.
 *
 * States: `between` records → `head` (its header goes on in the next page or piece) → `body` → `padding` to a multiple of eight →
 * `between`. A record that lies in one page and one piece, as most do, is read in place without leaving `between`.
 */
export class WalWalker {
  readonly #options: WalWalkerOptions
  readonly #record: MutableRecord = { start: 0, end: 0, previous: 0, xid: 0, rmgr: 0, info: 0, view: nothing, at: 0, length: 0 }
  readonly #pageHead = new DataView(new ArrayBuffer(longPageHeadBytes))
  #bytes: Uint8Array = empty
  #view: DataView = nothing
  /** Where the first byte of the piece under way lies. */
  #origin: Lsn
  #timeline = 0
  #last: { start: Lsn; end: Lsn } = { start: -1, end: -1 }
  #end: WalEnd | undefined
  /** Behind a switch of segments nothing follows, not even page headers, until the next segment. */
  #skipThrough: Lsn = 0
  #stage: 'between' | 'head' | 'body' | 'padding' = 'between'
  /** The record under way: its beginning, length, and how much of it was seen. */
  #recordStart: Lsn = 0
  #length = 0
  #taken = 0
  /** Whether it began before `start`: then only its end is known. */
  #isOrphan = false
  #isKept = false
  /** Whether the orphan may have been a switch of segments: only its last bytes were seen. */
  #mayBeSwitched = false
  #crc = 0
  readonly #held = new RecordBuffer()

  constructor(options: WalWalkerOptions) {
    checkSegmentBytes(options.segmentBytes, options.start)
    this.#options = options
    this.#origin = options.start
    const inPage = options.start % pageBytes
    if (options.start % 8 !== 0 || (inPage > 0 && inPage < this.#pageHeadBytesAt(options.start))) {
      throw new Error(`no record begins at ${formatLsn(options.start)}`)
    }
  }

  /** Where the next byte to be pushed lies. */
  get position(): Lsn {
    return this.#origin
  }

  /** The last whole record, wanted or not. */
  get lastRecord(): { readonly start: Lsn; readonly end: Lsn } | undefined {
    return this.#last.start < 0 ? undefined : { ...this.#last }
  }

  /** Whether the rest of a segment, which a switch left empty, is still to come: nobody can begin in it. */
  get isInSwitch(): boolean {
    return this.#origin < this.#skipThrough
  }

  /** Set once the log has ended, with `atInvalid: 'end'`; what is pushed then is passed over. */
  get end(): WalEnd | undefined {
    return this.#end
  }

  /** Takes the bytes that follow, of which it keeps no view. */
  push(bytes: Uint8Array): void {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let at = 0
    try {
      while (at < bytes.length && this.#end === undefined) at = this.#advance(at)
    } finally {
      this.#origin += at
      this.#bytes = empty
      this.#view = nothing
      this.#record.view = nothing
    }
  }

  #advance(at: number): number {
    const lsn = this.#origin + at
    if (lsn < this.#skipThrough) return this.#skipRestOfSegment(at, lsn)
    const inPage = lsn % pageBytes
    const limit = Math.min(this.#bytes.length, at + pageBytes - inPage)
    const headBytes = this.#pageHeadBytesAt(lsn)
    return inPage < headBytes ? this.#takePageHead(at, inPage, headBytes) : this.#takeRecords(at, limit)
  }

  #pageHeadBytesAt(lsn: Lsn): number {
    return lsn % this.#options.segmentBytes < pageBytes ? longPageHeadBytes : pageHeadBytes
  }

  #skipRestOfSegment(at: number, lsn: Lsn): number {
    const next = Math.min(this.#bytes.length, at + this.#skipThrough - lsn)
    if (this.#origin + next === this.#skipThrough) this.#last.end = this.#skipThrough
    return next
  }

  #takePageHead(at: number, inPage: number, headBytes: number): number {
    const next = Math.min(this.#bytes.length, at + headBytes - inPage)
    for (let index = at; index < next; index++) this.#pageHead.setUint8(inPage + index - at, this.#view.getUint8(index))
    if (inPage + next - at === headBytes) this.#enterPage(this.#origin + next - headBytes)
    return next
  }

  #enterPage(lsn: Lsn): void {
    const verdict = judgePageHead(this.#pageHead, lsn, this.#options, this.#timeline)
    if (verdict === 'zero' || verdict === 'stale') {
      this.#endOrFail(lsn, `the page at ${formatLsn(lsn)} is ${verdict}`)
    } else if (verdict === 'fit') {
      this.#timeline = pageTimeline(this.#pageHead)
      this.#continueFrom(lsn, continuationBytes(this.#pageHead))
    } else {
      throw notWal(lsn, verdict.reason)
    }
  }

  /** A page says how much of the record before it is still to come: as much as is lacking, unless the rest was lost in a crash. */
  #continueFrom(lsn: Lsn, continued: number): void {
    const expected = this.#stage === 'between' ? 0 : this.#length - this.#taken
    if (lsn === this.#options.start && continued > 0) {
      this.#beginOrphan(continued)
    } else if (overwritesContinuation(this.#pageHead)) {
      this.#stage = 'between'
    } else if (continued !== expected) {
      this.#endOrFail(lsn, `the page at ${formatLsn(lsn)} goes on with ${continued} bytes of a record that lacks ${expected}`)
    }
  }

  #beginOrphan(length: number): void {
    this.#isOrphan = true
    // The rest of a header, which is what a switch of segments consists of.
    this.#isKept = length === 8 || length === 16
    this.#length = length
    this.#taken = 0
    this.#stage = 'body'
  }

  /** The part of a page from `at` to `limit`, which begins in, between or with records. */
  #takeRecords(from: number, limit: number): number {
    const view = this.#view
    let at = from
    while (at < limit && this.#end === undefined && this.#origin + at >= this.#skipThrough) {
      if (this.#stage !== 'between') {
        at = this.#continueRecord(at, limit)
        continue
      }
      const room = limit - at
      const length = room < recordHeadBytes ? 0 : view.getUint32(at, true)
      const padded = length <= room ? (length + 7) & ~7 : room + 1
      if (length < recordHeadBytes || padded > room) {
        this.#stage = 'head'
        this.#recordStart = this.#origin + at
        this.#taken = 0
        this.#isOrphan = false
        continue
      }
      if (!this.#readHead(view, at, this.#origin + at, length)) return at
      if (this.#options.checksums) {
        const crc = crc32cUpdate(crc32cStart, this.#bytes, at + recordHeadBytes, at + length)
        if (!this.#checkCrc(this.#bytes, view, at, crc)) return at
      }
      at += padded
      this.#finishRecord(view, at - padded, this.#origin + at)
    }
    return at
  }

  /** XLogRecord. False when the log ends here. */
  #readHead(view: DataView, at: number, lsn: Lsn, length: number): boolean {
    const record = this.#record
    record.start = lsn
    record.length = length
    record.xid = view.getUint32(at + 4, true)
    record.previous = readLsn(view, at + 8)
    record.info = view.getUint8(at + 16)
    record.rmgr = view.getUint8(at + 17)
    if (this.#last.start < 0 ? record.previous < lsn : record.previous === this.#last.start) return true
    const expected = this.#last.start < 0 ? 'one before it' : formatLsn(this.#last.start)
    this.#endOrFail(lsn, `the record at ${formatLsn(lsn)} follows ${formatLsn(record.previous)}, not ${expected}`)
    return false
  }

  #continueRecord(at: number, limit: number): number {
    if (this.#stage === 'head') return this.#takeHead(at, limit)
    if (this.#stage === 'body') return this.#takeBody(at, limit)
    const next = Math.min(limit, at + this.#paddingBytes(at))
    if (this.#paddingBytes(next) === 0) this.#finishHeld(next)
    return next
  }

  #takeHead(at: number, limit: number): number {
    const next = Math.min(limit, at + recordHeadBytes - this.#taken)
    this.#held.put(this.#taken, this.#bytes.subarray(at, next))
    this.#taken += next - at
    if (this.#taken < 4) return next
    this.#length = this.#held.view.getUint32(0, true)
    if (this.#length < recordHeadBytes || this.#length > recordBytesMax) {
      this.#endOrSkip()
      return next
    }
    if (this.#taken < recordHeadBytes) return next
    if (!this.#readHead(this.#held.view, 0, this.#recordStart, this.#length)) return next
    this.#isKept = this.#isWanted()
    this.#crc = crc32cStart
    this.#stage = 'body'
    return this.#taken === this.#length ? this.#endBody(next) : next
  }

  /** No record begins here: the log ends, or a switch of segments whose record began before `start` has left the rest empty. */
  #endOrSkip(): void {
    if (this.#length === 0 && this.#mayBeSwitched) {
      this.#skipThrough = segmentStart(this.#recordStart, this.#options.segmentBytes) + this.#options.segmentBytes
      this.#stage = 'between'
    } else {
      this.#endOrFail(this.#recordStart, `the record at ${formatLsn(this.#recordStart)} claims ${this.#length} bytes`)
    }
  }

  #takeBody(at: number, limit: number): number {
    const next = Math.min(limit, at + this.#length - this.#taken)
    if (this.#options.checksums && !this.#isOrphan) this.#crc = crc32cUpdate(this.#crc, this.#bytes, at, next)
    if (this.#isKept) this.#held.put(this.#taken, this.#bytes.subarray(at, next))
    this.#taken += next - at
    return this.#taken === this.#length ? this.#endBody(next) : next
  }

  #endBody(at: number): number {
    if (this.#options.checksums && !this.#isOrphan && !this.#checkCrc(this.#held.bytes, this.#held.view, 0, this.#crc)) return at
    this.#stage = 'padding'
    if (this.#paddingBytes(at) === 0) this.#finishHeld(at)
    return at
  }

  #paddingBytes(at: number): number {
    return (8 - ((this.#origin + at) % 8)) % 8
  }

  #finishHeld(at: number): void {
    this.#stage = 'between'
    const { view } = this.#held
    if (!this.#isOrphan) this.#finishRecord(view, 0, this.#origin + at)
    else if (this.#isKept) this.#mayBeSwitched = isSwitch(view.getUint8(this.#length - 7), view.getUint8(this.#length - 8))
    this.#held.release()
  }

  #finishRecord(view: DataView, at: number, end: Lsn): void {
    const record = this.#record
    this.#last.start = record.start
    this.#last.end = end
    this.#mayBeSwitched = false
    if (isSwitch(record.rmgr, record.info)) {
      this.#skipThrough = Math.ceil(end / this.#options.segmentBytes) * this.#options.segmentBytes
    }
    if (!this.#isWanted()) return
    record.view = view
    record.at = at
    record.end = end
    this.#options.onRecord(record)
  }

  #isWanted(): boolean {
    return this.#options.wanted[filterIndex(this.#record.rmgr, this.#record.info)] === 1
  }

  /** The checksum covers the record's body, then its header up to the checksum itself. */
  #checkCrc(bytes: Uint8Array, view: DataView, at: number, bodyCrc: number): boolean {
    if (crc32cEnd(crc32cUpdate(bodyCrc, bytes, at, at + 20)) === view.getUint32(at + 20, true)) return true
    this.#endOrFail(this.#record.start, `the record at ${formatLsn(this.#record.start)} has not the content of its checksum`)
    return false
  }

  #endOrFail(lsn: Lsn, reason: string): void {
    if (this.#options.atInvalid === 'fail') throw notWal(lsn, reason)
    this.#end = { lsn: this.#last.end < 0 ? this.#options.start : this.#last.end, reason }
  }
}

type MutableRecord = { -readonly [Key in keyof WalRecord]: WalRecord[Key] }

function isSwitch(manager: number, info: number): boolean {
  return manager === rmgr.xlog && (info & 0xf0) === xlogInfo.segmentSwitch
}

const empty = new Uint8Array(0)
const nothing: DataView = new DataView(empty.buffer)
