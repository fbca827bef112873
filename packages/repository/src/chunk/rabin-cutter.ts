import type { Cutter } from './cutter.ts'
import { type RabinTables, rabinTables, rabinWindowBytes } from './rabin-tables.ts'

const minBytes = 512 * 1024
const averageMask = (1 << 20) - 1

/**
 * Cuts as restic does (design.rst, section "Backups and Deduplication"): after at least 512 KiB, where the low 20 bits of the Rabin
 * fingerprint of the last 64 bytes are zero, or after 8 MiB.
 */
export class RabinCutter implements Cutter {
  readonly maxBytes = 8 * 1024 * 1024
  readonly #tables: RabinTables
  /** Bytes of the current chunk that the fingerprint has seen; 0 before its first window. */
  #scanned = 0
  #high = 0
  #low = 0

  /** `polynomial` as the config stores it. */
  constructor(polynomial: string) {
    this.#tables = rabinTables(polynomial)
  }

  next(data: Uint8Array, begin: number, end: number, last: boolean): number | undefined {
    const limit = Math.min(end - begin, this.maxBytes)
    if (limit >= minBytes && this.#scan(data, begin, limit)) return this.#cutAt(this.#scanned)
    return last || limit === this.maxBytes ? this.#cutAt(limit) : undefined
  }

  #cutAt(length: number): number {
    this.#scanned = 0
    return length
  }

  /** Moves the fingerprint on to the first position that is a cut, or to `limit`; whether it is a cut. */
  #scan(data: Uint8Array, begin: number, limit: number): boolean {
    if (this.#scanned === 0) {
      this.#fillWindow(data, begin + minBytes - rabinWindowBytes)
      this.#scanned = minBytes
      if ((this.#low & averageMask) === 0) return true
    }
    const { reduceHigh, reduceLow, leaveHigh, leaveLow } = this.#tables
    const stop = begin + limit
    let at = begin + this.#scanned
    let leave = at - rabinWindowBytes
    let high = this.#high
    let low = this.#low
    let found = false
    while (at < stop) {
      const leaving = data[leave++] as number
      const top = (high >>> 13) & 0xff
      high = (high << 8) ^ (low >>> 24) ^ (reduceHigh[top] as number) ^ (leaveHigh[leaving] as number)
      low = (low << 8) ^ (data[at++] as number) ^ (reduceLow[top] as number) ^ (leaveLow[leaving] as number)
      if ((low & averageMask) === 0) {
        found = true
        break
      }
    }
    this.#high = high
    this.#low = low
    this.#scanned = at - begin
    return found
  }

  #fillWindow(data: Uint8Array, start: number): void {
    const { reduceHigh, reduceLow } = this.#tables
    let high = 0
    let low = 0
    for (let at = start; at < start + rabinWindowBytes; at++) {
      const top = (high >>> 13) & 0xff
      high = (high << 8) ^ (low >>> 24) ^ (reduceHigh[top] as number)
      low = (low << 8) ^ (data[at] as number) ^ (reduceLow[top] as number)
    }
    this.#high = high
    this.#low = low
  }
}
