import { resolve } from 'node:path'
import type { RestoreReport, RestoreRequest, StoredPoint } from '@coffre/connector'
import { bytesOf, CoffreError, type Context, interruption, isCoffreError, throwIfAborted } from '@coffre/foundation'
import { parsePostgresqlConfig, parsePostgresqlSecrets } from '../config.ts'
import { partsWishOf } from '../parts/parts-wish.ts'
import { TargetServer } from '../parts/target-server.ts'
import { type ClientPrograms, findClientPrograms } from '../programs/find-client-programs.ts'
import { checkDataFolder } from '../restore/data-folder.ts'
import { parseRestoreOptions } from '../restore/restore-options.ts'
import type { PostgresqlSettings } from '../settings.ts'
import { readLogicalDetails } from './logical-details.ts'
import { restoreDatabases } from './restore-databases.ts'
import { restoreDumpedTables } from './restore-dumped-tables.ts'

/** Puts a point of dumps back: as files into a folder, or as databases into a running server. */
export async function restoreLogical(
  point: StoredPoint,
  request: RestoreRequest,
  settings: PostgresqlSettings,
  context: Context,
  signal: AbortSignal,
): Promise<RestoreReport> {
  try {
    return request.target.kind === 'folder'
      ? await layOutDumps(point, request, signal)
      : await restoreIntoServer(point, request, settings, context, signal)
  } catch (error) {
    throw signal.aborted ? interruption(signal) : error
  }
}

async function layOutDumps(point: StoredPoint, request: RestoreRequest, signal: AbortSignal): Promise<RestoreReport> {
  const { target, overwrite, options, onProgress, onPhase } = request
  if (target.kind !== 'folder') throw new Error('dumps are laid out in a folder')
  if (options !== undefined || request.parts !== undefined) {
    throw new CoffreError('usage.invalid', 'dumps are laid out in a folder as they are, all of them', {
      hint: 'Restore into a running server (--into) to choose; of a folder pg_restore brings back what you choose.',
    })
  }
  const { databases, dumpMajor } = readLogicalDetails(point.manifest)
  const bytes = point.manifest.counts['bytes'] ?? 0
  const folder = resolve(bytesOf(target.path).toString())
  await checkDataFolder(folder, bytes, overwrite)
  onPhase?.('laying-out')
  onProgress(0)
  await point.extract('', target.path, signal, (placed) => onProgress(Math.min(0.99, placed / Math.max(1, bytes))))
  throwIfAborted(signal)
  onProgress(1)
  const notes = [
    'Bring roles back with `psql --file globals.sql postgres`, and a database with `createdb NAME` and `pg_restore --dbname NAME FILE`.',
    `pg_restore has to be of PostgreSQL ${dumpMajor} or newer.`,
  ]
  return { target, counts: { files: databases.length + 1, bytes }, notes }
}

async function restoreIntoServer(
  point: StoredPoint,
  request: RestoreRequest,
  settings: PostgresqlSettings,
  context: Context,
  signal: AbortSignal,
): Promise<RestoreReport> {
  const { target, options } = request
  if (target.kind !== 'engine') throw new Error('databases are restored into a server')
  const { major, dumpMajor } = readLogicalDetails(point.manifest)
  const access = { config: parsePostgresqlConfig(target.config), secrets: parsePostgresqlSecrets(target.secrets) }
  const wish = partsWishOf(request, parseRestoreOptions(options), access.config.database)
  const server = await TargetServer.open(access, signal)
  server.refuseOlder(major)
  const programs = await findProgramsFor(server.major, dumpMajor, settings, signal)
  if (wish.kind === 'databases')
    return await restoreDatabases({ point, request, target: server, programs, names: wish.names }, signal)
  const restore = { point, request, target: server, programs, into: access.config.database, wish }
  return await restoreDumpedTables(restore, settings, context, signal)
}

/** Of the target's version if possible: what newer programs say is not understood by older servers. */
async function findProgramsFor(
  targetMajor: number,
  dumpMajor: number,
  settings: PostgresqlSettings,
  signal: AbortSignal,
): Promise<ClientPrograms> {
  try {
    return await findClientPrograms(Math.max(dumpMajor, targetMajor), settings, signal)
  } catch (error) {
    if (!isCoffreError(error, 'engine.missing')) throw error
    return await findClientPrograms(dumpMajor, settings, signal)
  }
}
