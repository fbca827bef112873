import { CoffreError } from '@coffre/foundation'
import { onDatabase } from '../verify/local-session.ts'
import { nearNames, quoted } from './relation-name.ts'
import { everyTableQuery } from './row-counts.ts'
import type { SideInstance } from './side-instance.ts'

/** A database of the side instance, with what another one like it is made by. */
export interface SideDatabase {
  readonly name: string
  readonly encoding: string
  readonly collate: string
  readonly ctype: string
  /** The C library's unless it is ICU's or PostgreSQL's own. */
  readonly provider: 'icu' | 'builtin' | undefined
  readonly locale: string | undefined
  readonly extensions: readonly string[]
}

/** The column of the locale has another name from PostgreSQL 17 on. */
const databasesQuery = `select datname as name, pg_encoding_to_char(encoding) as encoding, datcollate as collate, datctype as ctype,
    datlocprovider as provider, coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') as locale,
    (select string_agg(unnested, ', ') from pg_db_role_setting s, unnest(s.setconfig) unnested
      where s.setdatabase = d.oid and s.setrole = 0) as settings
  from pg_database d where datallowconn and not datistemplate order by datname`

const extensionsQuery = "select extname as name from pg_extension where extname <> 'plpgsql' order by 1"

/** The one that clients find in every cluster; mostly there is nothing in it. */
const everyonesDatabase = 'postgres'

/** Finds the databases that were named, or all. `usage.invalid` names what is not there. */
export async function chooseDatabases(
  side: SideInstance,
  wanted: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<{ readonly databases: readonly SideDatabase[]; readonly notes: readonly string[] }> {
  const present = await onDatabase(side.server, 'template1', signal, (query) => query(databasesQuery))
  const names = present.map(({ name }) => String(name))
  for (const name of wanted ?? []) {
    if (names.includes(name)) continue
    throw new CoffreError('usage.invalid', `there was no database ${name} at that time`, {
      hint: `The target was not touched. There was ${nearNames(name, names).join(', ') || names.join(', ')}.`,
    })
  }
  const notes: string[] = []
  const databases: SideDatabase[] = []
  for (const row of present) {
    const name = String(row['name'])
    if (wanted !== undefined && !wanted.includes(name)) continue
    const [extensions, tables] = await onDatabase(side.server, name, signal, async (query) => [
      await query(extensionsQuery),
      await query(everyTableQuery),
    ])
    if (wanted === undefined && name === everyonesDatabase && tables.length === 0) {
      notes.push(`The database ${name} has no tables, and was left out.`)
      continue
    }
    if (row['settings'] !== null) notes.push(`Settings of the database ${name} were left out: ${row['settings']}.`)
    databases.push({
      name,
      encoding: String(row['encoding']),
      collate: String(row['collate']),
      ctype: String(row['ctype']),
      provider: row['provider'] === 'i' ? 'icu' : row['provider'] === 'b' ? 'builtin' : undefined,
      locale: row['locale'] === null ? undefined : String(row['locale']),
      extensions: extensions.map((extension) => String(extension['name'])),
    })
  }
  return { databases, notes }
}

/** Makes a database like it, empty. */
export function createStatement({ name, encoding, collate, ctype, provider, locale = '' }: SideDatabase): string {
  const text = (value: string): string => `'${value.replaceAll("'", "''")}'`
  const own = provider === undefined ? '' : ` locale_provider ${provider} ${provider}_locale ${text(locale)}`
  const libraries = `lc_collate ${text(collate)} lc_ctype ${text(ctype)}`
  return `create database ${quoted(name)} template template0 encoding ${text(encoding)} ${libraries}${own}`
}
