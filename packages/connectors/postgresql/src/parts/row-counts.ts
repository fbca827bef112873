import type { Finding } from '@coffre/connector'
import { asSourceError, hasState } from '../connection/server-error.ts'
import { onDatabase } from '../verify/local-session.ts'
import type { Query } from './chosen-tables.ts'
import { formatRelationName, quotedRelationName, type RelationName } from './relation-name.ts'
import type { SideInstance } from './side-instance.ts'
import type { TargetServer } from './target-server.ts'

/** How many rows a table has where it was taken from, and where it was loaded to. */
export interface RowCount {
  /** As the target calls it, with its database where there are several. */
  readonly table: string
  readonly expected: number
  /** Undefined where the target does not let its rows be counted. */
  readonly found: number | undefined
}

const everyTableQuery = `select n.nspname as schema, c.relname as name
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1, 2`

/** Where tables were taken from, and where they were loaded to. */
export interface CountedPlaces {
  readonly side: SideInstance
  readonly target: TargetServer
  readonly database: string
  readonly into: string
}

/** Counts on both sides, by the names that are the same there; all tables unless some are given. Every row is read: that is the point. */
export function countRows(
  { side, target, database, into }: CountedPlaces,
  tables: readonly RelationName[] | undefined,
  prefix: string,
  signal: AbortSignal,
): Promise<readonly RowCount[]> {
  return onDatabase(side.server, database, signal, async (atSide) => {
    const counted = tables ?? ((await atSide(everyTableQuery)) as unknown as readonly RelationName[])
    return await target.on(into, async (atTarget) => {
      await atTarget('set row_security = off')
      const counts: RowCount[] = []
      for (const table of counted) {
        const sql = `select count(*)::float8 as n from ${quotedRelationName(table)}`
        const expected = Number((await atSide(sql))[0]?.['n'])
        counts.push({ table: `${prefix}${formatRelationName(table)}`, expected, found: await countIfAllowed(atTarget, sql) })
      }
      return counts
    })
  })
}

async function countIfAllowed(query: Query, sql: string): Promise<number | undefined> {
  try {
    return Number((await query(sql))[0]?.['n'])
  } catch (error) {
    // Row security holds for owners, too, where it is forced.
    if (hasState(asSourceError(error, ''), '42501')) return undefined
    throw error
  }
}

/** What is to be said of counts that differ, or could not be had. */
export function judgeCounts(counts: readonly RowCount[]): readonly Finding[] {
  return counts.flatMap(({ table, expected, found }): Finding[] => {
    if (found === expected) return []
    if (found === undefined)
      return [{ severity: 'note', code: 'postgresql.rows-not-counted', message: `the rows of ${table} could not be counted` }]
    const message = `${table} has ${found} rows, and ${expected} where it was taken from`
    return [{ severity: 'error', code: 'postgresql.rows-differ', message }]
  })
}
