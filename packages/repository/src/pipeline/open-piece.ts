import type { Primitives } from '../crypto/primitives.ts'
import type { Region } from '../crypto/region.ts'
import { type Sealer, sealOverheadBytes } from '../crypto/sealer.ts'
import type { SealedPiece } from './jobs.ts'

/** The plain content of a piece: where it lies, or what is wrong with it. */
export interface OpenedPiece {
  readonly region: Region
  readonly offset: number
  readonly length: number
}

/** Opens pieces one at a time into memory of its own; the result holds until the next call. */
export class PieceOpener {
  readonly #primitives: Primitives
  readonly #sealer: Sealer
  #scratch: Region
  readonly #hash: Region

  constructor(primitives: Primitives, sealer: Sealer) {
    this.#primitives = primitives
    this.#sealer = sealer
    this.#scratch = primitives.allocate(1 << 20)
    this.#hash = primitives.allocate(64)
  }

  /** Authenticates, decrypts, decompresses and compares the hash; a sentence when any of it fails. */
  open(source: Region, piece: SealedPiece): OpenedPiece | string {
    const openedBytes = piece.sealedBytes - sealOverheadBytes
    if (openedBytes < 0 || piece.offset + piece.sealedBytes > source.bytes.length) return `blob ${piece.id} reaches beyond its pack`
    const scratch = this.#room(openedBytes + piece.rawBytes)
    if (!this.#sealer.open(scratch, 0, source, piece.offset, piece.sealedBytes)) {
      return `blob ${piece.id} fails its authentication`
    }
    let offset = 0
    let length = openedBytes
    if (piece.rawBytes > 0) {
      offset = openedBytes
      length = this.#primitives.decompress(scratch, offset, piece.rawBytes, scratch, 0, openedBytes)
      if (length !== piece.rawBytes) return `blob ${piece.id} does not decompress to ${piece.rawBytes} bytes`
    }
    this.#primitives.sha256(scratch, offset, length, this.#hash, 0)
    if (this.#hash.bytes.toString('hex', 0, 32) !== piece.id) return `blob ${piece.id} has other content than its name says`
    return { region: scratch, offset, length }
  }

  #room(sizeBytes: number): Region {
    if (this.#scratch.bytes.length < sizeBytes)
      this.#scratch = this.#primitives.allocate(Math.ceil(sizeBytes / (1 << 20)) * (1 << 20))
    return this.#scratch
  }
}
