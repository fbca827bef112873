import type { ChangeBatch, FoldedEnd } from '@coffre/connector'
import type { FoldedPart } from './hour-index.ts'

interface Seen extends FoldedPart {
  /** Bytes of log through the end of this one. */
  readonly endByte: number
}

/** Watches the log on its way into a format, and tells afterwards in which parts it came into each file. */
export class LogTap {
  #seen: Seen[] = []
  #seenBytes = 0
  #filedBytes = 0

  async *watch(log: AsyncIterable<ChangeBatch>): AsyncGenerator<ChangeBatch> {
    for await (const batch of log) {
      const { through, bytes, stamps } = batch
      this.#seenBytes += bytes.byteLength
      this.#seen.push({ through: through.offset, logBytes: bytes.byteLength, stamps, endByte: this.#seenBytes })
      yield batch
    }
  }

  /** The parts of the next file, which ends so. A part that two files share has its stamps in both. */
  take({ through, logBytes }: FoldedEnd): FoldedPart[] {
    const endByte = this.#filedBytes + logBytes
    const parts: FoldedPart[] = []
    for (const seen of this.#seen) {
      if (this.#filedBytes >= endByte) break
      const partEnd = Math.min(seen.endByte, endByte)
      const part = { through: partEnd === seen.endByte ? seen.through : through.offset, logBytes: partEnd - this.#filedBytes }
      if (part.logBytes > 0) parts.push({ ...part, stamps: seen.stamps })
      this.#filedBytes = partEnd
    }
    this.#seen = this.#seen.filter((seen) => seen.endByte > this.#filedBytes)
    if (this.#filedBytes !== endByte || (parts.at(-1)?.through ?? through.offset) !== through.offset) {
      throw new Error(`the format put ${logBytes} bytes of log through ${through.offset} into a file, and was given other log`)
    }
    return parts
  }

  /** Whether all that was given is in a file. */
  get isEmptied(): boolean {
    return this.#filedBytes === this.#seenBytes
  }
}
