import { resolve } from 'node:path'
import type { RestoreReport, RestoreRequest, StoredPoint } from '@coffre/connector'
import { bytesOf, CoffreError, interruption, throwIfAborted } from '@coffre/foundation'
import { findClientPrograms } from '../programs/find-client-programs.ts'
import { checkDataFolder } from '../restore/data-folder.ts'
import type { PostgresqlSettings } from '../settings.ts'
import { readLogicalDetails } from './logical-details.ts'
import { parseLogicalOptions } from './logical-options.ts'
import { DatabasesRestore } from './restore-databases.ts'
import { TargetServer } from './target-server.ts'

/** Puts a point of dumps back: as files into a folder, or as databases into a running server. */
export async function restoreLogical(
  point: StoredPoint,
  request: RestoreRequest,
  settings: PostgresqlSettings,
  signal: AbortSignal,
): Promise<RestoreReport> {
  try {
    return request.target.kind === 'folder'
      ? await layOutDumps(point, request, signal)
      : await restoreIntoServer(point, request, settings, signal)
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
  await point.extract('', target.path, signal)
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
  signal: AbortSignal,
): Promise<RestoreReport> {
  const { target, options, parts } = request
  if (target.kind !== 'engine') throw new Error('databases are restored into a server')
  if (parts !== undefined) throw new CoffreError('usage.invalid', 'of a point of dumps whole databases are restored')
  const wanted = parseLogicalOptions(options)
  const { major, dumpMajor } = readLogicalDetails(point.manifest)
  await using server = await TargetServer.open(target.config, target.secrets, signal)
  if (server.major < major) {
    throw new CoffreError('target.failed', `PostgreSQL at ${server.name} is ${server.major}, and the point is of ${major}`, {
      hint: 'Nothing was changed. Restore into a server of the same or a newer major version.',
    })
  }
  // What a newer one says is not understood by an older server.
  const programs = await findClientPrograms(Math.max(dumpMajor, server.major), settings, signal).catch(() =>
    findClientPrograms(dumpMajor, settings, signal),
  )
  return await new DatabasesRestore(point, request, wanted, server, programs, signal).run()
}
