import { createHash, timingSafeEqual } from 'node:crypto'
import type { Random } from '@coffre/foundation'

/** 256 bits, in 43 characters. */
export function newToken(random: Random): string {
  return Buffer.from(random.bytes(32)).toString('base64url')
}

/** What is kept of a token. One that nobody can guess needs no slow hash. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update('coffre token\0').update(token).digest()
}

export function isSameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
