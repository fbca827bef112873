import { type Polynomial, parsePolynomial, remainder } from './polynomial.ts'

/** Bytes that a fingerprint covers. */
export const rabinWindowBytes = 64

/**
 * What a rolling Rabin fingerprint of 53 bits looks up, in halves of 21 (high) and 32 (low) bits. `reduce` is indexed by the top 8
 * bits of the fingerprint: it clears them once they are shifted out and adds their remainder. `leave` is indexed by the byte that
 * leaves the window, as it stands after the shift that brings the new byte in.
 */
export interface RabinTables {
  readonly reduceHigh: Int32Array
  readonly reduceLow: Int32Array
  readonly leaveHigh: Int32Array
  readonly leaveLow: Int32Array
}

let latest: { readonly polynomial: string; readonly tables: RabinTables } | undefined

/** The tables for a config's polynomial. The latest are kept: a session cuts all its files with the same ones. */
export function rabinTables(polynomial: string): RabinTables {
  if (latest?.polynomial !== polynomial) latest = { polynomial, tables: computeTables(parsePolynomial(polynomial)) }
  return latest.tables
}

function computeTables(polynomial: Polynomial): RabinTables {
  const tables = {
    reduceHigh: new Int32Array(256),
    reduceLow: new Int32Array(256),
    leaveHigh: new Int32Array(256),
    leaveLow: new Int32Array(256),
  }
  for (let byte = 0; byte < 256; byte++) {
    const shiftedOut = BigInt(byte) << 53n
    const reduce = shiftedOut ^ remainder(shiftedOut, polynomial)
    tables.reduceHigh[byte] = Number(BigInt.asIntN(32, reduce >> 32n))
    tables.reduceLow[byte] = Number(BigInt.asIntN(32, reduce))
    const leave = remainder(BigInt(byte) << BigInt(8 * rabinWindowBytes), polynomial)
    tables.leaveHigh[byte] = Number(BigInt.asIntN(32, leave >> 32n))
    tables.leaveLow[byte] = Number(BigInt.asIntN(32, leave))
  }
  return tables
}
