import { askOnce } from '../cluster.ts'
import type { Member } from '../config.ts'
import type { Access } from '../connection/connect.ts'

/** What one member says of itself, by SQL alone, that decides how well it can be protected. */
export interface ServerSettings {
  readonly versionNumber: number
  readonly version: string
  readonly isStandby: boolean
  readonly mayReplicate: boolean
  readonly walLevel: string
  readonly walSendersMax: number
  readonly walSenders: number
  readonly slotsMax: number
  readonly slots: number
  readonly synchronousStandbys: string
  /** In megabytes; -1 without a limit. */
  readonly slotKeepsMax: number
  /** In seconds; 0 where idle slots are never given up, which older versions cannot. */
  readonly slotIdleMaxS: number
  readonly hasChecksums: boolean
  readonly writesFullPages: boolean
  readonly syncs: boolean
  /** Of our slot; undefined where it is not there. */
  readonly slotStatus: string | undefined
  readonly slotLagBytes: number
}

const query = `select current_setting('server_version_num')::int as version_number, current_setting('server_version') as version,
    pg_is_in_recovery() as is_standby,
    (select rolreplication or rolsuper from pg_roles where rolname = current_user) as may_replicate,
    current_setting('wal_level') as wal_level, current_setting('max_wal_senders')::int as wal_senders_max,
    (select count(*)::int from pg_stat_replication) as wal_senders,
    current_setting('max_replication_slots')::int as slots_max, (select count(*)::int from pg_replication_slots) as slots,
    current_setting('synchronous_standby_names') as synchronous,
    (select setting::float8 from pg_settings where name = 'max_slot_wal_keep_size') as slot_keeps,
    (select setting::float8 * case unit when 'min' then 60 else 1 end from pg_settings
      where name = 'idle_replication_slot_timeout') as slot_idle,
    current_setting('data_checksums') = 'on' as checksums, current_setting('full_page_writes') = 'on' as full_pages,
    current_setting('fsync') = 'on' as syncs, slot.wal_status,
    (pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end,
      slot.restart_lsn))::float8 as lag
  from (values (1)) one left join pg_replication_slots slot on slot.slot_name = $1`

export async function readServerSettings(access: Access, member: Member, signal: AbortSignal): Promise<ServerSettings> {
  const row = await askOnce(access, member, signal, query, [access.config.slot])
  const status = row['wal_status']
  return {
    versionNumber: Number(row['version_number']),
    version: String(row['version']),
    isStandby: row['is_standby'] === true,
    mayReplicate: row['may_replicate'] === true,
    walLevel: String(row['wal_level']),
    walSendersMax: Number(row['wal_senders_max']),
    walSenders: Number(row['wal_senders']),
    slotsMax: Number(row['slots_max']),
    slots: Number(row['slots']),
    synchronousStandbys: String(row['synchronous']),
    slotKeepsMax: Number(row['slot_keeps']),
    slotIdleMaxS: Number(row['slot_idle'] ?? 0),
    hasChecksums: row['checksums'] === true,
    writesFullPages: row['full_pages'] === true,
    syncs: row['syncs'] === true,
    slotStatus: typeof status === 'string' ? status : undefined,
    slotLagBytes: Number(row['lag'] ?? 0),
  }
}
