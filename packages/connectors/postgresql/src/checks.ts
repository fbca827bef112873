import type { Finding } from '@coffre/connector'
import { type CoffreError, interruption, isCoffreError } from '@coffre/foundation'
import { judgeSettings } from './checks/judge-settings.ts'
import { readServerSettings, type ServerSettings } from './checks/server-settings.ts'
import { formatMember, type Member } from './config.ts'
import type { Access } from './connection/connect.ts'
import { ReplicationConnection } from './connection/replication-connection.ts'
import { hasState } from './connection/server-error.ts'

/** Looks at every member: can it be reached, may we copy and follow it, and could we do it harm. Changes nothing. */
export async function checkPostgresql(access: Access, signal: AbortSignal): Promise<readonly Finding[]> {
  const looks = await Promise.all(access.config.members.map((member) => lookAtMember(access, member, signal)))
  if (signal.aborted) throw interruption(signal)
  const reached = looks.filter(({ settings }) => settings !== undefined)
  const findings = looks.flatMap((look) => look.findings)
  const asWarnings = reached.length > 0 ? findings.map(softened) : findings
  return [...asWarnings, ...checkPrimary(access, reached), ...checkCluster(reached)]
}

interface Look {
  readonly member: Member
  readonly findings: readonly Finding[]
  readonly settings: ServerSettings | undefined
  readonly systemId?: string
}

async function lookAtMember(access: Access, member: Member, signal: AbortSignal): Promise<Look> {
  const name = formatMember(member)
  try {
    const settings = await readServerSettings(access, member, signal)
    const found = judgeSettings(name, settings, access.config)
    // A server that keeps no log refuses the protocol, and so it does to a role without the right: said once is enough.
    if (found.some(({ code }) => code === 'postgresql.wal-level' || code === 'postgresql.replication-right'))
      return { member, findings: found, settings }
    try {
      await using connection = await ReplicationConnection.open(access, member, signal)
      const [identity] = await connection.query('IDENTIFY_SYSTEM')
      return { member, findings: found, settings, systemId: identity?.[0] ?? '' }
    } catch (error) {
      const isKnown = found.some(({ code }) => code === 'postgresql.wal-senders')
      return { member, findings: isKnown ? found : [...found, replicationFinding(error, name)], settings }
    }
  } catch (error) {
    return { member, findings: [connectionFinding(asOurs(error))], settings: undefined }
  }
}

function checkPrimary({ config }: Access, reached: readonly Look[]): readonly Finding[] {
  if (!config.keepsLog || reached.length === 0 || reached.some(({ settings }) => settings?.isStandby === false)) return []
  const names = reached.map(({ member }) => formatMember(member)).join(', ')
  return [
    {
      severity: 'error',
      code: 'postgresql.no-primary',
      message: `${names} are standbys: the log has to be followed from the primary`,
      remedy: 'Name the primary among the members of the source.',
    },
  ]
}

function checkCluster(reached: readonly Look[]): readonly Finding[] {
  const [first, ...others] = reached.filter(({ systemId }) => systemId !== undefined)
  return others
    .filter(({ systemId }) => systemId !== first?.systemId)
    .map(({ member }) => ({
      severity: 'error',
      code: 'postgresql.other-cluster',
      message: `${formatMember(member)} belongs to another cluster than the other members`,
      remedy: 'Make a source of its own for the other cluster.',
    }))
}

/** One that is down can wait as long as another one answers. */
export function softened(finding: Finding): Finding {
  return finding.code === 'postgresql.unreachable' ? { ...finding, severity: 'warning' } : finding
}

/** What a failed connection says of the server. */
export function connectionFinding(error: CoffreError): Finding {
  const code = error.code === 'source.credentials' ? 'postgresql.credentials' : 'postgresql.unreachable'
  return { severity: 'error', code, message: error.message, ...(error.hint === undefined ? {} : { remedy: error.hint }) }
}

/** SQL is let in, and the replication protocol is not. */
function replicationFinding(error: unknown, name: string): Finding {
  const { message } = asOurs(error)
  if (hasState(error, '28000')) {
    return {
      severity: 'error',
      code: 'postgresql.hba-replication',
      message: `pg_hba.conf of ${name} does not let the role in for replication: ${message}`,
      remedy: 'Add to pg_hba.conf: host replication ROLE OUR-ADDRESS/32 scram-sha-256 ; then SELECT pg_reload_conf();',
    }
  }
  return { severity: 'error', code: 'postgresql.replication', message: `${name} refuses the replication protocol: ${message}` }
}

/** What a look may find; anything else is our own mistake. */
export function asOurs(error: unknown): CoffreError {
  if (isCoffreError(error)) return error
  throw error
}
