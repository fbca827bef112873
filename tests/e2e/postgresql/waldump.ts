import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { PostgresServer } from '@coffre/testkit'

/** The end of a transaction as PostgreSQL's own program tells it. */
export interface LoggedEnd {
  readonly lsn: string
  readonly xid: string
  readonly isCommit: boolean
  /** Microseconds since 1970. */
  readonly us: number
}

/** Every end of a transaction in the server's log, in its order. */
export async function readEnds(server: PostgresServer): Promise<readonly LoggedEnd[]> {
  const folder = join(server.dataFolder, 'pg_wal')
  const [first] = (await readdir(folder)).filter((name) => /^[0-9A-F]{24}$/.test(name)).sort()
  const start = `${Number.parseInt(first?.slice(8, 16) ?? '', 16).toString(16)}/${first?.slice(22)}000000`
  const [row] = await server.query('select pg_current_wal_flush_lsn()::text as lsn')
  const range = ['--start', start, '--end', String(row?.['lsn'])]
  const text = await server.run('pg_waldump', ['--path', folder, '--rmgr', 'Transaction', '--timeline', '1', ...range])
  return text.split('\n').flatMap(parseLine)
}

/** `rmgr: Transaction len …, tx: 742, lsn: 0/0152A5D8, prev 0/0152A598, desc: COMMIT 2026-11-21 20:00:00.123456 UTC; …` */
function parseLine(line: string): LoggedEnd[] {
  const match = /tx:\s+(\d+), lsn: ([0-9A-F/]+), .*desc: (COMMIT|ABORT)(_PREPARED)? (?:xid: |gid [^:]*: )?(?:(\d+): )?(.*)/.exec(
    line,
  )
  const time = /(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) UTC/.exec(line)?.[1]
  if (match === null || time === undefined) return []
  const [, tx = '', lsn = '', kind] = match
  const xid = /_PREPARED/.test(line) ? (/(?:xid|tx)?:? ?(\d+): \d{4}-/.exec(line)?.[1] ?? match[5] ?? tx) : tx
  const [seconds = '', fraction = '0'] = time.split('.')
  const us = Date.parse(`${seconds.replace(' ', 'T')}Z`) * 1000 + Number(fraction.padEnd(6, '0'))
  return [{ lsn, xid, isCommit: kind === 'COMMIT', us }]
}
