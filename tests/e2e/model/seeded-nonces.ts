import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

/** xorshift32: enough for nonces that nobody attacks. */
let state = 1

/**
 * From now on, in this process, nonces and with them the names of all files are a matter of the seed: so a history that goes wrong
 * can be seen again. For models only: it replaces the source of all randomness of `node:crypto` that fills buffers.
 */
export function seedNonces(seed: number): void {
  state = Math.imul(seed | 0, 0x9e3779b9) | 1
}

function fill<Target extends NodeJS.ArrayBufferView>(target: Target): Target {
  const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength)
  for (let at = 0; at < bytes.length; at += 4) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[at] = state
    bytes[at + 1] = state >>> 8
    bytes[at + 2] = state >>> 16
    bytes[at + 3] = state >>> 24
  }
  return target
}

Object.assign(crypto, { randomFillSync: fill })
syncBuiltinESMExports()
