import { ChangeReader, changeRecords } from './change-reader.ts'
import { eventsOf, type LogEvent, type RelationNames } from './log-events.ts'
import { RecordParts } from './record-parts.ts'
import type { TransactionChanges } from './transaction-changes.ts'
import { isTransactionEnd, readTransactionEnd, type TransactionEnd, transactionEnds } from './transaction-end.ts'
import type { WalMajor } from './wal-format.ts'
import { recordFilter, type WalRecord } from './wal-record.ts'

/** A minute of the log, by the times stamped on the ends of transactions. */
export interface LogMinute {
  /** Where it begins, microseconds since 1970. */
  readonly startUs: number
  readonly commits: number
  /** Of transactions, and of savepoints that had written: the log does not tell them apart. */
  readonly aborts: number
  /** In the order of the log. */
  readonly events: readonly LogEvent[]
  /** How many more there were than are kept. */
  readonly eventsOmitted: number
}

export interface LogMapOptions {
  readonly major: WalMajor
  readonly names: RelationNames
  /** So many rows deleted or updated in one relation by one transaction are an event. */
  readonly massRowsMin: number
  /** More events of one minute are only counted. */
  readonly eventsPerMinuteMax?: number
  /** Bounds the memory for transactions that are open: about a hundred bytes each. */
  readonly entriesMax?: number
  /** Called at the end of each transaction with what it did, as far as it was seen; `changes` is the callee's. */
  readonly onEnd?: (end: TransactionEnd, changes: TransactionChanges | undefined) => void
}

/**
 * The log as a map: what was committed when, and what of it one may want to go back before. Of a transaction that began before the log
 * that is shown to it, only the part within is counted.
 */
export class LogMap {
  /** What the walker must show to it. */
  static readonly wanted = recordFilter([transactionEnds, ...changeRecords])
  readonly #options: LogMapOptions
  readonly #reader: ChangeReader
  readonly #parts = new RecordParts()
  readonly #minutes = new Map<number, MutableMinute>()

  constructor(options: LogMapOptions) {
    this.#options = options
    this.#reader = new ChangeReader(options.entriesMax ?? entriesMaxDefault)
  }

  /** Takes in one of the wanted records. */
  add(record: WalRecord): void {
    if (isTransactionEnd(record)) this.#addEnd(readTransactionEnd(record, this.#parts, this.#options.major))
    else this.#reader.add(record)
  }

  /** The minutes with a transaction in them so far, in their order. */
  minutes(): readonly LogMinute[] {
    return [...this.#minutes.values()].sort((a, b) => a.startUs - b.startUs)
  }

  #addEnd(end: TransactionEnd): void {
    const changes = this.#reader.open.finish(end)
    this.#options.onEnd?.(end, changes)
    const minute = this.#minuteOf(end.timeUs)
    if (end.kind === 'abort' || end.kind === 'abort-prepared') {
      minute.aborts++
      return
    }
    minute.commits++
    for (const event of eventsOf(end, changes, this.#options.names, this.#options.massRowsMin)) {
      if (minute.events.length < (this.#options.eventsPerMinuteMax ?? eventsPerMinuteMaxDefault)) minute.events.push(event)
      else minute.eventsOmitted++
    }
  }

  #minuteOf(timeUs: number): MutableMinute {
    const startUs = Math.floor(timeUs / minuteUs) * minuteUs
    const known = this.#minutes.get(startUs)
    if (known !== undefined) return known
    const made = { startUs, commits: 0, aborts: 0, events: [], eventsOmitted: 0 }
    this.#minutes.set(startUs, made)
    return made
  }
}

type MutableMinute = { -readonly [Key in keyof LogMinute]: Key extends 'events' ? LogEvent[] : LogMinute[Key] }

const minuteUs = 60_000_000
const entriesMaxDefault = 200_000
const eventsPerMinuteMaxDefault = 1000
