import { recordBytesMax } from './wal-format.ts'

/** Room for most records that cross a page; more is given back after each that needed it. */
const usualBytes = 64 * 1024

/** Puts together a record that comes in parts. It grows with what really came: a length alone, which may be damaged, takes no memory. */
export class RecordBuffer {
  bytes = new Uint8Array(usualBytes)
  view = new DataView(this.bytes.buffer)

  /** Puts a part where it belongs in the record: behind the `at` bytes that came before. */
  put(at: number, part: Uint8Array): void {
    const needed = at + part.length
    if (needed > this.bytes.length) {
      const before = this.bytes.subarray(0, at)
      this.#replace(Math.min(recordBytesMax, Math.max(needed, this.bytes.length * 2)))
      this.bytes.set(before)
    }
    this.bytes.set(part, at)
  }

  /** The record is no longer needed. */
  release(): void {
    if (this.bytes.length > usualBytes) this.#replace(usualBytes)
  }

  #replace(length: number): void {
    this.bytes = new Uint8Array(length)
    this.view = new DataView(this.bytes.buffer)
  }
}
