import type { Finding } from '@coffre/connector'
import { throwIfAborted } from '@coffre/foundation'
import { type LocalServer, onDatabase } from './local-session.ts'

const findingsMax = 100
const tablesSql = `select oid::int8::text as oid, oid::regclass::text as name from pg_class
  where relkind in ('r', 'm', 't') and relpersistence <> 't' order by oid`
const indexesSql = `select c.oid::int8::text as oid, c.oid::regclass::text as name from pg_class c
  join pg_index i on i.indexrelid = c.oid join pg_am a on a.oid = c.relam
  where a.amname = 'btree' and c.relkind = 'i' and c.relpersistence <> 't' and i.indisvalid and i.indisready order by c.oid`

/**
 * What pg_amcheck does, by the functions that it calls: every table, and every B-tree against itself. The extension is made for the time
 * of one transaction, so that the database stays as it was restored.
 */
export async function checkRelations(server: LocalServer, database: string, signal: AbortSignal): Promise<readonly Finding[]> {
  return onDatabase(server, database, signal, async (query) => {
    const [known] = await query("select 1 as one from pg_available_extensions where name = 'amcheck'")
    if (known === undefined) {
      const message = `the tables of ${database} were not checked: this machine has PostgreSQL without amcheck`
      return [
        { severity: 'note', code: 'postgresql.amcheck-missing', message, remedy: 'Install the contrib package of PostgreSQL.' },
      ]
    }
    const findings: Finding[] = []
    const report = (name: unknown, problem: unknown): void => {
      findings.push({ severity: 'error', code: 'postgresql.relation-damaged', message: `${database}: ${name}: ${problem}` })
    }
    await query('begin')
    await query('create extension if not exists amcheck')
    const checks = [
      ...(await query(tablesSql)).map((row) => ({ row, sql: 'select msg from verify_heapam($1::oid::regclass) limit 5' })),
      ...(await query(indexesSql)).map((row) => ({ row, sql: 'select null as msg from bt_index_check($1::oid::regclass)' })),
    ]
    for (const { row, sql } of checks) {
      throwIfAborted(signal)
      if (findings.length >= findingsMax) break
      await query('savepoint one')
      try {
        for (const { msg } of await query(sql, [row['oid']])) if (msg !== null) report(row['name'], msg)
        await query('release savepoint one')
      } catch (error) {
        throwIfAborted(signal)
        report(row['name'], error instanceof Error ? error.message : error)
        await query('rollback to savepoint one')
      }
    }
    await query('rollback')
    return findings
  })
}
