import { CoffreError } from '@coffre/foundation'
import type { ChosenSchema } from './chosen-schemas.ts'
import type { Query } from './chosen-tables.ts'
import { formatNeed, type OutsideNeed } from './outside-needs.ts'
import { quoted, quotedRelationName } from './relation-name.ts'

/** Something of the schemas that may be left out. */
interface LeftOut {
  readonly classId: number
  readonly objectId: number
  /** As `pg_identify_object` calls it. */
  readonly type: string
  readonly identity: string
  /** Of a column's default. */
  readonly column: { readonly schema: string; readonly name: string; readonly column: string } | undefined
}

/** Something of the schemas, and something out of them that it is made with. */
interface SchemaNeed {
  readonly holder: LeftOut
  readonly need: OutsideNeed
  /** It is not outside, but was left out itself. */
  readonly isLeftOut: boolean
}

/** What the schemas can do without. All else cannot be left out without harm to tables. */
const leavable = new Set([
  'default value',
  'trigger',
  'rule',
  'policy',
  'view',
  'materialized view',
  'foreign table',
  'function',
  'procedure',
  'aggregate',
  'operator',
  'statistics object',
])

const namespaceColumns = {
  pg_class: 'relnamespace',
  pg_type: 'typnamespace',
  pg_proc: 'pronamespace',
  pg_operator: 'oprnamespace',
  pg_opclass: 'opcnamespace',
  pg_opfamily: 'opfnamespace',
  pg_collation: 'collnamespace',
  pg_conversion: 'connamespace',
  pg_statistic_ext: 'stxnamespace',
  pg_ts_config: 'cfgnamespace',
  pg_ts_dict: 'dictnamespace',
}

/**
 * What depends on what: of everything in the schemas but for extensions' own, and for what was left out ($2, $3) and the types of its rows.
 * A view depends on others by its rule.
 */
const needsQuery = `with
  chosen(oid) as (select unnest($1::int8[])::oid),
  gone(classid, objid) as (
    select unnest($2::int8[])::oid, unnest($3::int8[])::oid
  ),
  gone_types(oid) as (select oid from pg_type where typrelid in (select objid from gone where classid = 'pg_class'::regclass)),
  all_gone(classid, objid) as (
    table gone union all select 'pg_type'::regclass, oid from gone_types
    union all select 'pg_type'::regclass, oid from pg_type where typelem in (table gone_types)
    union all select 'pg_rewrite'::regclass, oid from pg_rewrite where ev_class in (select objid from gone where classid = 'pg_class'::regclass)
  ),
  things(classid, objid) as (
    select * from (${Object.entries(namespaceColumns)
      .map(
        ([table, column]) =>
          `select '${table}'::regclass::oid as classid, oid as objid from ${table} where ${column} in (table chosen)`,
      )
      .join(' union all ')}) every_thing
    where not exists (select from pg_depend d where d.classid = every_thing.classid and d.objid = every_thing.objid and d.deptype = 'e')
      and (classid, objid) not in (table all_gone)
  ),
  relations(oid) as (select objid from things where classid = 'pg_class'::regclass),
  members(classid, objid, holderclass, holder) as (
    select classid, objid, classid, objid from things
    union all select 'pg_attrdef'::regclass, oid, 'pg_attrdef'::regclass, oid from pg_attrdef where adrelid in (table relations)
    union all select 'pg_constraint'::regclass, oid, 'pg_constraint'::regclass, oid from pg_constraint
      where conparentid = 0 and (conrelid in (table relations) or contypid in (select objid from things where classid = 'pg_type'::regclass))
    union all select 'pg_trigger'::regclass, oid, 'pg_trigger'::regclass, oid from pg_trigger
      where not tgisinternal and tgparentid = 0 and tgrelid in (table relations)
    union all select 'pg_policy'::regclass, oid, 'pg_policy'::regclass, oid from pg_policy where polrelid in (table relations)
    union all select 'pg_rewrite'::regclass, oid,
        case when rulename = '_RETURN' then 'pg_class'::regclass else 'pg_rewrite'::regclass end, case when rulename = '_RETURN' then ev_class else oid end
      from pg_rewrite where ev_class in (table relations)
  ),
  kept as (select * from members where (holderclass, holder) not in (table all_gone))
  select distinct k.holderclass::int8::text as class, k.holder::int8::text as object, h.type as holder_type, h.identity as holder_identity,
    i.type, i.identity, e.extname as extension, n.nspname as schema, t.relname as name, a.attname as column, g.objid is not null as is_gone
  from kept k
  join pg_depend d on d.classid = k.classid and d.objid = k.objid and d.deptype = 'n' and d.refobjid >= 16384
  cross join lateral pg_identify_object(k.holderclass, k.holder, 0) h
  cross join lateral pg_identify_object(d.refclassid, d.refobjid, 0) i
  left join pg_depend x on x.classid = d.refclassid and x.objid = d.refobjid and x.deptype = 'e'
  left join pg_extension e on e.oid = x.refobjid
  left join all_gone g on g.classid = d.refclassid and g.objid = d.refobjid
  left join pg_attrdef f on k.classid = 'pg_attrdef'::regclass and f.oid = k.objid
  left join pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum and a.attgenerated = ''
  left join pg_class t on t.oid = f.adrelid left join pg_namespace n on n.oid = t.relnamespace
  where d.refclassid not in ('pg_namespace'::regclass, 'pg_extension'::regclass)
    and not exists (select from kept m where m.classid = d.refclassid and m.objid = d.refobjid)
    -- A partition is told of by its parent, and the type of a row by its table.
    and not exists (select from pg_inherits p where p.inhrelid = k.objid and p.inhparent = d.refobjid)
  order by 3, 4, 5, 6`

