import type { Finding } from '@coffre/connector'
import { interruption } from '@coffre/foundation'
import { asOurs, connectionFinding, softened } from '../checks.ts'
import { formatMember } from '../config.ts'
import type { Access } from '../connection/connect.ts'
import { findClientPrograms } from '../programs/find-client-programs.ts'
import type { PostgresqlSettings } from '../settings.ts'
import { checkReading } from './check-reading.ts'
import { type DumpedServer, lookAt, preferred } from './choose-member.ts'
import { listDatabases } from './list-databases.ts'

/**
 * Looks whether every database can be dumped whole: can the server be reached, are the programs here, may the role read everything.
 * Neither the right to replicate nor anything of the log is asked for. Changes nothing.
 */
export async function checkLogical(access: Access, settings: PostgresqlSettings, signal: AbortSignal): Promise<readonly Finding[]> {
  const looks = await Promise.all(
    access.config.members.map(async (member) => {
      try {
        return { server: await lookAt(access, member, signal), findings: [] }
      } catch (error) {
        return { server: undefined, findings: [connectionFinding(asOurs(error))] }
      }
    }),
  )
  if (signal.aborted) throw interruption(signal)
  const servers = looks.flatMap(({ server }) => (server === undefined ? [] : [server]))
  const unreached = looks.flatMap(({ findings }) => findings)
  const server = preferred(access.config, servers)
  if (server === undefined) return unreached
  const findings = [...unreached.map(softened), ...servers.flatMap(checkVersion), ...checkPasswords(server)]
  findings.push(...(await checkPrograms(server, settings, signal)), ...(await checkDatabases(access, server, signal)))
  if (signal.aborted) throw interruption(signal)
  return findings
}

function checkVersion({ major, version, member }: DumpedServer): readonly Finding[] {
  if (major >= 15 && major <= 18) return []
  const message = `PostgreSQL at ${formatMember(member)} is ${version}, and 15 to 18 are supported`
  const remedy = 'Save its pg_dump with `coffre repo backup --stdin-from-command`.'
  return [{ severity: 'error', code: 'postgresql.version', message, remedy }]
}

function checkPasswords({ readsPasswords, member }: DumpedServer): readonly Finding[] {
  if (readsPasswords) return []
  const message = `the passwords of roles cannot be read at ${formatMember(member)}: roles are saved without them`
  return [
    {
      severity: 'note',
      code: 'postgresql.role-passwords',
      message,
      remedy: 'Only a superuser can; set them anew after a restore.',
    },
  ]
}

async function checkPrograms(
  { major }: DumpedServer,
  settings: PostgresqlSettings,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  try {
    await findClientPrograms(major, settings, signal)
    return []
  } catch (error) {
    const { message, hint } = asOurs(error)
    return [{ severity: 'error', code: 'postgresql.programs', message, ...(hint === undefined ? {} : { remedy: hint }) }]
  }
}

async function checkDatabases(access: Access, { member }: DumpedServer, signal: AbortSignal): Promise<readonly Finding[]> {
  try {
    const findings: Finding[] = []
    for (const { name } of await listDatabases(access, member, signal))
      findings.push(...(await checkReading(access, member, name, signal)))
    return findings
  } catch (error) {
    const { message, hint } = asOurs(error)
    return [{ severity: 'error', code: 'postgresql.databases', message, ...(hint === undefined ? {} : { remedy: hint }) }]
  }
}
