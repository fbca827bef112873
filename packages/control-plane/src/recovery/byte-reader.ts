/** Reads a stream in pieces of a size of the reader's own choice. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  #buffer: Buffer = Buffer.alloc(0)
  #hasEnded = false

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#chunks = content[Symbol.asyncIterator]()
  }

  /** So many bytes, fewer only at the end. */
  async upTo(bytes: number): Promise<Buffer> {
    while (this.#buffer.length < bytes && (await this.#more()));
    const taken = this.#buffer.subarray(0, bytes)
    this.#buffer = this.#buffer.subarray(taken.length)
    return taken
  }

  /** Through the next newline; what there is when none comes within `bytesMax`. */
  async line(bytesMax: number): Promise<Buffer> {
    while (!this.#buffer.includes(0x0a) && this.#buffer.length < bytesMax && (await this.#more()));
    const end = this.#buffer.indexOf(0x0a)
    return this.upTo(end < 0 ? bytesMax : end + 1)
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#buffer.length === 0 && (await this.#more()));
    return this.#buffer.length === 0
  }

  async #more(): Promise<boolean> {
    if (this.#hasEnded) return false
    const next = await this.#chunks.next()
    this.#hasEnded = next.done === true
    // Copied: a chunk is the source's again once the next one is asked for.
    if (next.done !== true) this.#buffer = Buffer.concat([this.#buffer, next.value])
    return next.done !== true
  }
}
