import { CoffreError, isCoffreError } from '@coffre/foundation'
import { ask, askMembers } from '../cluster.ts'
import { formatMember, type Member } from '../config.ts'
import { type Access, connect } from '../connection/connect.ts'
import { asSourceError, hasState } from '../connection/server-error.ts'
import { serverLogin } from '../logical/server-login.ts'
import type { ServerLogin } from '../programs/client-program.ts'
import type { Query } from './chosen-tables.ts'
import { findUnmet, formatNeed, type OutsideNeed } from './outside-needs.ts'
import { formatRelationName, quoted, type RelationName } from './relation-name.ts'

const lookQuery = `select pg_is_in_recovery() as is_standby, current_setting('server_version_num')::int as version_number,
  current_setting('server_version') as version, current_user as user, rolsuper as is_superuser, rolcreatedb as creates_databases
  from pg_roles where rolname = current_user`

/** A running server that something is restored into. Nothing of it is changed but by `makeSchema`, what takes back what was made, and what is loaded. */
export class TargetServer {
  readonly major: number
  readonly isSuperuser: boolean
  readonly createsDatabases: boolean
  readonly #access: Access
  readonly #member: Member
  readonly #signal: AbortSignal

  private constructor(access: Access, { member, row }: Look, signal: AbortSignal) {
    this.#access = access
    this.#member = member
    this.#signal = signal
    this.major = majorOf(row)
    this.isSuperuser = row['is_superuser'] === true
    this.createsDatabases = this.isSuperuser || row['creates_databases'] === true
  }

  /** The primary among its members. `target.failed`, or `source.credentials`, when it cannot be written to. */
  static async open(access: Access, signal: AbortSignal): Promise<TargetServer> {
    const looks = await askMembers(access, async (member): Promise<Look> => {
      const client = await connect(access, member, signal)
      try {
        return { member, row: (await ask(client, member, lookQuery)).rows[0] ?? {} }
      } finally {
        await client.end().catch(() => undefined)
      }
    }).catch((error: unknown) => {
      throw asTargetError(error)
    })
    const primary = looks.find(({ row }) => row['is_standby'] === false)
    if (primary !== undefined) return new TargetServer(access, primary, signal)
    throw new CoffreError('target.failed', `the server at ${access.config.members.map(formatMember).join(', ')} is a standby`, {
      hint: 'Nothing was changed. Name the primary: a standby takes no changes.',
    })
  }

