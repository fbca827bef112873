import { randomInt } from 'node:crypto'
import type { Random } from '@coffre/foundation'

/**
 * The seed of a random test: from COFFRE_TEST_SEED when a failure is to be repeated, else fresh. It is printed either way, since
 * only a seed that was seen can be given back.
 */
export function testSeed(name: string): number {
  const given = Number.parseInt(process.env['COFFRE_TEST_SEED'] ?? '', 10)
  const seed = Number.isNaN(given) ? randomInt(2 ** 31) : given
  process.stdout.write(`${name}: COFFRE_TEST_SEED=${seed}\n`)
  return seed
}

/** The same numbers for the same seed (splitmix32). Not for keys. */
export class SeededRandom implements Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at++) bytes[at] = this.#next() & 0xff
    return bytes
  }

  integer(below: number): number {
    return Math.floor((this.#next() / 2 ** 32) * below)
  }

  #next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0
    let mixed = this.#state ^ (this.#state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
}
