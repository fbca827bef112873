import { CoffreError } from '@coffre/foundation'
import { ask } from '../cluster.ts'
import { formatMember, type Member } from '../config.ts'
import { type Access, connect } from '../connection/connect.ts'

export interface ListedDatabase {
  readonly name: string
  /** 0 where our role may not know. */
  readonly expectedBytes: number
}

/** Of whoever runs a managed server: nobody else gets in. */
const providersOwn = ['rdsadmin', 'cloudsqladmin', 'azure_maintenance', 'azure_sys']

const query = `select datname as name,
    case when has_database_privilege(oid, 'connect') then pg_database_size(oid) else 0 end::float8 as bytes
  from pg_database where datallowconn and not datistemplate order by datname`

/**
 * The databases that a source means: those that it names, or all that let anybody in and are neither templates nor of the server's
 * provider. `source.missing` names those that are not there.
 */
export async function listDatabases(access: Access, member: Member, signal: AbortSignal): Promise<readonly ListedDatabase[]> {
  const client = await connect(access, member, signal)
  try {
    const { rows } = await ask(client, member, query)
    const all = rows.map(({ name, bytes }) => ({ name: String(name), expectedBytes: Number(bytes) }))
    const { databases: wanted } = access.config
    if (wanted === undefined) return all.filter(({ name }) => !providersOwn.includes(name))
    const missing = wanted.filter((name) => all.every((one) => one.name !== name))
    if (missing.length > 0) {
      throw new CoffreError('source.missing', `PostgreSQL at ${formatMember(member)} has no database ${missing.join(', ')}`, {
        hint: `It has ${all.map(({ name }) => name).join(', ')}. Change the databases of the source, or make them there.`,
      })
    }
    return all.filter(({ name }) => wanted.includes(name))
  } finally {
    await client.end().catch(() => undefined)
  }
}
