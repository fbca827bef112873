import { resolve } from 'node:path'
import type { ForeseenRequest, PointManifest, RestoreReport, RestoreRequest, StoredPoint } from '@coffre/connector'
import { bytesOf, CoffreError, type Context, interruption, throwIfAborted } from '@coffre/foundation'
import type { IntoServer } from '../parts/prepare-parts.ts'
import { checkDataFolder } from '../restore/data-folder.ts'
import { endAtFirst, type MakeCheck } from '../restore/obstacles.ts'
import type { PostgresqlSettings } from '../settings.ts'
import { readLogicalDetails } from './logical-details.ts'
import { prepareLogical } from './prepare-logical.ts'
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
  const { target } = request
  try {
    return target.kind === 'folder'
      ? await layOutDumps(point, { ...request, target }, signal)
      : await restoreIntoServer(point, { ...request, target }, settings, context, signal)
  } catch (error) {
    throw signal.aborted ? interruption(signal) : error
  }
}

type IntoFolder<Request extends ForeseenRequest> = Request & { readonly target: { readonly kind: 'folder' } }

/** Looks at the folder that dumps are to be laid out in. */
export async function checkDumpsFolder(
  { counts }: PointManifest,
  { target, overwrite, options, parts }: IntoFolder<ForeseenRequest>,
  check: MakeCheck,
): Promise<void> {
  if (options !== undefined || parts !== undefined) {
    throw new CoffreError('usage.invalid', 'dumps are laid out in a folder as they are, all of them', {
      hint: 'Restore into a running server (--into) to choose; of a folder pg_restore brings back what you choose.',
    })
  }
  await check(() => checkDataFolder(resolve(bytesOf(target.path).toString()), counts['bytes'] ?? 0, overwrite))
}

async function layOutDumps(point: StoredPoint, request: IntoFolder<RestoreRequest>, signal: AbortSignal): Promise<RestoreReport> {
  const { target, onProgress, onPhase } = request
  const { databases, dumpMajor } = readLogicalDetails(point.manifest)
  const bytes = point.manifest.counts['bytes'] ?? 0
  await checkDumpsFolder(point.manifest, request, endAtFirst)
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
  request: IntoServer<RestoreRequest>,
  settings: PostgresqlSettings,
  context: Context,
  signal: AbortSignal,
): Promise<RestoreReport> {
  const prepared = await prepareLogical(point.manifest, request, settings, endAtFirst, signal)
  const { wish, into, target, programs, chosen, database, side } = prepared
  const failed = new Error('a check that failed ended nothing')
  if (target === undefined || programs === undefined) throw failed
  if (wish.kind === 'databases') {
    if (chosen === undefined) throw failed
    return await restoreDatabases({ point, request, target, programs, chosen, makesRoles: wish.names === undefined }, signal)
  }
  if (database === undefined || side === undefined) throw failed
  const restore = { point, request, target, programs, into, wish, database, engine: side }
  return await restoreDumpedTables(restore, settings, context, signal)
}
