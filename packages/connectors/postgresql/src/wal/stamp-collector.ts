import type { Stamps } from '@coffre/connector'
import { RecordParts } from './record-parts.ts'
import { readEndTimeUs, transactionEnds } from './transaction-end.ts'
import { recordFilter, type WalRecord } from './wal-record.ts'

/** Gathers the times that the server stamped on the ends of transactions. */
export class StampCollector {
  /** What the walker must show to it. */
  static readonly wanted = recordFilter([transactionEnds])
  readonly #parts = new RecordParts()
  #earliestUs = Number.POSITIVE_INFINITY
  #latestUs = Number.NEGATIVE_INFINITY

  /** Takes in one of the wanted records. */
  add(record: WalRecord): void {
    const timeUs = readEndTimeUs(record, this.#parts)
    if (timeUs < this.#earliestUs) this.#earliestUs = timeUs
    if (timeUs > this.#latestUs) this.#latestUs = timeUs
  }

  /** The stamps since the last call; undefined when there was none. */
  take(): Stamps | undefined {
    const stamps = { earliestUs: this.#earliestUs, latestUs: this.#latestUs }
    this.#earliestUs = Number.POSITIVE_INFINITY
    this.#latestUs = Number.NEGATIVE_INFINITY
    return stamps.latestUs === Number.NEGATIVE_INFINITY ? undefined : stamps
  }
}
