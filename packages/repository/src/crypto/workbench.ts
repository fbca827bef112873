import type { Primitives } from './primitives.ts'
import type { Region } from './region.ts'
import { type MasterKey, Sealer, sealOverheadBytes } from './sealer.ts'

/**
 * Hash, compress and seal for whole buffers, where convenience counts more than the last microsecond: keys, indexes, snapshots,
 * trees on their way in. Results are copies that the caller owns.
 */
export class Workbench {
  readonly primitives: Primitives
  readonly sealer: Sealer
  #in: Region
  #out: Region

  constructor(key: MasterKey, primitives: Primitives) {
    this.primitives = primitives
    this.sealer = new Sealer(key, primitives)
    this.#in = primitives.allocate(1 << 16)
    this.#out = primitives.allocate(1 << 16)
  }

  seal(content: Uint8Array): Buffer {
    const input = this.#place(content)
    const output = this.#room(content.length + sealOverheadBytes)
    this.sealer.seal(output, 0, input, 0, content.length)
    return Buffer.from(output.bytes.subarray(0, content.length + sealOverheadBytes))
  }

  /** Undefined when the MAC does not fit: damage, or another key. */
  open(sealed: Uint8Array): Buffer | undefined {
    const input = this.#place(sealed)
    const output = this.#room(sealed.length)
    if (!this.sealer.open(output, 0, input, 0, sealed.length)) return undefined
    return Buffer.from(output.bytes.subarray(0, sealed.length - sealOverheadBytes))
  }

  compress(content: Uint8Array, level: number): Buffer {
    const capacity = content.length + (content.length >> 8) + 1024
    const input = this.#place(content)
    const output = this.#room(capacity)
    const size = this.primitives.compress(output, 0, capacity, input, 0, content.length, level)
    return Buffer.from(output.bytes.subarray(0, size))
  }

  /** Undefined when the frame is damaged or larger than `sizeBytesMax`. */
  decompress(frame: Uint8Array, sizeBytesMax: number): Buffer | undefined {
    const input = this.#place(frame)
    const output = this.#room(sizeBytesMax)
    const size = this.primitives.decompress(output, 0, sizeBytesMax, input, 0, frame.length)
    return size < 0 ? undefined : Buffer.from(output.bytes.subarray(0, size))
  }

  #place(content: Uint8Array): Region {
    if (this.#in.bytes.length < content.length) this.#in = this.primitives.allocate(grown(content.length))
    this.#in.bytes.set(content)
    return this.#in
  }

  #room(sizeBytes: number): Region {
    if (this.#out.bytes.length < sizeBytes) this.#out = this.primitives.allocate(grown(sizeBytes))
    return this.#out
  }
}

function grown(sizeBytes: number): number {
  return Math.ceil(sizeBytes / (1 << 20)) * (1 << 20)
}
