import { ask } from '../cluster.ts'
import type { Member } from '../config.ts'
import { type Access, connect } from '../connection/connect.ts'
import { type DatabaseNames, readRelationNames } from './relation-names.ts'

/** What a restore may need of a cluster that its data directory does not hold. */
export interface ClusterDescription {
  /** By the server's clock. */
  readonly takenAt: string
  readonly databases: readonly { readonly oid: number; readonly name: string }[]
  readonly names: readonly DatabaseNames[]
  /** Of the database that we are connected to: what has to be installed where it is restored. */
  readonly extensions: readonly string[]
  /** The role that the cluster was made with, which may do everything. */
  readonly owner: string
  /** Settings and access files that lie outside the data directory, as on Debian; with their content where we may read it. */
  readonly outside: readonly { readonly setting: string; readonly path: string; readonly content: string | null }[]
}

const filesQuery = `select name, setting as path, setting like current_setting('data_directory') || '/%' as is_inside
  from pg_settings where name in ('config_file', 'hba_file', 'ident_file')`
const databasesQuery = 'select oid::int8::text as oid, datname as name from pg_database where datallowconn order by datname'
const extensionsQuery = `select distinct name from (
    select extname as name from pg_extension where extname <> 'plpgsql'
    union all select trim(unnest(string_to_array(current_setting('shared_preload_libraries', true), ','))) as name
  ) all_of_them where name <> '' order by name`

export async function describeCluster(access: Access, member: Member, signal: AbortSignal): Promise<ClusterDescription> {
  const client = await connect(access, member, signal)
  try {
    const { rows: time } = await ask(
      client,
      member,
      `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now, pg_get_userbyid(10) as owner`,
    )
    const { rows: databases } = await ask(client, member, databasesQuery)
    const { rows: extensions } = await ask(client, member, extensionsQuery)
    const { rows: files } = await ask(client, member, filesQuery)
    const outside: { setting: string; path: string; content: string | null }[] = []
    for (const { name, path, is_inside } of files) {
      // Without the right to see the path, nothing is known of where it lies.
      if (is_inside === true || path === null) continue
      outside.push({ setting: String(name), path: String(path), content: await readFile(client, member, String(path)) })
    }
    const takenAt = String(time[0]?.['now'])
    const named = databases.map(({ oid, name }) => ({ oid: Number(oid), name: String(name) }))
    return {
      takenAt,
      names: await readRelationNames(access, member, named, signal),
      owner: String(time[0]?.['owner']),
      databases: named,
      extensions: extensions.map(({ name }) => String(name)),
      outside,
    }
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Null without the right to read files of the server, which only a restore of settings needs. */
async function readFile(client: Awaited<ReturnType<typeof connect>>, member: Member, path: string): Promise<string | null> {
  try {
    const { rows } = await ask(client, member, 'select pg_read_file($1) as content', [path])
    return String(rows[0]?.['content'] ?? '')
  } catch {
    return null
  }
}
