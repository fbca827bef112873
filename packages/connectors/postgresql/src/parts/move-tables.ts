import { CoffreError } from '@coffre/foundation'
import type { ChosenTable, Query } from './chosen-tables.ts'
import { formatRelationName, quoted, quotedRelationName, type RelationName } from './relation-name.ts'

/** The tables, their indexes and the sequences that they own. */
const own = `with chosen(oid) as (select unnest($1::int8[])::oid), own(oid, name, schema) as (
  select distinct c.oid, c.relname, n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.oid in (select oid from chosen)
    or c.oid in (select indexrelid from pg_index join chosen on indrelid = chosen.oid)
    or c.relkind = 'S' and c.oid in (select objid from pg_depend join chosen on refobjid = chosen.oid
      where classid = 'pg_class'::regclass and refclassid = 'pg_class'::regclass and deptype in ('a', 'i')))`

const inTheWayQuery = `${own} select c.oid::regclass::text as name, c.relkind as kind from pg_class c
  where c.relnamespace = (select oid from pg_namespace where nspname = $2)
    and c.relname in (select name from own) and c.oid not in (select oid from own)`

/** Every name that the tables and what belongs to them have in the target, sorted. */
export async function namesOf(
  query: Query,
  tables: readonly ChosenTable[],
  into: string | undefined,
): Promise<readonly RelationName[]> {
  const rows = await query(`${own} select distinct schema, name from own order by 1, 2`, [tables.map(({ oid }) => oid)])
  return rows.map(({ schema, name }) => ({ schema: into ?? String(schema), name: String(name) }))
}

/** Refuses tables of the same name that would meet in one schema. */
export function refuseMeeting(tables: readonly ChosenTable[], into: string | undefined): void {
  if (into === undefined) return
  for (const table of tables) {
    const other = tables.find(({ oid, name }) => oid !== table.oid && name === table.name)
    if (other === undefined) continue
    throw new CoffreError(
      'usage.invalid',
      `${formatRelationName(table)} and ${formatRelationName(other)} cannot both be in schema ${into}`,
      { hint: 'The target was not touched. Restore them one after the other, each into a schema of its own.' },
    )
  }
}

/**
 * Gives a schema of the side instance another name. What has the name there already goes out of the way, and extensions stay where they
 * were: that is where the target has them.
 */
export async function moveSchema(query: Query, from: string, into: string): Promise<void> {
  if (from === into) return
  const present = await query('select from pg_namespace where nspname = $1', [into])
  if (present.length > 0) await query(`alter schema ${quoted(into)} rename to ${quoted(awayName)}`)
  await query(`alter schema ${quoted(from)} rename to ${quoted(into)}`)
  const extensions = await query(
    'select quote_ident(extname) as name from pg_extension where extnamespace = (select oid from pg_namespace where nspname = $1)',
    [into],
  )
  if (extensions.length > 0) await query(`create schema ${quoted(from)}`)
  for (const { name } of extensions) await query(`alter extension ${name} set schema ${quoted(from)}`)
}

/** Moves tables of the side instance, with what belongs to them, into a schema. What has a name of theirs there already is renamed. */
export async function moveTables(query: Query, tables: readonly ChosenTable[], into: string): Promise<void> {
  await query(`create schema if not exists ${quoted(into)}`)
  const inTheWay = await query(inTheWayQuery, [tables.map(({ oid }) => oid), into])
  for (const [at, { name, kind }] of inTheWay.entries())
    await query(`alter ${kind === 'c' ? 'type' : 'table'} ${name} rename to ${quoted(`${awayName}_${at}`)}`)
  for (const table of tables)
    if (table.schema !== into) await query(`alter table ${quotedRelationName(table)} set schema ${quoted(into)}`)
  const statistics = await query(
    `select format('%I.%I', n.nspname, s.stxname) as name from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace
     where s.stxrelid::int8 = any($1) and n.nspname <> $2`,
    [tables.map(({ oid }) => oid), into],
  )
  for (const { name } of statistics) await query(`alter statistics ${name} set schema ${quoted(into)}`)
}

/** In a server that is thrown away, hence no name that anybody could meet. */
const awayName = 'coffre_out_of_the_way'
