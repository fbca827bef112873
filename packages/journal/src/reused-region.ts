import type { Primitives, Region } from '@coffre/repository'

const step = 1 << 20
/** What was needed once, for something much longer than the rest, is not kept. */
const usualBytes = 16 << 20

/** Memory that grows with what has to lie in it, and holds one thing after the other. */
export class ReusedRegion {
  readonly #primitives: Primitives
  #region: Region

  constructor(primitives: Primitives) {
    this.#primitives = primitives
    this.#region = primitives.allocate(0)
  }

  /** With room for so much; what was in it is lost when it has to grow. */
  ofBytes(sizeBytes: number): Region {
    const isTooLarge = this.#region.bytes.length > usualBytes && sizeBytes <= usualBytes
    if (isTooLarge || this.#region.bytes.length < sizeBytes)
      this.#region = this.#primitives.allocate(Math.ceil(sizeBytes / step) * step)
    return this.#region
  }

  /** The same as a view on its beginning: no Buffer, whose `slice` copies nothing. */
  viewOf(sizeBytes: number): Uint8Array {
    const { buffer, byteOffset } = this.ofBytes(sizeBytes).bytes
    return new Uint8Array(buffer, byteOffset, sizeBytes)
  }

  get region(): Region {
    return this.#region
  }
}
