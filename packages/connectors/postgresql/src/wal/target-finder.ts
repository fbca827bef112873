import type { Lsn } from './lsn.ts'
import { recordBoundary } from './record-boundary.ts'
import { RecordParts } from './record-parts.ts'
import { isTransactionEnd, readTransactionEnd, type TransactionEnd, transactionEnds } from './transaction-end.ts'
import { rmgr, xlogInfo } from './wal-format.ts'
import { recordFilter, type WalRecord } from './wal-record.ts'
import { WalWalker, type WalWalkerOptions } from './wal-walker.ts'

/** What a restore can be asked for. */
export type WalTarget =
  /** The log before the first transaction end stamped after `timeUs`, in microseconds since 1970. */
  | { readonly kind: 'time'; readonly timeUs: number }
  /** Through the end of this transaction, or of the one that this was a savepoint of. */
  | { readonly kind: 'transaction'; readonly xid: number }
  /** Through the first restore point of this name (`pg_create_restore_point`). */
  | { readonly kind: 'restore-point'; readonly name: string }
  /** All records that end at or before `lsn`. Given where a record begins, it is the log without that record. */
  | { readonly kind: 'lsn'; readonly lsn: Lsn }

/** Where a restore stops. */
export interface WalStop {
  /**
   * What to give PostgreSQL as `recovery_target_lsn`, inclusive: where the last kept record begins. Its end would not do: replay stops
   * behind the first record that *begins* at or after the target, which is one too many.
   */
  readonly targetLsn: Lsn
  /** Where the last kept record ends: so much of the log the replay needs. */
  readonly through: Lsn
  /** The last transaction end that is kept; undefined when none was among the log that was looked at. */
  readonly lastKept: TransactionEnd | undefined
  /** The first that is not; undefined when the log ends before. */
  readonly firstLeftOut: TransactionEnd | undefined
}

export type TargetFinderOptions = Omit<WalWalkerOptions, 'wanted' | 'onRecord'>

/** Finds a target in a log that is pushed to it, contiguous, from at or before the last transaction end that matters. */
export class TargetFinder {
  readonly #target: WalTarget
  readonly #options: TargetFinderOptions
  readonly #walker: WalWalker
  readonly #parts = new RecordParts()
  #last: { readonly start: Lsn; readonly end: Lsn } | undefined
  #lastKept: TransactionEnd | undefined
  #firstLeftOut: TransactionEnd | undefined

  constructor(target: WalTarget, options: TargetFinderOptions) {
    this.#target = target
    this.#options = options
    this.#walker = new WalWalker({ ...options, wanted, onRecord: (record) => this.#add(record) })
  }

  /** Where the next byte to be pushed lies. */
  get position(): Lsn {
    return this.#walker.position
  }

  /** Takes the log that follows. True once no more of it is needed. */
  push(bytes: Uint8Array): boolean {
    if (this.#firstLeftOut !== undefined) return true
    const untilTarget = this.#target.kind === 'lsn' ? this.#target.lsn - this.#walker.position : 0
    if (untilTarget > 0 && untilTarget <= bytes.length) {
      this.#walker.push(bytes.subarray(0, untilTarget))
      if (this.#walker.end === undefined) this.#last = this.#walker.lastRecord
      this.#walker.push(bytes.subarray(untilTarget))
    } else {
      this.#walker.push(bytes)
    }
    return this.#firstLeftOut !== undefined || this.#walker.end !== undefined
  }

  /**
   * The stop, for the log that was pushed. A time after its last stamp keeps all of it: whether the log is known through that time is for
   * its marks to say. Undefined when the target is not in it.
   */
  stop(): WalStop | undefined {
    const last = this.#last ?? (this.#target.kind === 'time' ? this.#walker.lastRecord : undefined)
    if (last === undefined) return undefined
    return { targetLsn: last.start, through: last.end, lastKept: this.#lastKept, firstLeftOut: this.#firstLeftOut }
  }

  #add(record: WalRecord): void {
    if (this.#firstLeftOut !== undefined) return
    if (isTransactionEnd(record)) this.#addEnd(readTransactionEnd(record, this.#parts, this.#options.major))
    else this.#addRestorePoint(record)
  }

  #addEnd(end: TransactionEnd): void {
    const target = this.#target
    if (target.kind === 'time' && end.timeUs > target.timeUs)
      this.#last = { start: end.previous, end: recordBoundary(end.start, this.#options.segmentBytes) }
    if (this.#last !== undefined) {
      this.#firstLeftOut = end
      return
    }
    this.#lastKept = end
    if (target.kind === 'transaction' && (end.xid === target.xid || end.subxids.includes(target.xid)))
      this.#last = { start: end.start, end: end.end }
  }

  /** xl_restore_point: a time, and a name of 64 bytes that ends with a zero. */
  #addRestorePoint(record: WalRecord): void {
    if (this.#target.kind !== 'restore-point' || this.#last !== undefined) return
    this.#parts.read(record)
    const { mainAt, mainBytes } = this.#parts
    const { buffer, byteOffset } = record.view
    const name = new TextDecoder().decode(new Uint8Array(buffer, byteOffset + mainAt + 8, Math.max(0, mainBytes - 8)))
    if (name.split('\0', 1)[0] === this.#target.name) this.#last = { start: record.start, end: record.end }
  }
}

const wanted = recordFilter([transactionEnds, { rmgr: rmgr.xlog, infos: [xlogInfo.restorePoint] }])
