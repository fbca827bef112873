import type { Region } from './region.ts'

/**
 * The arithmetic of the vault on one thread: hash, compress, encrypt, authenticate. Everything works in place on regions, so that
 * nothing is allocated per blob. Not re-entrant: one instance for each thread.
 */
export interface Primitives {
  /** 'native' or 'portable'; for diagnosis. */
  readonly kind: string
  /** Fresh zeroed memory. */
  allocate(sizeBytes: number): Region
  /** Existing memory, which must be off V8's heap: a SharedArrayBuffer, or a buffer of at least a page. */
  pin(memory: SharedArrayBuffer | ArrayBuffer): Region
  /** Writes the 32 bytes of SHA-256(source[offset, +length)) to target at targetOffset. */
  sha256(source: Region, offset: number, length: number, target: Region, targetOffset: number): void
  /** zstd; the compressed length, or 0 when it does not fit into `capacity`. */
  compress(
    target: Region,
    targetOffset: number,
    capacity: number,
    source: Region,
    offset: number,
    length: number,
    level: number,
  ): number
  /** The length of the content, or -1 when the frame is damaged or holds more than `capacity`. */
  decompress(target: Region, targetOffset: number, capacity: number, source: Region, offset: number, length: number): number
  /** AES-256-CTR from source to target, which may be the same place. `iv` is 16 bytes at ivOffset of ivRegion. */
  encryptCtr(
    cipher: CtrKey,
    target: Region,
    targetOffset: number,
    source: Region,
    offset: number,
    length: number,
    iv: Region,
    ivOffset: number,
  ): void
  ctrKey(key: Uint8Array): CtrKey
  /** Encrypts one 16-byte block with AES-128; for the Poly1305 pad. */
  encryptBlock(key: BlockKey, target: Region, targetOffset: number, source: Region, offset: number): void
  blockKey(key: Uint8Array): BlockKey
  /** The 16-byte tag under the 32-byte one-time key at keyOffset of keyRegion (r clamped). */
  poly1305(
    key: Region,
    keyOffset: number,
    source: Region,
    offset: number,
    length: number,
    target: Region,
    targetOffset: number,
  ): void
  /** Gives back what neither V8 nor the end of a thread frees. Nothing else is called afterwards. */
  release(): void
}

declare const ctrBrand: unique symbol
declare const blockBrand: unique symbol
/** A prepared AES-256-CTR key. */
export interface CtrKey {
  readonly [ctrBrand]: true
}
/** A prepared AES-128 key. */
export interface BlockKey {
  readonly [blockBrand]: true
}
