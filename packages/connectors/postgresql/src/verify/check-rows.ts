import type { Finding } from '@coffre/connector'
import { throwIfAborted } from '@coffre/foundation'
import { type LocalServer, onDatabase } from './local-session.ts'

const findingsMax = 100
/** Tables with an index that has an entry for each row. Large objects are rows of a table of the system's. */
const tablesSql = `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'm') and c.relpersistence = 'p'
    and (n.nspname <> 'information_schema' and n.nspname !~ '^pg_' or c.oid = 'pg_largeobject'::regclass)
    and exists (select from pg_index i join pg_class x on x.oid = i.indexrelid join pg_am a on a.oid = x.relam
      where i.indrelid = c.oid and i.indisvalid and i.indisready and i.indpred is null and a.amname = 'btree')
  order by c.oid`
const byPages = 'set local enable_seqscan = on; set local enable_indexscan = off; set local enable_indexonlyscan = off'
const byIndex = 'set local enable_seqscan = off; set local enable_indexscan = on; set local enable_indexonlyscan = on'

/**
 * Counts the rows of each table twice: by its pages, and by an index. A table that has lost its last pages, or a whole file of a gigabyte,
 * is whole to PostgreSQL, and has fewer rows; its indexes know. What the source counted cannot serve: while a base is copied, rows
 * come and go, and log that is replayed changes them again.
 */
export async function checkRows(server: LocalServer, database: string, signal: AbortSignal): Promise<readonly Finding[]> {
  return onDatabase(server, database, signal, async (query) => {
    const findings: Finding[] = []
    const report = (problem: string): void => {
      findings.push({ severity: 'error', code: 'postgresql.rows-missing', message: `${database}: ${problem}` })
    }
    const count = async (name: unknown, way: string): Promise<unknown> => {
      await query(way)
      return (await query(`select count(*) as n from only ${name}`))[0]?.['n']
    }
    await query('begin isolation level repeatable read read only')
    await query("set local search_path = ''; set local enable_bitmapscan = off")
    for (const { name } of await query(tablesSql)) {
      throwIfAborted(signal)
      if (findings.length >= findingsMax) break
      await query('savepoint one')
      try {
        const [pages, index] = [await count(name, byPages), await count(name, byIndex)]
        if (pages !== index) report(`${name} has ${pages} rows, and its indexes have ${index}`)
        await query('release savepoint one')
      } catch (error) {
        throwIfAborted(signal)
        report(`${name} cannot be counted: ${error instanceof Error ? error.message : error}`)
        await query('rollback to savepoint one')
      }
    }
    await query('rollback')
    return findings
  })
}
