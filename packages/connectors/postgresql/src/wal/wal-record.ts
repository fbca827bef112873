import { CoffreError } from '@coffre/foundation'
import { formatLsn, type Lsn } from './lsn.ts'

/**
 * A record of the log as the walker shows it: one object, used again for each record, with a view on bytes that belong to whoever
 * pushed them. Valid only until the callback returns: what is to be kept must be copied out.
 */
export interface WalRecord {
  /** Where it begins, as `pg_waldump` prints it. */
  readonly start: Lsn
  /** Where the next one can begin: its last byte rounded up to eight. */
  readonly end: Lsn
  /** Where the record before it begins. */
  readonly previous: Lsn
  /** 0 when no transaction wrote it. */
  readonly xid: number
  readonly rmgr: number
  readonly info: number
  /** The whole record, header included, is in `view` from `at` for `length` bytes. */
  readonly view: DataView
  readonly at: number
  readonly length: number
}

/** Which records are wanted, by resource manager and the upper half of the info byte: 1 where they are. */
export type RecordFilter = Uint8Array

export interface RecordChoice {
  readonly rmgr: number
  readonly infos: readonly number[]
}

export function recordFilter(choices: readonly RecordChoice[]): RecordFilter {
  const filter = new Uint8Array(256 * 16)
  for (const { rmgr, infos } of choices) for (const info of infos) filter[filterIndex(rmgr, info)] = 1
  return filter
}

export function filterIndex(rmgr: number, info: number): number {
  return (rmgr << 4) | (info >> 4)
}

/** For a record whose checksum is right, or was not looked at, but whose content cannot be. */
export function malformed({ start, rmgr, info }: WalRecord, what: string): CoffreError {
  const type = `type ${rmgr}/${info.toString(16).padStart(2, '0')}`
  return new CoffreError('source.failed', `the record at ${formatLsn(start)} (${type}) makes no sense: ${what}`, {
    hint: 'The log is damaged, or of a version of PostgreSQL that is not known yet. `pg_waldump` on the same range tells which.',
  })
}