  get login(): ServerLogin {
    return serverLogin(this.#access, this.#member)
  }

  get place(): string {
    return formatMember(this.#member)
  }

  get user(): string {
    return this.#access.config.user
  }

  /** A connection to one of its databases for as long as `work` needs it. */
  async on<Result>(database: string, work: (query: Query) => Promise<Result>, signal = this.#signal): Promise<Result> {
    const client = await connect(this.#access, this.#member, signal, { database })
    const cancel = (): void => void client.end().catch(() => undefined)
    signal.addEventListener('abort', cancel)
    try {
      return await work(async (sql, values = []) => (await client.query<Record<string, unknown>>(sql, [...values])).rows)
    } catch (error) {
      throw asSourceError(error, this.place)
    } finally {
      signal.removeEventListener('abort', cancel)
      await client.end().catch(() => undefined)
    }
  }

  /** A dump is not for servers that are older than the program that made it. */
  refuseOlder(major: number): void {
    if (this.major >= major) return
    throw new CoffreError(
      'target.failed',
      `the server at ${this.place} is PostgreSQL ${this.major}, older than ${major}, of which the data are`,
      { hint: `Nothing was changed. Restore into PostgreSQL ${major} or newer.` },
    )
  }

  /** What is asked, or made, where any database will do. */
  ask(sql: string, values: readonly unknown[] = []): ReturnType<Query> {
    return this.on(this.#access.config.database, (query) => query(sql, values))
  }

  /** Even when the restore was cancelled. Whoever looks into it already is sent away. */
  async dropDatabase(database: string): Promise<void> {
    const own = new AbortController().signal
    await this.on(this.#access.config.database, (query) => query(`drop database ${quoted(database)} with (force)`), own)
  }

  /** Whether it was missing. */
  async makeSchema(database: string, schema: string): Promise<boolean> {
    return this.on(database, async (query) => {
      if ((await query('select from pg_namespace where nspname = $1', [schema])).length > 0) return false
      await query(`create schema ${quoted(schema)}`)
      return true
    })
  }

  /** Only while it is empty. Even when the restore was cancelled. */
  async dropSchema(database: string, schema: string): Promise<void> {
    const own = new AbortController().signal
    await this.on(database, (query) => query(`drop schema ${quoted(schema)}`), own)
  }

  /** Refuses names that there are already, a missing right, and a target that lacks what the tables are made with. */
  async checkTables(database: string, names: readonly RelationName[], schemas: readonly string[]): Promise<void> {
    await this.on(database, async (query) => {
      const present = await query(presentQuery, [names.map(({ schema }) => schema), names.map(({ name }) => name)])
      if (present.length > 0) throw notEmpty(present.map((row) => formatRelationName(row as unknown as RelationName)))
      await this.#checkRights(query, database, schemas)
    })
  }

  async #checkRights(query: Query, database: string, schemas: readonly string[]): Promise<void> {
    for (const { schema, is_there, may_create, may_make } of await query(rightsQuery, [schemas])) {
      if (is_there === true ? may_create === true : may_make === true) continue
      const right = is_there === true ? `create tables in schema ${schema}` : `create schema ${schema}`
      throw new CoffreError('source.credentials', `role ${this.user} may not ${right} of ${database} at ${this.place}`, {
        hint: `Nothing was changed. GRANT CREATE ON ${is_there === true ? `SCHEMA ${schema}` : `DATABASE ${database}`} TO ${this.user};`,
      })
    }
  }

  /** Refuses schemas in which somebody made something, and a missing right. */
  async checkSchemas(database: string, schemas: readonly string[]): Promise<void> {
    await this.on(database, async (query) => {
      const used = (await query(usedSchemasQuery, [schemas])).map(({ name }) => String(name))
      if (used.length > 0) {
        throw new CoffreError('target.not-empty', `the target has schema ${used.join(', ')} already, with something in it`, {
          hint: 'Nothing was changed. Restore one schema under another name with --schema, or rename or drop what is there.',
        })
      }
      await this.#checkRights(query, database, schemas)
    })
  }

  /** Finds those needs that a database of it does not meet. */
  unmetIn(database: string): (needs: readonly OutsideNeed[]) => Promise<readonly OutsideNeed[]> {
    return (needs) => (needs.length === 0 ? Promise.resolve([]) : this.on(database, (query) => findUnmet(query, needs)))
  }

  async roles(): Promise<ReadonlySet<string>> {
    return new Set((await this.ask('select rolname as name from pg_roles')).map(({ name }) => String(name)))
  }

  /** Those needs that a default can go without; any other that is not met is refused. */
  async checkNeeds(database: string, needs: readonly OutsideNeed[]): Promise<readonly OutsideNeed[]> {
    const unmet = await this.on(database, (query) => findUnmet(query, needs))
    const hard = unmet.filter((need) => need.default === undefined)
    if (hard.length === 0) return unmet
    const all = [...new Set(hard.map(formatNeed))].join(', ')
    throw new CoffreError('target.failed', `database ${database} at ${this.place} lacks what the tables are made with: ${all}`, {
      hint: 'Nothing was changed. Create it there first, or restore the whole database with --databases.',
    })
  }
}

interface Look {
  readonly member: Member
  readonly row: Readonly<Record<string, unknown>>
}

const presentQuery = `select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  join unnest($1::text[], $2::text[]) as wanted(schema, name) on wanted.schema = n.nspname and wanted.name = c.relname order by 1, 2`

/** Those of the schemas that have something in them but for what extensions brought. */
const usedSchemasQuery = `select n.nspname as name from pg_namespace n where n.nspname = any($1::text[]) and exists (
    select from (
      select 'pg_class'::regclass as class, oid from pg_class where relnamespace = n.oid
      union all select 'pg_proc'::regclass, oid from pg_proc where pronamespace = n.oid
      union all select 'pg_type'::regclass, oid from pg_type where typnamespace = n.oid
      union all select 'pg_operator'::regclass, oid from pg_operator where oprnamespace = n.oid
      union all select 'pg_collation'::regclass, oid from pg_collation where collnamespace = n.oid
    ) made where not exists (
      select from pg_depend d where d.classid = made.class and d.objid = made.oid and d.deptype in ('e', 'i')))
  order by 1`

const rightsQuery = `select wanted.schema, n.oid is not null as is_there,
  n.oid is not null and has_schema_privilege(n.oid, 'create') as may_create,
  has_database_privilege(current_database(), 'create') as may_make
  from unnest($1::text[]) as wanted(schema) left join pg_namespace n on n.nspname = wanted.schema`

function notEmpty(names: readonly string[]): CoffreError {
  const shown = names.slice(0, 8).join(', ')
  const more = names.length > 8 ? ` and ${names.length - 8} more` : ''
  return new CoffreError('target.not-empty', `the target has ${shown}${more} already`, {
    hint:
      'Nothing was changed. Name another schema with --schema, or rename or drop what is there: ' +
      'nothing of a running server is ever overwritten, hence --overwrite does not apply.',
  })
}

/** Who waits for a restore is not helped by a job that tries again by itself. */
function asTargetError(error: unknown): unknown {
  if (hasState(error, '3D000'))
    return new CoffreError('target.failed', error.message, {
      cause: error,
      hint: 'Nothing was changed. Name a database that is there in --into; --databases makes those that it restores.',
    })
  if (!isCoffreError(error, 'source.unreachable')) return error
  return new CoffreError('target.failed', error.message, { cause: error, hint: `Nothing was changed. ${error.hint ?? ''}`.trim() })
}

function majorOf(row: Readonly<Record<string, unknown>>): number {
  return Math.floor(Number(row['version_number']) / 10_000)
}
