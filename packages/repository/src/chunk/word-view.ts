/**
 * The same memory as whole little-endian words: a scan that takes four bytes with one load is twice as fast. The view of the
 * latest buffer is kept, since a stream is read into one buffer again and again.
 */
export class WordView {
  #words: Int32Array = new Int32Array(0)

  /** Word n holds the bytes from 4 n of `data.buffer`, whatever the offset of `data` in it. */
  of(data: Uint8Array): Int32Array {
    if (this.#words.buffer !== data.buffer || this.#words.length !== data.buffer.byteLength >>> 2) {
      this.#words = new Int32Array(data.buffer, 0, data.buffer.byteLength >>> 2)
    }
    return this.#words
  }
}
