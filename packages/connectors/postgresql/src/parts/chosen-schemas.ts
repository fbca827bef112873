import { CoffreError } from '@coffre/foundation'
import type { ChosenTable, Query } from './chosen-tables.ts'
import { nearNames } from './relation-name.ts'

/** A schema of the side instance that is to be taken out. */
export interface ChosenSchema {
  readonly oid: number
  readonly name: string
}

const schemasQuery = `select oid::int8::text as oid, nspname as name from pg_namespace
  where nspname !~ '^pg_' and nspname <> 'information_schema' order by 2`

/** Tables of schemas, with those that are partitions; not those of extensions, which come with them. */
const tablesQuery = `select c.oid::int8::text as oid, n.nspname as schema, c.relname as name, c.relpersistence = 'u' as is_unlogged,
    c.relkind = 'r' as has_rows
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and c.relnamespace::int8 = any($1)
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  order by 2, 3`

/** Finds schemas by their names. `usage.invalid` names what is not there, with what may have been meant. */
export async function chooseSchemas(query: Query, names: readonly string[], database: string): Promise<readonly ChosenSchema[]> {
  const present = (await query(schemasQuery)).map(({ oid, name }) => ({ oid: Number(oid), name: String(name) }))
  return names.map((wanted) => {
    const found = present.find(({ name }) => name === wanted)
    if (found !== undefined) return found
    const near = nearNames(
      wanted,
      present.map(({ name }) => name),
    )
    const meant = near.length === 0 ? '' : ` There is ${near.join(', ')}.`
    throw new CoffreError('usage.invalid', `there is no schema ${wanted} in database ${database} at that time`, {
      hint: `The target was not touched.${meant} With --database NAME schemas are taken from another database than that of --into.`,
    })
  })
}

/** The tables of the schemas; named are those that have rows of their own. */
export async function tablesOf(query: Query, schemas: readonly ChosenSchema[]): Promise<readonly ChosenTable[]> {
  const rows = await query(tablesQuery, [schemas.map(({ oid }) => oid)])
  return rows.map((row) => ({
    oid: Number(row['oid']),
    schema: String(row['schema']),
    name: String(row['name']),
    isUnlogged: row['is_unlogged'] === true,
    isNamed: row['has_rows'] === true,
  }))
}
