import { CoffreError } from '@coffre/foundation'
import type { TargetServer } from '../parts/target-server.ts'
import type { DumpedDatabase } from './logical-details.ts'

/** As much as has to be known of a database to choose it. */
type Listed = Pick<DumpedDatabase, 'name' | 'tables'>

/** What is restored of a point. */
export interface ChosenDumps<Database extends Listed = DumpedDatabase> {
  readonly databases: readonly Database[]
  /** Those of them that the target has, empty: they are filled, not made. */
  readonly present: ReadonlySet<string>
  readonly notes: readonly string[]
}

/** The one that clients find in every cluster; mostly there is nothing in it. */
const everyonesDatabase = 'postgres'
/** Whether somebody made something in a database: relations, functions, types, schemas, large objects, but for those of extensions. */
const isUsedSql = `select exists (select from pg_largeobject_metadata) or exists (
    select from (
      select 'pg_class'::regclass as class, oid from pg_class where oid >= 16384
      union all select 'pg_proc'::regclass, oid from pg_proc where oid >= 16384
      union all select 'pg_type'::regclass, oid from pg_type where oid >= 16384
      union all select 'pg_namespace'::regclass, oid from pg_namespace where oid >= 16384 and nspname !~ '^pg_'
    ) made where not exists (
      select from pg_depend d where d.classid = made.class and d.objid = made.oid and d.deptype in ('e', 'i'))) as is_used`

/** Those that were named, or all. Refuses, before anything is changed, what is in the way and what our role may not do. */
export async function chooseDumps<Database extends Listed>(
  target: TargetServer,
  all: readonly Database[],
  wanted: readonly string[] | undefined,
): Promise<ChosenDumps<Database>> {
  const named = wanted === undefined ? all : findNamed(all, wanted)
  const there = new Set((await target.ask('select datname as name from pg_database')).map(({ name }) => String(name)))
  const used = new Set<string>()
  for (const { name } of named) if (there.has(name) && (await isUsed(target, name))) used.add(name)
  const isLeftOut = ({ name, tables }: Listed): boolean =>
    wanted === undefined && name === everyonesDatabase && tables === 0 && used.has(name)
  const databases = named.filter((one) => !isLeftOut(one))
  refuseUsed(
    target,
    databases.filter(({ name }) => used.has(name)),
  )
  const present = new Set(databases.map(({ name }) => name).filter((name) => there.has(name)))
  if (databases.length > present.size) refuseWithoutRight(target)
  const notes = named.filter(isLeftOut).map(({ name }) => `The database ${name} has no tables, and was left out.`)
  return { databases, present, notes }
}

function findNamed<Database extends Listed>(all: readonly Database[], wanted: readonly string[]): readonly Database[] {
  const missing = wanted.filter((name) => all.every((one) => one.name !== name))
  if (missing.length === 0) return all.filter(({ name }) => wanted.includes(name))
  throw new CoffreError('usage.invalid', `the point has no database ${missing.join(', ')}`, {
    hint: `Nothing was changed. It has ${all.map(({ name }) => name).join(', ')}.`,
  })
}

async function isUsed(target: TargetServer, name: string): Promise<boolean> {
  const [row] = await target.on(name, (query) => query(isUsedSql))
  return row?.['is_used'] === true
}

function refuseUsed({ place }: TargetServer, used: readonly Listed[]): void {
  if (used.length === 0) return
  const names = used.map(({ name }) => name).join(', ')
  throw new CoffreError('target.not-empty', `PostgreSQL at ${place} has ${names} already, with something in it`, {
    hint: 'Nothing was changed. Rename or drop what is there, choose others with --databases, or restore into another server.',
  })
}

function refuseWithoutRight({ createsDatabases, user, place }: TargetServer): void {
  if (createsDatabases) return
  throw new CoffreError('source.credentials', `role ${user} may not create databases at ${place}`, {
    hint: `Nothing was changed. ALTER ROLE ${user} CREATEDB; or make them, empty, beforehand.`,
  })
}
