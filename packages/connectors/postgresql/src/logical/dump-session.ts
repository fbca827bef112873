import type pg from 'pg'
import { ask } from '../cluster.ts'
import type { Member } from '../config.ts'
import { type Access, connect, socketOf } from '../connection/connect.ts'
import { countTablesSql, type DatabasePrivilege, type DumpedDatabase } from './logical-details.ts'

/** What is known of a database before its dump is read. */
export type DescribedDatabase = Omit<DumpedDatabase, 'file' | 'sizeBytes' | 'sha256'>

/** One row about the database that it is asked in; `described` reads it. */
export const describeSql = `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at,
    pg_get_userbyid(datdba) as owner, pg_encoding_to_char(encoding) as encoding,
    case datlocprovider when 'c' then 'libc' when 'i' then 'icu' else 'builtin' end as provider,
    datcollate as collate, datctype as ctype, coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') as locale,
    case when datacl is null then null else (
      select jsonb_agg(jsonb_build_object('role', case grantee when 0 then null else pg_get_userbyid(grantee) end,
        'privilege', privilege_type, 'isGrantable', is_grantable)) from aclexplode(datacl)) end as privileges,
    (select coalesce(jsonb_agg(setting), '[]') from pg_db_role_setting, unnest(setconfig) setting
      where setdatabase = d.oid and setrole = 0) as settings,
    (select coalesce(jsonb_agg(extname order by extname), '[]') from pg_extension where extname <> 'plpgsql') as extensions,
    ${countTablesSql} as tables
  from pg_database d where datname = current_database()`

/**
 * One instant of one database, held open for as long as it is dumped: what is described here, and what pg_dump reads by the name of the
 * snapshot, are the same.
 */
export class DumpSession implements AsyncDisposable {
  readonly database: DescribedDatabase
  readonly snapshot: string
  readonly #client: pg.Client

  private constructor(client: pg.Client, database: DescribedDatabase, snapshot: string) {
    this.#client = client
    this.database = database
    this.snapshot = snapshot
  }

  static async begin(access: Access, member: Member, name: string, signal: AbortSignal): Promise<DumpSession> {
    const client = await connect(access, member, signal, { database: name })
    try {
      // Whoever limits how long transactions may idle does not mean us.
      await ask(client, member, 'set idle_in_transaction_session_timeout = 0; set statement_timeout = 0')
      await ask(client, member, 'begin isolation level repeatable read read only')
      const { rows: exported } = await ask(client, member, 'select pg_export_snapshot() as name')
      const { rows } = await ask(client, member, describeSql)
      return new DumpSession(client, described(name, rows[0] ?? {}), String(exported[0]?.['name']))
    } catch (error) {
      await close(client)
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await close(this.#client)
  }
}

async function close(client: pg.Client): Promise<void> {
  await client.end().catch(() => socketOf(client).destroy())
}

export function described(name: string, row: Readonly<Record<string, unknown>>): DescribedDatabase {
  const locale = row['locale']
  return {
    name,
    at: String(row['at']),
    owner: String(row['owner']),
    encoding: String(row['encoding']),
    provider: String(row['provider']),
    collate: String(row['collate']),
    ctype: String(row['ctype']),
    locale: typeof locale === 'string' ? locale : null,
    settings: (row['settings'] as readonly string[]).map(settingOf),
    privileges: row['privileges'] as readonly DatabasePrivilege[] | null,
    extensions: row['extensions'] as readonly string[],
    tables: Number(row['tables']),
  }
}

function settingOf(text: string): { readonly name: string; readonly value: string } {
  const at = text.indexOf('=')
  return { name: text.slice(0, at), value: text.slice(at + 1) }
}
