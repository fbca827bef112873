import type { ChosenTable, Query } from './chosen-tables.ts'
import { quoted, quotedRelationName, type RelationName } from './relation-name.ts'

/** Something outside the set of tables that they are made with: a type, a function, a sequence, a collation. */
export interface OutsideNeed {
  /** As `pg_identify_object` calls it. */
  readonly type: string
  readonly identity: string
  /** The extension that it comes with. */
  readonly extension: string | undefined
  /** What can do without it: a column, by losing its default. Undefined when the table cannot be made without. */
  readonly default: (RelationName & { readonly column: string }) | undefined
}

/** Each part of a chosen table that may depend on something; a column's default is told apart, as a table can be without. */
const needsQuery = `with recursive
  chosen(oid) as (select unnest($1::int8[])::oid),
  relations(oid) as (
    select oid from chosen union select indexrelid from pg_index join chosen on indrelid = chosen.oid
    union select objid from pg_depend join chosen on refobjid = chosen.oid
      where classid = 'pg_class'::regclass and refclassid = 'pg_class'::regclass and deptype in ('a', 'i')
  ),
  members(classid, objid, relid, attnum) as (
    select 'pg_class'::regclass::oid, oid, null::oid, null::int2 from relations
    union select 'pg_attrdef'::regclass, d.oid, case when a.attgenerated = '' then d.adrelid end, d.adnum
      from pg_attrdef d join chosen on d.adrelid = chosen.oid join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
    union select 'pg_constraint'::regclass, c.oid, null, null from pg_constraint c join chosen on c.conrelid = chosen.oid
    union select 'pg_statistic_ext'::regclass, s.oid, null, null from pg_statistic_ext s join chosen on s.stxrelid = chosen.oid
    union select 'pg_trigger'::regclass, g.oid, null, null from pg_trigger g join chosen on g.tgrelid = chosen.oid
  )
  select distinct i.type, i.identity, e.extname as extension, n.nspname as schema, t.relname as name, a.attname as column
  from members m
  join pg_depend d on d.classid = m.classid and d.objid = m.objid and d.deptype = 'n' and d.refobjid >= 16384
  cross join lateral pg_identify_object(d.refclassid, d.refobjid, 0) i
  left join pg_depend x on x.classid = d.refclassid and x.objid = d.refobjid and x.deptype = 'e'
  left join pg_extension e on e.oid = x.refobjid
  left join pg_class t on t.oid = m.relid left join pg_namespace n on n.oid = t.relnamespace
  left join pg_attribute a on a.attrelid = m.relid and a.attnum = m.attnum
  where d.refclassid not in ('pg_namespace'::regclass, 'pg_extension'::regclass)
    and not exists (select from relations r where d.refclassid = 'pg_class'::regclass and r.oid = d.refobjid)
    and not exists (select from members o where o.classid = d.refclassid and o.objid = d.refobjid)
    and not exists (select from pg_type y join chosen c on c.oid = y.typrelid
      where d.refclassid = 'pg_type'::regclass and d.refobjid in (y.oid, y.typarray))
  order by 1, 2`

/** Finds what the tables need of a database that they are to be made in. */
export async function findOutsideNeeds(query: Query, tables: readonly ChosenTable[]): Promise<readonly OutsideNeed[]> {
  const rows = await query(needsQuery, [tables.map(({ oid }) => oid)])
  return rows.map(({ type, identity, extension, schema, name, column }) => ({
    type: String(type),
    identity: String(identity),
    extension: extension === null ? undefined : String(extension),
    default: column === null ? undefined : { schema: String(schema), name: String(name), column: String(column) },
  }))
}

/** Whether a thing of the identity $1 is there, without an error where there is none. */
const lookups: Readonly<Record<string, string>> = {
  'type': 'to_regtype($1) is not null',
  'function': 'to_regprocedure($1) is not null',
  'procedure': 'to_regprocedure($1) is not null',
  'aggregate': 'to_regprocedure($1) is not null',
  'operator': 'to_regoperator($1) is not null',
  'table': 'to_regclass($1) is not null',
  'sequence': 'to_regclass($1) is not null',
  'view': 'to_regclass($1) is not null',
  'materialized view': 'to_regclass($1) is not null',
  'foreign table': 'to_regclass($1) is not null',
  'collation': 'to_regcollation($1) is not null',
  'server': 'exists (select from pg_foreign_server where quote_ident(srvname) = $1)',
  'language': 'exists (select from pg_language where quote_ident(lanname) = $1)',
}

/** Those of the needs that a database does not meet. What has no name to be looked up by comes with an extension, or is taken for there. */
export async function findUnmet(query: Query, needs: readonly OutsideNeed[]): Promise<readonly OutsideNeed[]> {
  const extensions = new Set((await query('select extname as name from pg_extension')).map(({ name }) => String(name)))
  const unmet: OutsideNeed[] = []
  for (const need of needs) {
    const lookup = lookups[need.type]
    const isThere = async (): Promise<boolean> =>
      lookup === undefined || (await query(`select ${lookup} as is`, [need.identity]))[0]?.['is'] === true
    const isMet = (need.extension === undefined || extensions.has(need.extension)) && (await isThere())
    if (!isMet) unmet.push(need)
  }
  return unmet
}

/** For people: `type public.mood`, or the extension that it comes with. */
export function formatNeed({ type, identity, extension }: OutsideNeed): string {
  return extension === undefined ? `${type} ${identity}` : `extension ${extension} (${type} ${identity})`
}

/** Lets columns be without defaults that need what the target has not. Resolves to a sentence about each. */
export async function dropDefaults(query: Query, needs: readonly OutsideNeed[]): Promise<readonly string[]> {
  const notes: string[] = []
  for (const need of needs) {
    if (need.default === undefined) continue
    const { column, schema, name } = need.default
    await query(`alter table ${quotedRelationName({ schema, name })} alter column ${quoted(column)} drop default`)
    notes.push(`The default of column ${column} of ${schema}.${name} was left out: the target has no ${formatNeed(need)}.`)
  }
  return notes
}
