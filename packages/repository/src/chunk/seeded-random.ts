import { createCipheriv, createHash, randomInt } from 'node:crypto'
import type { Random } from '@coffre/foundation'

/** Randomness for a test that can be repeated: prints its seed and takes it back from $COFFRE_TEST_SEED. */
export function seededRandom(): Random {
  const seed = process.env['COFFRE_TEST_SEED'] ?? String(randomInt(2 ** 31))
  console.log(`COFFRE_TEST_SEED=${seed}`)
  return randomFrom(seed)
}

/** The same bytes for the same seed. */
export function randomFrom(seed: string): Random {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16)
  const stream = createCipheriv('aes-128-ctr', key, Buffer.alloc(16))
  const bytes = (length: number): Uint8Array => stream.update(Buffer.alloc(length))
  return { bytes, integer: (below) => Math.floor((Buffer.from(bytes(6)).readUIntBE(0, 6) / 2 ** 48) * below) }
}
