import type { PointFile, RestoreReport, RestoreRequest, StoredPoint } from '@coffre/connector'
import { throwIfAborted } from '@coffre/foundation'
import type { TargetServer } from '../parts/target-server.ts'
import type { ClientPrograms } from '../programs/find-client-programs.ts'
import type { ChosenDumps } from './choose-dumps.ts'
import { loadDump } from './load-dump.ts'
import { countTablesSql, type DumpedDatabase, dumpsFolder, type LoadedDatabase } from './logical-details.ts'
import { makeDatabase, settleDatabase } from './make-database.ts'
import { type MadeRoles, makeRoles } from './make-roles.ts'

/** From what to where. */
export interface DatabasesRestore {
  readonly point: StoredPoint
  readonly request: RestoreRequest
  readonly target: TargetServer
  readonly programs: ClientPrograms
  readonly chosen: ChosenDumps
  /** Whether the roles that the target lacks are made. */
  readonly makesRoles: boolean
}

/**
 * Puts whole databases back into a running server, each in one transaction, from the vault straight into pg_restore. What is in the way
 * is refused before the first change; when it fails, the databases that were made are dropped again, and roles that were made stay.
 */
export async function restoreDatabases(restore: DatabasesRestore, signal: AbortSignal): Promise<RestoreReport> {
  const { point, request, target, chosen, makesRoles } = restore
  request.onProgress(0)
  throwIfAborted(signal)
  const roles = await makeRoles(point, target, makesRoles, signal)
  request.onPhase?.('loading')
  const made: string[] = []
  try {
    const notes = await loadAll(restore, chosen, roles, made, signal)
    const loaded = await countTables(target, chosen)
    request.onProgress(1)
    const counts = { databases: loaded.length, tables: loaded.reduce((sum, { tables }) => sum + tables, 0) }
    // No secret leaves with the report.
    const report = { target: { ...request.target, secrets: {} }, counts, details: { databases: loaded } }
    return { ...report, notes: [...chosen.notes, ...roles.notes, ...notes] }
  } catch (error) {
    for (const name of made) await target.dropDatabase(name).catch(() => undefined)
    throw error
  }
}

async function loadAll(
  { point, request, target, programs }: DatabasesRestore,
  { databases, present }: ChosenDumps,
  { lacking }: MadeRoles,
  made: string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  // Only a superuser may make others the owners of things.
  const keepsOwners = target.isSuperuser && lacking.length === 0
  const keepsPrivileges = lacking.length === 0
  const notes: string[] = []
  if (!keepsOwners) notes.push(`Everything belongs to ${target.user}, who restored it.`)
  if (!keepsPrivileges) notes.push(`Rights were not restored: the server has no role ${lacking.join(', ')}.`)
  const options = [...(keepsOwners ? [] : ['--no-owner']), ...(keepsPrivileges ? [] : ['--no-privileges'])]
  const totalBytes = databases.reduce((sum, { sizeBytes }) => sum + sizeBytes, 1)
  let fedBytes = 0
  const onChunk = (bytes: number): void => {
    fedBytes += bytes
    request.onProgress(Math.min(0.99, fedBytes / totalBytes))
  }
  for await (const [database, dump] of dumpsOf(point, databases, signal)) {
    if (!present.has(database.name)) {
      await makeDatabase(target, database, keepsOwners)
      made.push(database.name)
    }
    const place = { programs, login: target.login, major: target.major, database: database.name }
    await loadDump(place, dump.content, options, onChunk, signal)
    notes.push(...(await settleDatabase(target, database, keepsPrivileges)))
  }
  return notes
}

/** The dumps of some databases, in the order of the point; the content of each is read before the next one is asked for. */
export async function* dumpsOf(
  point: StoredPoint,
  databases: readonly DumpedDatabase[],
  signal: AbortSignal,
): AsyncGenerator<readonly [DumpedDatabase, PointFile]> {
  for await (const item of point.items(dumpsFolder, signal)) {
    const database = databases.find(({ file }) => file === item.path)
    if (database !== undefined && item.kind === 'file') yield [database, item]
  }
}

async function countTables(target: TargetServer, { databases }: ChosenDumps): Promise<readonly LoadedDatabase[]> {
  const loaded: LoadedDatabase[] = []
  for (const { name } of databases) {
    const [row] = await target.on(name, (query) => query(`select ${countTablesSql} as tables`))
    loaded.push({ name, tables: Number(row?.['tables']) })
  }
  return loaded
}
