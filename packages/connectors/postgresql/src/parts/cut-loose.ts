import type { ChosenTable, Query } from './chosen-tables.ts'
import { formatRelationName, quoted, quotedRelationName, type RelationName } from './relation-name.ts'

/** Something of a chosen table that points out of the set. */
interface Link extends RelationName {
  readonly what: string
  readonly outside: string
}

interface Kind {
  readonly what: 'parent' | 'key' | 'trigger' | 'rule' | 'policy'
  /** Rows of `schema`, `name` (of the table), `what`, `outside`; $1 are the oids of the chosen tables. */
  readonly sql: string
  readonly cut: (link: Link) => string
  readonly note: (link: Link, table: string) => string
}

const tableOf = (link: string): string => `from pg_class t join pg_namespace n on n.oid = t.relnamespace join ${link}`
const nameColumns = 'n.nspname as schema, t.relname as name'

/** In this order: a partition that stands alone owns the keys and triggers that it had of its parent. */
const kinds: readonly Kind[] = [
  {
    what: 'parent',
    sql: `select ${nameColumns}, p.relkind as what, format('%I.%I', pn.nspname, p.relname) as outside
      ${tableOf('pg_inherits i on i.inhrelid = t.oid')} join pg_class p on p.oid = i.inhparent join pg_namespace pn on pn.oid = p.relnamespace
      where t.oid::int8 = any($1) and p.oid::int8 <> all($1)`,
    cut: (link) =>
      link.what === 'p'
        ? `alter table ${link.outside} detach partition ${quotedRelationName(link)}`
        : `alter table ${quotedRelationName(link)} no inherit ${link.outside}`,
    note: (link, table) => `${table} is a table of its own: ${link.outside}, of which it is a part, was not chosen.`,
  },
  {
    what: 'key',
    sql: `select ${nameColumns}, c.conname as what, c.confrelid::regclass::text as outside
      ${tableOf('pg_constraint c on c.conrelid = t.oid')}
      where c.contype = 'f' and c.conparentid = 0 and t.oid::int8 = any($1) and c.confrelid::int8 <> all($1)`,
    cut: (link) => `alter table ${quotedRelationName(link)} drop constraint ${quoted(link.what)}`,
    note: ({ what, outside }, table) => `The foreign key ${what} of ${table} was left out: it points to ${outside}.`,
  },
  {
    what: 'trigger',
    sql: `select ${nameColumns}, g.tgname as what, g.tgfoid::regprocedure::text as outside
      ${tableOf('pg_trigger g on g.tgrelid = t.oid')} join pg_proc f on f.oid = g.tgfoid
      where not g.tgisinternal and g.tgparentid = 0 and f.pronamespace <> 'pg_catalog'::regnamespace and t.oid::int8 = any($1)`,
    cut: (link) => `drop trigger ${quoted(link.what)} on ${quotedRelationName(link)}`,
    note: ({ what, outside }, table) => `The trigger ${what} of ${table} was left out: it calls ${outside}.`,
  },
  {
    what: 'rule',
    sql: `select ${nameColumns}, r.rulename as what, '' as outside ${tableOf('pg_rewrite r on r.ev_class = t.oid')}
      where t.oid::int8 = any($1)`,
    cut: (link) => `drop rule ${quoted(link.what)} on ${quotedRelationName(link)}`,
    note: ({ what }, table) => `The rule ${what} of ${table} was left out.`,
  },
  {
    what: 'policy',
    sql: `select ${nameColumns}, p.polname as what, '' as outside ${tableOf('pg_policy p on p.polrelid = t.oid')}
      where t.oid::int8 = any($1)`,
    cut: (link) => `drop policy ${quoted(link.what)} on ${quotedRelationName(link)}`,
    note: ({ what }, table) => `The policy ${what} of ${table} was left out: where row security is on, only its owner sees rows.`,
  },
]

/** Takes away from tables of the side instance what points out of the set, or only some of it. Resolves to a sentence about each. */
export async function cutLoose(
  query: Query,
  tables: readonly ChosenTable[],
  only: readonly Kind['what'][] = kinds.map(({ what }) => what),
): Promise<readonly string[]> {
  const oids = tables.map(({ oid }) => oid)
  const notes = tables
    .filter(({ isUnlogged }) => isUnlogged)
    .map((table) => `${formatRelationName(table)} is unlogged: it comes back empty.`)
  for (const { sql, cut, note } of kinds.filter(({ what }) => only.includes(what))) {
    for (const row of await query(sql, [oids])) {
      const link = {
        schema: String(row['schema']),
        name: String(row['name']),
        what: String(row['what']),
        outside: String(row['outside']),
      }
      await query(cut(link))
      notes.push(note(link, formatRelationName(link)))
    }
  }
  return notes
}
