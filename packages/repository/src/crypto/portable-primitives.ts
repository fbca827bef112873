import { createCipheriv, hash } from 'node:crypto'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { poly1305 } from './poly1305.ts'
import type { BlockKey, CtrKey, Primitives } from './primitives.ts'
import type { Region } from './region.ts'

/** The same arithmetic by Node's own modules, for systems where native calls are not to be had. Slower; the results are the same. */
export class PortablePrimitives implements Primitives {
  readonly kind = 'portable'
  readonly #keys = new WeakMap<object, Uint8Array>()

  allocate(sizeBytes: number): Region {
    return { bytes: Buffer.from(new ArrayBuffer(sizeBytes)), address: 0 }
  }

  pin(memory: SharedArrayBuffer | ArrayBuffer): Region {
    return { bytes: Buffer.from(memory as ArrayBuffer), address: 0 }
  }

  sha256(source: Region, offset: number, length: number, target: Region, targetOffset: number): void {
    target.bytes.set(hash('sha256', view(source, offset, length), 'buffer'), targetOffset)
  }

  compress(
    target: Region,
    targetOffset: number,
    capacity: number,
    source: Region,
    offset: number,
    length: number,
    level: number,
  ): number {
    const packed = zstdCompressSync(view(source, offset, length), {
      chunkSize: length + (length >> 8) + 1024,
      params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_contentSizeFlag]: 1 },
      pledgedSrcSize: length,
    } as Parameters<typeof zstdCompressSync>[1])
    if (packed.length > capacity) return 0
    target.bytes.set(packed, targetOffset)
    return packed.length
  }

  decompress(target: Region, targetOffset: number, capacity: number, source: Region, offset: number, length: number): number {
    try {
      const content = zstdDecompressSync(view(source, offset, length), { maxOutputLength: capacity + 1 })
      if (content.length > capacity) return -1
      target.bytes.set(content, targetOffset)
      return content.length
    } catch {
      return -1
    }
  }

  ctrKey(key: Uint8Array): CtrKey {
    return this.#prepare<CtrKey>(key)
  }

  blockKey(key: Uint8Array): BlockKey {
    return this.#prepare<BlockKey>(key)
  }

  encryptCtr(
    cipher: CtrKey,
    target: Region,
    targetOffset: number,
    source: Region,
    offset: number,
    length: number,
    iv: Region,
    ivOffset: number,
  ): void {
    const stream = createCipheriv('aes-256-ctr', this.#key(cipher), Buffer.from(view(iv, ivOffset, 16)))
    target.bytes.set(stream.update(view(source, offset, length)), targetOffset)
  }

  encryptBlock(key: BlockKey, target: Region, targetOffset: number, source: Region, offset: number): void {
    const block = createCipheriv('aes-128-ecb', this.#key(key), null).setAutoPadding(false)
    target.bytes.set(block.update(view(source, offset, 16)), targetOffset)
  }

  release(): void {}

  poly1305(
    key: Region,
    keyOffset: number,
    source: Region,
    offset: number,
    length: number,
    target: Region,
    targetOffset: number,
  ): void {
    target.bytes.set(poly1305(view(key, keyOffset, 32), view(source, offset, length)), targetOffset)
  }

  #prepare<Key extends object>(key: Uint8Array): Key {
    const handle = {} as Key
    this.#keys.set(handle, Uint8Array.from(key))
    return handle
  }

  #key(handle: object): Uint8Array {
    const key = this.#keys.get(handle)
    if (key === undefined) throw new Error('this key belongs to other primitives')
    return key
  }
}

function view(region: Region, offset: number, length: number): Buffer {
  return region.bytes.subarray(offset, offset + length)
}
