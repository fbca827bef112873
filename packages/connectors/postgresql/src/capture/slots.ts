import { type Clock, CoffreError } from '@coffre/foundation'
import type pg from 'pg'
import { ask, type MemberState } from '../cluster.ts'
import { formatMember, type Member } from '../config.ts'
import type { Access } from '../connection/connect.ts'
import { hasState } from '../connection/server-error.ts'
import { withClient } from '../connection/with-client.ts'
import { formatLsn, type Lsn } from '../wal/lsn.ts'

const takeOverWithinMs = 10_000
const pollMs = 50

/** Makes the slot on every member that lacks it: after a failover the log is then there from before it. */
export async function ensureSlots(access: Access, states: readonly MemberState[], signal: AbortSignal): Promise<void> {
  for (const { member } of states) await withClient(access, member, signal, (client) => ensureSlot(access, member, client))
}

async function ensureSlot({ config: { slot } }: Access, member: Member, client: pg.Client): Promise<void> {
  try {
    await ask(
      client,
      member,
      'select pg_create_physical_replication_slot($1, true) where not exists (select from pg_replication_slots where slot_name = $1)',
      [slot],
    )
  } catch (error) {
    // Somebody else made it just now, which is as good.
    if (hasState(error, '42710')) return
    if (!hasState(error, '53400', '55000')) throw error
    throw new CoffreError(
      'source.unfit',
      `PostgreSQL at ${formatMember(member)} cannot keep its log for us: ${error.report.message}`,
      {
        cause: error,
        hint: 'Raise max_replication_slots and have wal_level = replica; both take a restart of the server.',
      },
    )
  }
}

/**
 * Frees the slot from a connection that the server still believes in, as after a cut of the network: it would refuse us until its
 * wal_sender_timeout. There is one capture of a source at a time, so whoever holds the slot is a former self.
 */
export async function takeOverSlot(access: Access, member: Member, clock: Clock, signal: AbortSignal): Promise<void> {
  const { slot } = access.config
  await withClient(access, member, signal, async (client) => {
    const deadlineMs = clock.monotonicMs() + takeOverWithinMs
    for (;;) {
      const { rows } = await ask(client, member, 'select active_pid from pg_replication_slots where slot_name = $1 and active', [
        slot,
      ])
      if (rows.length === 0) return
      await ask(client, member, 'select pg_terminate_backend($1::int)', [rows[0]?.['active_pid']])
      if (clock.monotonicMs() > deadlineMs) {
        throw new CoffreError(
          'source.unreachable',
          `the slot ${slot} at ${formatMember(member)} is held by process ${rows[0]?.['active_pid']}`,
          {
            hint: 'Use the same role for everything that Coffre does here: only then may it end its own stale connections.',
          },
        )
      }
      await clock.sleep(pollMs, signal)
    }
  })
}

/** Lets a member that is not read from discard its log, too. What it cannot do now it does the next time. */
export async function advanceSlot(access: Access, member: Member, through: Lsn, signal: AbortSignal): Promise<void> {
  const { slot } = access.config
  const sql = `select pg_replication_slot_advance($1, least($2::pg_lsn,
      case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_flush_lsn() end))
    from pg_replication_slots where slot_name = $1 and not active and restart_lsn < $2::pg_lsn`
  await withClient(access, member, signal, (client) => ask(client, member, sql, [slot, formatLsn(through)]))
}

/** Gives back what the members keep for us. */
export async function dropSlots(access: Access, signal: AbortSignal): Promise<void> {
  const { slot } = access.config
  for (const member of access.config.members) {
    const sql = 'select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1 and not active'
    await withClient(access, member, signal, (client) => ask(client, member, sql, [slot]))
  }
}
