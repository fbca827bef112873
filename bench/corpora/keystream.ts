import { createCipheriv } from 'node:crypto'

/**
 * Random bytes that are the same on every machine: the keystream of AES-256-CTR under a key made of `seed`. Any part of it can be had
 * without what comes before, when it begins at a multiple of 16.
 */
export class Keystream {
  readonly #key: Buffer

  constructor(seed: number) {
    this.#key = Buffer.alloc(32)
    this.#key.writeDoubleLE(seed)
  }

  bytes(offset: number, length: number): Buffer {
    if (offset % 16 !== 0) throw new RangeError(`a keystream has no block that begins at ${offset}`)
    const counter = Buffer.alloc(16)
    counter.writeBigUInt64BE(BigInt(offset / 16), 8)
    return createCipheriv('aes-256-ctr', this.#key, counter).update(Buffer.alloc(length))
  }
}
