import { CoffreError } from '@coffre/foundation'
import { formatRelationName, nearNames, parseRelationName, type RelationName } from './relation-name.ts'

/** Asks a database. */
export type Query = (sql: string, values?: readonly unknown[]) => Promise<readonly Record<string, unknown>[]>

/** A table of the side instance that is to be taken out. */
export interface ChosenTable extends RelationName {
  readonly oid: number
  /** Whether the user named it; the others are parts of those. */
  readonly isNamed: boolean
  readonly isUnlogged: boolean
}

const kinds: Readonly<Record<string, string>> = {
  v: 'a view',
  m: 'a materialized view',
  f: 'a foreign table',
  S: 'a sequence',
}

const relationsQuery = `select c.oid::int8::text as oid, n.nspname as schema, c.relname as name, c.relkind as kind
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  order by 2, 3`

/** Of a partitioned table its partitions, of any other the tables that inherit from it. */
const withPartsQuery = `with recursive chosen(oid) as (
    select unnest($1::int8[])::oid union select inhrelid from pg_inherits join chosen on inhparent = chosen.oid
  )
  select c.oid::int8::text as oid, n.nspname as schema, c.relname as name, c.relpersistence = 'u' as is_unlogged,
    c.oid::int8 = any($1) as is_named, c.relkind as kind
  from chosen join pg_class c on c.oid = chosen.oid join pg_namespace n on n.oid = c.relnamespace order by 2, 3`

/** Finds tables by their names, with their parts. `usage.invalid` names what is not there, with what may have been meant. */
export async function chooseTables(query: Query, names: readonly string[], database: string): Promise<readonly ChosenTable[]> {
  const relations = (await query(relationsQuery)).map((row) => ({
    oid: Number(row['oid']),
    kind: String(row['kind']),
    ...nameOf(row),
  }))
  const oids = names.map((text) => {
    const wanted = parseRelationName(text)
    const found = relations.find(({ schema, name }) => schema === wanted.schema && name === wanted.name)
    if (found === undefined) throw missing(wanted, relations, database)
    const other = kinds[found.kind]
    if (other === undefined) return found.oid
    throw new CoffreError('usage.invalid', `${formatRelationName(wanted)} is ${other}, not a table`, {
      hint: 'The target was not touched. Tables alone can be restored; with --databases a whole database is.',
    })
  })
  return (await query(withPartsQuery, [[...new Set(oids)]]))
    .filter(({ kind }) => kind === 'r' || kind === 'p')
    .map((row) => ({
      oid: Number(row['oid']),
      isNamed: row['is_named'] === true,
      isUnlogged: row['is_unlogged'] === true,
      ...nameOf(row),
    }))
}

function missing(
  wanted: RelationName,
  present: readonly (RelationName & { readonly kind: string })[],
  database: string,
): CoffreError {
  const tables = present.filter(({ kind }) => kind === 'r' || kind === 'p').map(formatRelationName)
  const near = nearNames(formatRelationName(wanted), tables)
  const meant = near.length === 0 ? '' : ` There is ${near.join(', ')}.`
  return new CoffreError('usage.invalid', `there is no table ${formatRelationName(wanted)} in database ${database} at that time`, {
    hint: `The target was not touched.${meant} With --database NAME tables are taken from another database than that of --into.`,
  })
}

function nameOf(row: Readonly<Record<string, unknown>>): RelationName {
  return { schema: String(row['schema']), name: String(row['name']) }
}
