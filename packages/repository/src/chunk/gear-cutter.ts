import { hkdfSync } from 'node:crypto'
import type { Cutter } from './cutter.ts'
import { WordView } from './word-view.ts'

const minBytes = 512 * 1024
/** Where cuts become likelier, chosen so that random content is cut into 1 MiB on average. */
const turnBytes = 800 * 1024
const windowBytes = 32
/** The high bits of the hash depend on most bytes. Before the turn one position in 2²² is a cut, after it one in 2¹⁸. */
const rareMask = -1 << 10
const commonMask = -1 << 14

/** The gear hash's table: derived from a secret of the vault, so that the lengths of chunks tell nothing to those who lack it. */
export function gearTable(secret: Uint8Array): Int32Array {
  const bytes = Buffer.from(hkdfSync('sha256', secret, new Uint8Array(0), 'coffre gear table', 1024))
  return Int32Array.from({ length: 256 }, (_, i) => bytes.readInt32LE(i * 4))
}

/**
 * Coffre's content-defined cut: a gear hash over the last 32 bytes with FastCDC's normalisation (Xia et al., USENIX ATC 2016):
 * 512 KiB to 4 MiB, 1 MiB on average.
 */
export class GearCutter implements Cutter {
  readonly maxBytes = 4 * 1024 * 1024
  readonly #table: Int32Array
  readonly #words = new WordView()
  /** Bytes of the current chunk that the hash has seen; 0 before its first window. */
  #scanned = 0
  #hash = 0

  constructor(table: Int32Array) {
    this.#table = table
  }

  next(data: Uint8Array, begin: number, end: number, last: boolean): number | undefined {
    const limit = Math.min(end - begin, this.maxBytes)
    if (limit > minBytes && this.#scan(data, begin, limit)) return this.#cutAt(this.#scanned)
    return last || limit === this.maxBytes ? this.#cutAt(limit) : undefined
  }

  #cutAt(length: number): number {
    this.#scanned = 0
    return length
  }

  #scan(data: Uint8Array, begin: number, limit: number): boolean {
    if (this.#scanned === 0) {
      this.#hash = warmUp(this.#table, data, begin + minBytes - windowBytes)
      this.#scanned = minBytes
    }
    if (this.#scanned < turnBytes && this.#scanTo(data, begin, Math.min(limit, turnBytes), rareMask)) return true
    return this.#scanned < limit && this.#scanTo(data, begin, limit, commonMask)
  }

  /** Moves the hash on to the first position that is a cut, or to `limit`; whether it is a cut. */
  #scanTo(data: Uint8Array, begin: number, limit: number, mask: number): boolean {
    const stop = begin + limit
    const aligned = Math.min(stop, begin + this.#scanned + (-(data.byteOffset + begin + this.#scanned) & 3))
    return (
      this.#scanBytes(data, begin, aligned, mask) ||
      this.#scanWords(data, begin, stop, mask) ||
      this.#scanBytes(data, begin, stop, mask)
    )
  }

  #scanBytes(data: Uint8Array, begin: number, stop: number, mask: number): boolean {
    const table = this.#table
    while (begin + this.#scanned < stop) {
      this.#hash = ((this.#hash << 1) + (table[data[begin + this.#scanned++] as number] as number)) | 0
      if ((this.#hash & mask) === 0) return true
    }
    return false
  }

  /** From a word's first byte to the last whole word before `stop`. */
  #scanWords(data: Uint8Array, begin: number, stop: number, mask: number): boolean {
    const table = this.#table
    const words = this.#words.of(data)
    const first = (data.byteOffset + begin + this.#scanned) >>> 2
    const end = (data.byteOffset + stop) >>> 2
    let hash = this.#hash
    let at = first
    let byte = 0
    for (; at < end; at++) {
      const word = words[at] as number
      hash = ((hash << 1) + (table[word & 0xff] as number)) | 0
      byte = 1
      if ((hash & mask) === 0) break
      hash = ((hash << 1) + (table[(word >>> 8) & 0xff] as number)) | 0
      byte = 2
      if ((hash & mask) === 0) break
      hash = ((hash << 1) + (table[(word >>> 16) & 0xff] as number)) | 0
      byte = 3
      if ((hash & mask) === 0) break
      hash = ((hash << 1) + (table[word >>> 24] as number)) | 0
      byte = 4
      if ((hash & mask) === 0) break
    }
    this.#hash = hash
    const found = at < end
    this.#scanned += (at - first) * 4 + (found ? byte : 0)
    return found
  }
}

function warmUp(table: Int32Array, data: Uint8Array, start: number): number {
  let hash = 0
  for (let at = start; at < start + windowBytes; at++) hash = ((hash << 1) + (table[data[at] as number] as number)) | 0
  return hash
}
