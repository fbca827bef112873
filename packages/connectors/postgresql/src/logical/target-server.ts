import { CoffreError, isCoffreError } from '@coffre/foundation'
import type pg from 'pg'
import { ask } from '../cluster.ts'
import { formatMember, type Member, parsePostgresqlConfig, parsePostgresqlSecrets } from '../config.ts'
import { type Access, connect } from '../connection/connect.ts'
import type { ServerLogin } from '../programs/client-program.ts'
import { quoteName } from './quote-sql.ts'
import { serverLogin } from './server-login.ts'

/** Whether somebody made something in a database: relations, functions, types, schemas, large objects, but for those of extensions. */
const isUsedSql = `select exists (select from pg_largeobject_metadata) or exists (
    select from (
      select 'pg_class'::regclass as class, oid from pg_class where oid >= 16384
      union all select 'pg_proc'::regclass, oid from pg_proc where oid >= 16384
      union all select 'pg_type'::regclass, oid from pg_type where oid >= 16384
      union all select 'pg_namespace'::regclass, oid from pg_namespace where oid >= 16384 and nspname !~ '^pg_'
    ) made where not exists (
      select from pg_depend d where d.classid = made.class and d.objid = made.oid and d.deptype in ('e', 'i'))) as is_used`

/** A running server that dumps are restored into. */
export class TargetServer implements AsyncDisposable {
  readonly name: string
  readonly major: number
  readonly isSuperuser: boolean
  readonly user: string
  readonly login: ServerLogin
  readonly #access: Access
  readonly #member: Member
  readonly #client: pg.Client

  private constructor(access: Access, member: Member, client: pg.Client, row: Readonly<Record<string, unknown>>) {
    this.#access = access
    this.#member = member
    this.#client = client
    this.name = formatMember(member)
    this.major = Math.floor(Number(row['version_number']) / 10_000)
    this.isSuperuser = row['is_superuser'] === true
    this.user = String(row['user'])
    this.login = serverLogin(access, member)
  }

  /** Signs in. `source.unreachable` or `source.credentials` when it cannot; `target.failed` where a server takes no changes. */
  static async open(config: unknown, secrets: unknown, signal: AbortSignal): Promise<TargetServer> {
    const access = { config: parsePostgresqlConfig(config), secrets: parsePostgresqlSecrets(secrets) }
    const [member] = access.config.members
    if (member === undefined) throw new Error('a configuration names a server')
    const client = await connect(access, member, signal)
    try {
      const { rows } = await ask(client, member, lookSql)
      const server = new TargetServer(access, member, client, rows[0] ?? {})
      if (rows[0]?.['is_standby'] === true) {
        throw new CoffreError('target.failed', `PostgreSQL at ${server.name} is a standby, which takes no changes`, {
          hint: 'Nothing was changed. Name the primary.',
        })
      }
      return server
    } catch (error) {
      await client.end().catch(() => undefined)
      throw error
    }
  }

  get database(): string {
    return this.#access.config.database
  }

  async query(sql: string, values: readonly unknown[] = []): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return (await ask(this.#client, this.#member, sql, values)).rows
  }

  /** Runs a statement and tells the server's words when it is refused. */
  async attempt(sql: string): Promise<string | undefined> {
    try {
      await this.query(sql)
      return undefined
    } catch (error) {
      if (!isCoffreError(error)) throw error
      return error.message
    }
  }

  /** On a connection of its own to another database. */
  async queryIn(database: string, sql: string, signal: AbortSignal): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const client = await connect(this.#access, this.#member, signal, { database })
    try {
      return (await ask(client, this.#member, sql)).rows
    } finally {
      await client.end().catch(() => undefined)
    }
  }

  async databases(): Promise<ReadonlySet<string>> {
    return new Set((await this.query('select datname from pg_database')).map(({ datname }) => String(datname)))
  }

  async roles(): Promise<ReadonlySet<string>> {
    return new Set((await this.query('select rolname from pg_roles')).map(({ rolname }) => String(rolname)))
  }

  async isUsed(database: string, signal: AbortSignal): Promise<boolean> {
    const [row] = await this.queryIn(database, isUsedSql, signal)
    return row?.['is_used'] === true
  }

  async drop(database: string): Promise<void> {
    await this.query(`drop database if exists ${quoteName(database)} with (force)`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end().catch(() => undefined)
  }
}

const lookSql = `select current_setting('server_version_num')::int as version_number, pg_is_in_recovery() as is_standby,
  current_user as user, (select rolsuper from pg_roles where rolname = current_user) as is_superuser`
