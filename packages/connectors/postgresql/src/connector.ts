import type { Connector } from '@coffre/connector'
import { readBaseDetails } from './base/base-details.ts'
import { dropSlots } from './capture/slots.ts'
import { checkPostgresql } from './checks.ts'
import {
  identifyPostgresql,
  type PostgresqlConfig,
  type PostgresqlSecrets,
  parsePostgresqlConfig,
  parsePostgresqlSecrets,
} from './config.ts'
import { foreseeRestore } from './foresee-restore.ts'
import { locatePostgresql } from './locate.ts'
import { checkLogical } from './logical/check-logical.ts'
import { isLogical } from './logical/logical-details.ts'
import { LogicalSource } from './logical/logical-source.ts'
import { restoreLogical } from './logical/restore-logical.ts'
import { verifyLogical } from './logical/verify-logical.ts'
import { mapPostgresqlLog } from './map-log.ts'
import { restorePostgresql } from './restore/restore-postgresql.ts'
import type { PostgresqlSettings } from './settings.ts'
import { PostgresqlSource } from './source.ts'
import { verifyPostgresql } from './verify/verify-postgresql.ts'
import { WalLogFormat } from './wal-log-format.ts'

/**
 * PostgreSQL 15 to 18, over its replication protocol or by dumps, of which each database shows an instant of its own and none has a log. The
 * settings are of the machine that saves and restores.
 */
export function createPostgresqlConnector(settings: PostgresqlSettings = {}): Connector<PostgresqlConfig, PostgresqlSecrets> {
  return {
    engine: 'postgresql',
    abilities: { isContinuous: true, isConsistent: true, restoresPartsTo: ['engine'], restoresTo: ['folder', 'engine'] },
    parseConfig: parsePostgresqlConfig,
    parseSecrets: parsePostgresqlSecrets,
    identify: identifyPostgresql,
    check: (config, secrets, _context, signal) =>
      config.mode === 'logical'
        ? checkLogical({ config, secrets }, settings, signal)
        : checkPostgresql({ config, secrets }, signal),
    open: (config, secrets, context, signal) =>
      config.mode === 'logical'
        ? LogicalSource.open({ config, secrets }, settings, context, signal)
        : PostgresqlSource.open({ config, secrets }, context, signal),
    restore: (point, request, context, signal) =>
      isLogical(point.manifest)
        ? restoreLogical(point, request, settings, context, signal)
        : restorePostgresql(point, request, settings, context, signal),
    foresee: (manifest, request, _context, signal) => foreseeRestore(manifest, request, settings, signal),
    locate: locatePostgresql,
    mapLog: mapPostgresqlLog,
    logFormat: (manifest) => new WalLogFormat(readBaseDetails(manifest).segmentBytes),
    release: async (config, secrets, _context, signal) => {
      if (config.mode === 'physical') await dropSlots({ config, secrets }, signal)
    },
    verify: (point, restored, _context, signal) =>
      isLogical(point.manifest)
        ? verifyLogical(point, restored, settings, signal)
        : verifyPostgresql(point, restored, settings, signal),
  }
}

/** The connector on a machine that says nothing of where engines are. */
export const postgresqlConnector: Connector<PostgresqlConfig, PostgresqlSecrets> = createPostgresqlConnector()
