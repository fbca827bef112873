import type pg from 'pg'
import { ask, askMembers, assertVersion } from '../cluster.ts'
import type { Member, PostgresqlConfig } from '../config.ts'
import { type Access, connect } from '../connection/connect.ts'
import { hasState } from '../connection/server-error.ts'

/** A server as dumps see it: by SQL alone, without a right to replicate. */
export interface DumpedServer {
  readonly member: Member
  readonly major: number
  readonly version: string
  readonly isStandby: boolean
  /** Whether our role may read the passwords of roles, which managed servers let nobody do. */
  readonly readsPasswords: boolean
}

const query = `select pg_is_in_recovery() as is_standby, current_setting('server_version_num')::int as version_number,
  current_setting('server_version') as version`

/** The member to dump from: the primary, or a standby where one is preferred and answers. */
export async function chooseMember(access: Access, signal: AbortSignal): Promise<DumpedServer> {
  const servers = await askMembers(access, (member) => lookAt(access, member, signal))
  for (const server of servers) assertVersion(server)
  const chosen = preferred(access.config, servers)
  if (chosen === undefined) throw new Error('no member answered')
  return chosen
}

/** Of those that answer. */
export function preferred({ prefersStandby }: PostgresqlConfig, servers: readonly DumpedServer[]): DumpedServer | undefined {
  return servers.find(({ isStandby }) => isStandby === prefersStandby) ?? servers[0]
}

export async function lookAt(access: Access, member: Member, signal: AbortSignal): Promise<DumpedServer> {
  const client = await connect(access, member, signal)
  try {
    const [row = {}] = (await ask(client, member, query)).rows
    return {
      member,
      major: Math.floor(Number(row['version_number']) / 10_000),
      version: String(row['version']),
      isStandby: row['is_standby'] === true,
      readsPasswords: await readsPasswords(client, member),
    }
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Tried, not asked: providers forbid what the rights seem to allow. */
async function readsPasswords(client: pg.Client, member: Member): Promise<boolean> {
  try {
    await ask(client, member, 'select rolpassword from pg_catalog.pg_authid limit 1')
    return true
  } catch (error) {
    if (hasState(error, '42501')) return false
    throw error
  }
}
