import type { Position } from '@coffre/connector'
import { CoffreError } from '@coffre/foundation'

/**
 * A place in the log: bytes since its beginning. PostgreSQL has 64 bits for it; a number is exact through 8 PiB, which is decades of
 * log at 5 MB/s and a year at 285 MB/s, and walks through the log without an allocation per record. What lies beyond is refused.
 */
export type Lsn = number

const two32 = 2 ** 32

/** As PostgreSQL writes it: 16/B374D848. */
export function formatLsn(lsn: Lsn): string {
  return `${Math.floor(lsn / two32)
    .toString(16)
    .toUpperCase()}/${(lsn % two32).toString(16).toUpperCase()}`
}

export function parseLsn(text: string): Lsn {
  const match = /^([0-9a-f]{1,8})\/([0-9a-f]{1,8})$/i.exec(text)
  if (match === null) {
    throw new CoffreError('usage.invalid', `'${text}' is not a position in a PostgreSQL log`, {
      hint: 'Write it as PostgreSQL does, such as 0/16B3748.',
    })
  }
  return safeLsn(Number.parseInt(match[1] ?? '', 16) * two32 + Number.parseInt(match[2] ?? '', 16), text)
}

/** A place on a timeline as a position, whose string order is the order of the log. */
export function walPosition(timeline: number, lsn: Lsn): Position {
  return { branch: timeline.toString(16).toUpperCase().padStart(8, '0'), offset: lsn.toString(16).toUpperCase().padStart(16, '0') }
}

/** The reverse of `walPosition`; a position of another engine is a mistake of ours. */
export function walPlace({ branch, offset }: Position): { readonly timeline: number; readonly lsn: Lsn } {
  if (!/^[0-9A-F]{8}$/.test(branch) || !/^[0-9A-F]{16}$/.test(offset)) throw new Error(`${branch}@${offset} is no place in WAL`)
  return { timeline: Number.parseInt(branch, 16), lsn: safeLsn(Number.parseInt(offset, 16), offset) }
}

function safeLsn(lsn: number, text: string): Lsn {
  if (Number.isSafeInteger(lsn)) return lsn
  throw new CoffreError('usage.invalid', `the position ${text} lies beyond the 8 PiB of log that can be followed`)
}
