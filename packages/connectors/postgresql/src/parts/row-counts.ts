import type { Finding } from '@coffre/connector'
import { isCoffreError } from '@coffre/foundation'
import type { Query } from './chosen-tables.ts'
import { formatRelationName, quotedRelationName, type RelationName } from './relation-name.ts'

/** How many rows a table has where it was taken from, and where it was loaded to. */
export interface RowCount {
  /** As the target calls it, with its database where there are several. */
  readonly table: string
  readonly expected: number
  /** Undefined where the target does not let its rows be counted. */
  readonly found: number | undefined
}

export const everyTableQuery = `select n.nspname as schema, c.relname as name
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1, 2`

/** Counts on both sides; the names are the same there. Every row is read: that is the point. */
export async function countRows(
  tables: readonly RelationName[],
  side: Query,
  target: Query,
  prefix: string,
): Promise<readonly RowCount[]> {
  const counts: RowCount[] = []
  for (const table of tables) {
    const sql = `select count(*)::float8 as n from ${quotedRelationName(table)}`
    const expected = Number((await side(sql))[0]?.['n'])
    const found = await target(sql).then(
      ([row]) => Number(row?.['n']),
      (error: unknown) => {
        if (isCoffreError(error, 'interrupted')) throw error
        return undefined
      },
    )
    counts.push({ table: `${prefix}${formatRelationName(table)}`, expected, found })
  }
  return counts
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
