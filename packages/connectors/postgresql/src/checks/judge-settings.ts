import type { Finding } from '@coffre/connector'
import { applicationName, type PostgresqlConfig } from '../config.ts'
import type { ServerSettings } from './server-settings.ts'
import { countsAsSynchronous } from './synchronous-standbys.ts'

const oldestVersion = 15_00_00
const newestVersion = 19_00_00
/** A slot that is so far behind has not been read from for long, or never will. */
const lagBytesMax = 16 * 1024 ** 3

/** What the settings of one server, called `name`, keep from being protected or make worse. */
export function judgeSettings(name: string, settings: ServerSettings, config: PostgresqlConfig): readonly Finding[] {
  return [
    ...judgeServer(name, settings),
    ...judgeRoom(name, settings, config),
    ...(config.keepsLog ? [...judgeSource(name, settings, config), ...judgeSlot(name, settings, config)] : []),
    ...judgeData(name, settings),
  ]
}

function judgeServer(name: string, { versionNumber, version, mayReplicate, walLevel }: ServerSettings): readonly Finding[] {
  return [
    ...when(versionNumber < oldestVersion || versionNumber >= newestVersion, {
      severity: 'error',
      code: 'postgresql.version',
      message: `PostgreSQL at ${name} is ${version}, and 15 to 18 are supported`,
      remedy: 'Upgrade the server, or save its pg_dump with `coffre repo backup --stdin-from-command`.',
    }),
    ...when(!mayReplicate, {
      severity: 'error',
      code: 'postgresql.replication-right',
      message: `the role has no right to replicate from ${name}`,
      remedy: 'ALTER ROLE … REPLICATION;',
    }),
    ...when(walLevel === 'minimal', {
      severity: 'error',
      code: 'postgresql.wal-level',
      message: `wal_level is minimal at ${name}: neither a base backup nor its log can be had`,
      remedy: "ALTER SYSTEM SET wal_level = 'replica'; then restart the server.",
    }),
  ]
}

/** A base takes a connection and a slot of its own; the log another of each. */
function judgeRoom(name: string, settings: ServerSettings, { keepsLog, slot }: PostgresqlConfig): readonly Finding[] {
  const { walSenders, walSendersMax, slots, slotsMax, slotStatus, walLevel } = settings
  const slotsNeeded = keepsLog && slotStatus === undefined ? 2 : 1
  return [
    ...when(walLevel !== 'minimal' && walSendersMax - walSenders < 1, {
      severity: 'error',
      code: 'postgresql.wal-senders',
      message: `${walSenders} of ${walSendersMax} connections for replication are in use at ${name}`,
      remedy: `ALTER SYSTEM SET max_wal_senders = ${walSendersMax + 4}; then restart the server.`,
    }),
    ...when(slotsMax - slots < slotsNeeded, {
      severity: 'error',
      code: 'postgresql.slots',
      message: `${slots} of ${slotsMax} replication slots are in use at ${name}, and ${slotsNeeded} more are needed${keepsLog ? ` (${slot})` : ''}`,
      remedy: `ALTER SYSTEM SET max_replication_slots = ${slots + slotsNeeded + 4}; then restart the server.`,
    }),
  ]
}

/** What would let us stall the source. */
function judgeSource(name: string, settings: ServerSettings, { allowsUnlimitedLog }: PostgresqlConfig): readonly Finding[] {
  const { synchronousStandbys, slotKeepsMax, slotIdleMaxS } = settings
  return [
    ...when(countsAsSynchronous(synchronousStandbys, applicationName), {
      severity: 'error',
      code: 'postgresql.synchronous',
      message: `synchronous_standby_names is '${synchronousStandbys}' at ${name}: commits would wait for Coffre`,
      remedy: 'ALTER SYSTEM SET synchronous_standby_names = the names of the standbys, without * ; SELECT pg_reload_conf();',
    }),
    ...when(slotKeepsMax < 0 && slotIdleMaxS === 0, {
      severity: allowsUnlimitedLog ? 'warning' : 'error',
      code: 'postgresql.unlimited-log',
      message: `max_slot_wal_keep_size is unlimited at ${name}: while Coffre is away, its log may fill the disk`,
      remedy: "ALTER SYSTEM SET max_slot_wal_keep_size = '64GB'; SELECT pg_reload_conf();",
    }),
  ]
}

function judgeSlot(name: string, { slotStatus, slotLagBytes }: ServerSettings, { slot }: PostgresqlConfig): readonly Finding[] {
  return [
    ...when(slotStatus === 'lost', {
      severity: 'error',
      code: 'postgresql.slot-lost',
      message: `the slot ${slot} at ${name} has lost log that was not read: there is a gap`,
      remedy: `SELECT pg_drop_replication_slot('${slot}'); then take a new base backup.`,
    }),
    ...when(slotStatus === 'unreserved' || (slotStatus !== 'lost' && slotLagBytes > lagBytesMax), {
      severity: 'warning',
      code: 'postgresql.slot-lagging',
      message: `the slot ${slot} at ${name} is ${Math.round(slotLagBytes / 1024 ** 2)} MiB behind (${slotStatus})`,
      remedy: 'Let the capture run, or raise max_slot_wal_keep_size.',
    }),
  ]
}

function judgeData(name: string, { hasChecksums, writesFullPages, syncs, isStandby }: ServerSettings): readonly Finding[] {
  return [
    ...when(!hasChecksums, {
      severity: 'note',
      code: 'postgresql.checksums',
      message: `data checksums are off at ${name}: damaged pages cannot be seen while they are saved`,
      remedy: 'pg_checksums --enable, with the server stopped.',
    }),
    ...when(!writesFullPages && !isStandby, {
      severity: 'warning',
      code: 'postgresql.full-pages',
      message: `full_page_writes is off at ${name}: a power cut may damage pages`,
      remedy: 'ALTER SYSTEM SET full_page_writes = on; SELECT pg_reload_conf();',
    }),
    ...when(!syncs, {
      severity: 'warning',
      code: 'postgresql.fsync',
      message: `fsync is off at ${name}: a power cut may lose commits or the whole cluster`,
      remedy: 'ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf();',
    }),
  ]
}

function when(isSo: boolean, finding: Finding): readonly Finding[] {
  return isSo ? [finding] : []
}