const policiesQuery = `select 'pg_policy'::regclass::int8::text as class, p.oid::int8::text as object, i.identity, array_agg(r.rolname::text) as roles
  from pg_policy p join pg_class c on c.oid = p.polrelid cross join lateral unnest(p.polroles) role join pg_roles r on r.oid = role
  cross join lateral pg_identify_object('pg_policy'::regclass, p.oid, 0) i
  where c.relnamespace::int8 = any($1) group by 1, 2, 3 order by 3`

const outsidePartsQuery = `select i.inhrelid::regclass::text as part, i.inhparent::regclass::text as whole
  from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
  where p.relnamespace::int8 = any($1) and c.relnamespace::int8 <> all($1) and c.relkind in ('r', 'p') order by 1`

/** What a target has that may be needed. */
export interface TargetLook {
  /** Those of the needs that it does not meet. */
  unmet(needs: readonly OutsideNeed[]): Promise<readonly OutsideNeed[]>
  /** Its roles. */
  readonly roles: ReadonlySet<string>
}

/**
 * Takes away from schemas of the side instance what needs something out of them that the target has not, and what needs that in turn.
 * Resolves to a sentence about each. `target.failed` names what tables cannot be made without.
 */
export async function cutSchemas(query: Query, schemas: readonly ChosenSchema[], target: TargetLook): Promise<readonly string[]> {
  const oids = schemas.map(({ oid }) => oid)
  const left: LeftOut[] = []
  const notes: string[] = []
  for (const { part, whole } of await query(outsidePartsQuery, [oids]))
    notes.push(`${part} was left out: it lies in a schema that was not chosen, though it is a part of ${whole}.`)
  for (const { class: classId, object, identity, roles } of await query(policiesQuery, [oids])) {
    const lacking = (roles as readonly string[]).filter((role) => !target.roles.has(role))
    if (lacking.length === 0) continue
    left.push({ classId: Number(classId), objectId: Number(object), type: 'policy', identity: String(identity), column: undefined })
    notes.push(`The policy ${identity} was left out: the target has no role ${lacking.join(', ')}.`)
  }
  for (;;) {
    const fresh = await lackingOf(query, oids, left, target)
    if (fresh.length === 0) break
    refuseHard(fresh)
    for (const { holder, need, isLeftOut } of fresh) {
      if (left.some((one) => one.classId === holder.classId && one.objectId === holder.objectId)) continue
      left.push(holder)
      const because = isLeftOut
        ? `it needs the ${formatNeed(need)}, which was left out, too`
        : `the target has no ${formatNeed(need)}`
      notes.push(`The ${holder.type} ${holder.identity} was left out: ${because}.`)
    }
  }
  // Those that need others were found after them.
  for (const one of left.toReversed()) await query(dropOf(one))
  return notes
}

/** What is there and cannot be made, as what it needs is not at the target. */
async function lackingOf(
  query: Query,
  oids: readonly number[],
  left: readonly LeftOut[],
  target: TargetLook,
): Promise<readonly SchemaNeed[]> {
  const rows = await query(needsQuery, [oids, left.map(({ classId }) => classId), left.map(({ objectId }) => objectId)])
  const needs = rows.map(needOf)
  const unmet = new Set(await target.unmet(needs.filter(({ isLeftOut }) => !isLeftOut).map(({ need }) => need)))
  return needs.filter(({ need, isLeftOut }) => isLeftOut || unmet.has(need))
}

function needOf(row: Readonly<Record<string, unknown>>): SchemaNeed {
  const { schema, name, column } = row
  const of = column === null ? undefined : { schema: String(schema), name: String(name), column: String(column) }
  return {
    holder: {
      classId: Number(row['class']),
      objectId: Number(row['object']),
      // A generated column cannot be without.
      type: row['holder_type'] === 'default value' && of === undefined ? 'generated column' : String(row['holder_type']),
      identity: String(row['holder_identity']),
      column: of,
    },
    need: {
      type: String(row['type']),
      identity: String(row['identity']),
      extension: row['extension'] === null ? undefined : String(row['extension']),
      default: undefined,
    },
    isLeftOut: row['is_gone'] === true,
  }
}

function refuseHard(lacking: readonly SchemaNeed[]): void {
  const hard = lacking.filter(({ holder }) => !leavable.has(holder.type))
  if (hard.length === 0) return
  const named = hard.map(({ holder, need }) => `${formatNeed(need)} (for ${holder.type} ${holder.identity})`)
  throw new CoffreError('target.failed', `the target lacks what the schemas are made with: ${[...new Set(named)].join(', ')}`, {
    hint: 'Nothing was changed. Create it there first, choose its schema as well, or restore the whole database with --databases.',
  })
}

function dropOf({ type, identity, column }: LeftOut): string {
  if (column !== undefined) return `alter table ${quotedRelationName(column)} alter column ${quoted(column.column)} drop default`
  return `drop ${type === 'statistics object' ? 'statistics' : type} if exists ${identity} cascade`
}
