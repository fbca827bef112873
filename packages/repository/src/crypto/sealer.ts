import { randomFillSync } from 'node:crypto'
import type { BlockKey, CtrKey, Primitives } from './primitives.ts'
import type { Region } from './region.ts'

/** Every sealed thing is IV (16) ‖ ciphertext ‖ MAC (16); design.rst, section "Keys, Encryption and MAC". */
export const sealOverheadBytes = 32

const ivBytes = 16
const noncePoolBytes = 64 * 1024

/** The secrets of a repository: what a key file holds, sealed by a password. */
export interface MasterKey {
  /** AES-256 key of the content, 32 bytes. */
  readonly encrypt: Uint8Array
  /** AES-128 key that turns a nonce into the pad of Poly1305, 16 bytes. */
  readonly macK: Uint8Array
  /** The fixed part of the Poly1305 key, 16 bytes, clamped when used. */
  readonly macR: Uint8Array
}

/** Seals and opens with one key on one thread. */
export class Sealer {
  readonly #primitives: Primitives
  readonly #cipher: CtrKey
  readonly #padKey: BlockKey
  readonly #nonces: Region
  readonly #scratch: Region
  #nonceAt = noncePoolBytes

  constructor(key: MasterKey, primitives: Primitives) {
    this.#primitives = primitives
    this.#cipher = primitives.ctrKey(key.encrypt)
    this.#padKey = primitives.blockKey(key.macK)
    this.#nonces = primitives.allocate(noncePoolBytes)
    // One-time key (r ‖ pad) at 0, computed tag at 32.
    this.#scratch = primitives.allocate(64)
    this.#scratch.bytes.set(clamp(key.macR), 0)
  }

  /** Writes the sealed form, `length` + 32 bytes, to target. The content may already lie at targetOffset + 16. */
  seal(target: Region, targetOffset: number, source: Region, offset: number, length: number): void {
    this.#nextNonce(target, targetOffset)
    const body = targetOffset + ivBytes
    this.#primitives.encryptCtr(this.#cipher, target, body, source, offset, length, target, targetOffset)
    this.#tag(target, targetOffset, body, length, target, body + length)
  }

  /** Writes the content, `length` - 32 bytes, to target (the same place allowed); false and nothing written when the MAC does not fit. */
  open(target: Region, targetOffset: number, source: Region, offset: number, length: number): boolean {
    const contentBytes = length - sealOverheadBytes
    if (contentBytes < 0) return false
    const body = offset + ivBytes
    this.#tag(source, offset, body, contentBytes, this.#scratch, 32)
    if (this.#scratch.bytes.compare(source.bytes, body + contentBytes, body + contentBytes + 16, 32, 48) !== 0) return false
    this.#primitives.encryptCtr(this.#cipher, target, targetOffset, source, body, contentBytes, source, offset)
    return true
  }

  #tag(ivRegion: Region, ivOffset: number, bodyOffset: number, length: number, target: Region, targetOffset: number): void {
    this.#primitives.encryptBlock(this.#padKey, this.#scratch, 16, ivRegion, ivOffset)
    this.#primitives.poly1305(this.#scratch, 0, ivRegion, bodyOffset, length, target, targetOffset)
  }

  #nextNonce(target: Region, offset: number): void {
    if (this.#nonceAt === noncePoolBytes) {
      randomFillSync(this.#nonces.bytes)
      this.#nonceAt = 0
    }
    this.#nonces.bytes.copy(target.bytes, offset, this.#nonceAt, this.#nonceAt + ivBytes)
    this.#nonceAt += ivBytes
  }
}

/** Poly1305 wants 22 bits of r to be zero (RFC 8439, section 2.5). */
function clamp(r: Uint8Array): Uint8Array {
  const out = Uint8Array.from(r)
  for (const i of [3, 7, 11, 15]) out[i] = (out[i] ?? 0) & 0x0f
  for (const i of [4, 8, 12]) out[i] = (out[i] ?? 0) & 0xfc
  return out
}
