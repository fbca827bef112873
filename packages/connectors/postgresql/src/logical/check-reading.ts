import type { Finding } from '@coffre/connector'
import { interruption } from '@coffre/foundation'
import { asOurs } from '../checks.ts'
import { ask } from '../cluster.ts'
import type { Member } from '../config.ts'
import { type Access, connect } from '../connection/connect.ts'

const namedMax = 10

/** Relations that people made and pg_dump reads; those of extensions come with their extension. */
const relations = `pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relpersistence <> 't' and c.oid >= 16384 and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`
const unreadableSql = `select n.nspname || '.' || c.relname as name from ${relations} and c.relkind in ('r', 'p', 'S') and not (
    has_schema_privilege(n.oid, 'usage')
    and case c.relkind when 'S' then has_sequence_privilege(c.oid, 'select') else has_table_privilege(c.oid, 'select') end)
  order by 1`
const hiddenSql = `select n.nspname || '.' || c.relname as name from ${relations} and c.relkind in ('r', 'p')
  and row_security_active(c.oid) order by 1`
const largeObjectsSql = `select oid::int8::text as name from pg_largeobject_metadata m
  where not (select rolsuper from pg_roles where rolname = current_user) and not pg_has_role(lomowner, 'usage')
    and current_setting('lo_compat_privileges') = 'off' and not exists (
      select from aclexplode(lomacl) where privilege_type = 'SELECT'
        and case grantee when 0 then true else pg_has_role(grantee, 'usage') end)
  order by oid limit 1000`

interface Right {
  readonly code: string
  readonly sql: string
  readonly lack: string
  readonly remedy: string
}

const rights: readonly Right[] = [
  {
    code: 'postgresql.read-right',
    sql: unreadableSql,
    lack: 'the role may not read',
    remedy: 'GRANT pg_read_all_data TO …;',
  },
  {
    code: 'postgresql.row-security',
    sql: hiddenSql,
    lack: 'row security hides from the role what is in',
    remedy: 'ALTER ROLE … BYPASSRLS; or dump as the owner of the tables.',
  },
  {
    code: 'postgresql.large-object-right',
    sql: largeObjectsSql,
    lack: 'the role may not read the large objects',
    remedy: 'GRANT SELECT ON LARGE OBJECT … TO …; pg_read_all_data does not include them.',
  },
]

/** What of one database the role may not read: a dump would end there. */
export async function checkReading(
  access: Access,
  member: Member,
  database: string,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  let client: Awaited<ReturnType<typeof connect>>
  try {
    client = await connect(access, member, signal, { database })
  } catch (error) {
    if (signal.aborted) throw interruption(signal)
    const isNamed = access.config.databases !== undefined
    const message = `the database ${database} lets us not in${isNamed ? '' : ', and is left out'}: ${asOurs(error).message}`
    const remedy = 'GRANT CONNECT ON DATABASE … TO …; and a line in pg_hba.conf; or name the databases to be saved.'
    return [{ severity: isNamed ? 'error' : 'warning', code: 'postgresql.database-closed', message, remedy }]
  }
  try {
    const findings: Finding[] = []
    for (const { code, sql, lack, remedy } of rights) {
      const { rows } = await ask(client, member, sql)
      if (rows.length === 0) continue
      const named = rows.slice(0, namedMax).map(({ name }) => String(name))
      const more = rows.length > namedMax ? ` and ${rows.length - namedMax} more` : ''
      findings.push({ severity: 'error', code, message: `${lack} ${named.join(', ')}${more} of database ${database}`, remedy })
    }
    return findings
  } catch (error) {
    if (signal.aborted) throw interruption(signal)
    throw error
  } finally {
    await client.end().catch(() => undefined)
  }
}
