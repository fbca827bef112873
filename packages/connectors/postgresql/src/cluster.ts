import { type Clock, CoffreError, isCoffreError } from '@coffre/foundation'
import type pg from 'pg'
import type { Member, PostgresqlConfig } from './config.ts'
import { formatMember } from './config.ts'
import type { Access } from './connection/connect.ts'
import { ReplicationConnection } from './connection/replication-connection.ts'
import { asSourceError } from './connection/server-error.ts'
import { withClient } from './connection/with-client.ts'
import { type Lsn, parseLsn } from './wal/lsn.ts'

/** What one member is just now. */
export interface MemberState {
  readonly member: Member
  /** The same for all members of a cluster, and for no other cluster. */
  readonly systemId: string
  readonly timeline: number
  /** Where its log ends. */
  readonly end: Lsn
  readonly isStandby: boolean
  readonly version: string
  readonly major: number
  readonly segmentBytes: number
  readonly hasChecksums: boolean
}

const oldestMajor = 15
const newestMajor = 18
/** A standby that is gone without a word must not hold up for long who follows the primary; one that is far away answers by then. */
const othersWithinMs = 2500

/** Looks at one member, by the replication protocol and by SQL: what it takes to be saved from. */
async function lookAt(access: Access, member: Member, signal: AbortSignal): Promise<MemberState> {
  await using replication = await ReplicationConnection.open(access, member, signal)
  const [identity] = await replication.query('IDENTIFY_SYSTEM')
  const [systemId, timeline, end] = identity ?? []
  if (systemId == null || timeline == null || end == null)
    throw new CoffreError('source.failed', `PostgreSQL at ${formatMember(member)} does not say who it is`)
  const row = await askOnce(access, member, signal, settingsQuery)
  const major = Math.floor(Number(row['version_num']) / 10_000)
  return {
    member,
    systemId,
    timeline: Number(timeline),
    end: parseLsn(end),
    isStandby: row['is_standby'] === true,
    version: String(row['version']),
    major,
    segmentBytes: Number(row['segment_bytes']),
    hasChecksums: row['checksums'] === 'on',
  }
}

const settingsQuery = `select pg_is_in_recovery() as is_standby, current_setting('server_version_num') as version_num,
  current_setting('server_version') as version, pg_size_bytes(current_setting('wal_segment_size'))::text as segment_bytes,
  current_setting('data_checksums') as checksums`

/**
 * The members that answer, the primary first; once that has, the others have a moment. `source.unreachable` with every member's reason
 * when none does.
 */
export async function lookAtAll(access: Access, clock: Clock, signal: AbortSignal): Promise<readonly MemberState[]> {
  const late = new AbortController()
  const done = new AbortController()
  const both = AbortSignal.any([signal, late.signal])
  const look = async (member: Member): Promise<MemberState> => {
    const state = await lookAt(access, member, both)
    if (!state.isStandby)
      void clock.sleep(othersWithinMs, done.signal).then(
        () => late.abort(),
        () => undefined,
      )
    return state
  }
  const states = await askMembers(access, look).finally(() => done.abort())
  for (const state of states) assertVersion(state)
  assertOneCluster(states)
  return states.toSorted((a, b) => Number(a.isStandby) - Number(b.isStandby) || b.timeline - a.timeline)
}

/** What the members that answer say, in the order of the configuration; the reason of one of them when none does. */
export async function askMembers<Answer>(
  { config }: Access,
  question: (member: Member) => Promise<Answer>,
): Promise<readonly Answer[]> {
  const answers = await Promise.allSettled(config.members.map(question))
  const given = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  if (given.length > 0) return given
  throw noneAnswers(
    config,
    answers.map((answer) => (answer as PromiseRejectedResult).reason),
  )
}

function noneAnswers({ members }: PostgresqlConfig, reasons: readonly unknown[]): unknown {
  if (reasons.length === 1) return reasons[0]
  // What is wrong with the credentials is wrong with them everywhere, and says more than a standby that is down.
  const told = reasons.find((reason) => isCoffreError(reason, 'source.credentials')) ?? reasons[0]
  if (!isCoffreError(told)) return told
  const list = members.map(formatMember).join(', ')
  return new CoffreError(told.code, `none of ${list} answers: ${told.message}`, {
    cause: told,
    ...(told.hint === undefined ? {} : { hint: told.hint }),
  })
}

/** `source.unfit` where a server is older or newer than what is supported. */
export function assertVersion({ member, major, version }: Pick<MemberState, 'member' | 'major' | 'version'>): void {
  if (major >= oldestMajor && major <= newestMajor) return
  throw new CoffreError(
    'source.unfit',
    `PostgreSQL at ${formatMember(member)} is ${version}, and ${oldestMajor} to ${newestMajor} are supported`,
    {
      hint: 'Save the pg_dump of other versions with `coffre repo backup --stdin-from-command`.',
    },
  )
}

function assertOneCluster(states: readonly MemberState[]): void {
  for (const { member, systemId } of states) {
    if (systemId === states[0]?.systemId) continue
    throw new CoffreError('source.unfit', `${formatMember(member)} belongs to another cluster than the other members`, {
      hint: 'All members have to be the primary of one cluster and its standbys. Make a source of its own for the other cluster.',
    })
  }
}

/** One row of SQL from a member. */
export async function askOnce(
  access: Access,
  member: Member,
  signal: AbortSignal,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Readonly<Record<string, unknown>>> {
  const { rows } = await withClient(access, member, signal, (client) => ask(client, member, sql, values))
  return rows[0] ?? {}
}

/** SQL on a connection, with the errors of the server as ours. */
export async function ask(client: pg.Client, member: Member, sql: string, values: readonly unknown[] = []) {
  try {
    return await client.query<Record<string, unknown>>(sql, [...values])
  } catch (error) {
    throw asSourceError(error, formatMember(member))
  }
}
