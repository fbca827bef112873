import type { RestoreReport, RestoreRequest, StoredPoint } from '@coffre/connector'
import { CoffreError, type Context, isCoffreError, throwIfAborted } from '@coffre/foundation'
import { chooseSchemas } from '../parts/chosen-schemas.ts'
import type { ChosenTable } from '../parts/chosen-tables.ts'
import { chooseTables } from '../parts/chosen-tables.ts'
import { namesOf } from '../parts/move-tables.ts'
import type { PartsWish } from '../parts/parts-wish.ts'
import { quoted, type RelationName } from '../parts/relation-name.ts'
import { restoreSchemas } from '../parts/restore-schemas.ts'
import { restoreTables } from '../parts/restore-tables.ts'
import { SideInstance } from '../parts/side-instance.ts'
import { openSide } from '../parts/side-session.ts'
import type { TargetServer } from '../parts/target-server.ts'
import type { ClientPrograms } from '../programs/find-client-programs.ts'
import { writeRestoredDetails } from '../restore/restored-details.ts'
import type { PostgresqlSettings } from '../settings.ts'
import { onDatabase } from '../verify/local-session.ts'
import { loadDump } from './load-dump.ts'
import type { DumpedDatabase } from './logical-details.ts'
import { readGlobals } from './make-roles.ts'
import { planRoles } from './plan-roles.ts'
import type { SideEngine } from './prepare-logical.ts'
import { dumpsOf } from './restore-databases.ts'

/** From what to where. */
export interface TablesRestore {
  readonly point: StoredPoint
  readonly request: RestoreRequest
  readonly target: TargetServer
  readonly programs: ClientPrograms
  /** The database that the target's address names. */
  readonly into: string
  readonly wish: Extract<PartsWish, { readonly kind: 'tables' | 'schemas' }>
  /** The one that they come from. */
  readonly database: DumpedDatabase
  /** What it is loaded into on the way. */
  readonly engine: SideEngine
}

/** What loading the side instance is taken for of the whole work. */
const sideShare = 0.6

/**
 * Restores tables of a dump into a running server. pg_restore alone would bring them back without their indexes, and under the names that
 * they have: so an empty server of our own is given the whole schema, and the rows of these tables only, and they are taken out of that.
 */
export async function restoreDumpedTables(
  restore: TablesRestore,
  settings: PostgresqlSettings,
  context: Context,
  signal: AbortSignal,
): Promise<RestoreReport> {
  const { point, request, target, programs, into, wish, database, engine } = restore
  if (request.target.kind !== 'engine') throw new Error('tables are restored into a server')
  const { binaries, programs: sidePrograms } = engine
  const feed = (args: readonly string[], onChunk: (bytes: number) => void): Promise<void> =>
    feedSide(point, database, side, sidePrograms, args, onChunk, signal)
  request.onPhase?.('laying-out')
  request.onProgress(0)
  await using side = await SideInstance.empty(binaries, settings, context, signal)
  await makeSideRoles(side, point, signal)
  await onDatabase(side.server, 'template1', signal, (query) =>
    query(`create database ${quoted(database.name)} template template0 encoding '${database.encoding}' locale 'C'`),
  )
  await feed(['--schema-only', '--no-publications', '--no-subscriptions'], () => undefined)
  const rows = await openSide(side, database.name, signal, async (query) => {
    // Rows of other tables are not here: nothing may look for them.
    await query(`alter database ${quoted(database.name)} set session_replication_role = replica`)
    if (wish.kind === 'schemas')
      return (await chooseSchemas(query, wish.schemas, database.name)).map(({ name }) => `--schema=${name}`)
    const chosen = await chooseTables(query, wish.tables, database.name)
    return rowsArguments(chosen, await namesOf(query, chosen, undefined))
  })
  let fedBytes = 0
  const onChunk = (bytes: number): void => {
    fedBytes += bytes
    request.onProgress(Math.min(1, fedBytes / Math.max(1, database.sizeBytes)) * sideShare)
  }
  await feed(['--section=data', ...rows], onChunk)
  const stale = wish.kind === 'schemas' ? await refreshViews(side, database.name, wish.schemas, signal) : []
  request.onPhase?.('loading')
  const { counts, notes } =
    wish.kind === 'tables'
      ? await restoreTables(side, target, into, wish, programs, signal)
      : await restoreSchemas(side, target, into, wish, programs, signal)
  request.onProgress(1)
  return {
    // No secret leaves with the report.
    target: { ...request.target, secrets: {} },
    counts: Object.fromEntries(counts.map(({ table, expected, found }) => [table, found ?? expected])),
    notes: [...notes, ...stale],
    details: writeRestoredDetails({ rewritten: [], assertions: [], isReplayed: false, loaded: counts }),
  }
}

/** Policies name roles; nobody signs in as one of them. */
async function makeSideRoles(side: SideInstance, point: StoredPoint, signal: AbortSignal): Promise<void> {
  const { missing } = planRoles(await readGlobals(point, signal), new Set([side.server.user]))
  await onDatabase(side.server, 'template1', signal, async (query) => {
    for (const role of missing) await query(`create role ${quoted(role)}`)
  })
}

/** A dump's data leave materialized views without rows. In the order in which they were made: the later ones may read the earlier ones. */
async function refreshViews(
  side: SideInstance,
  database: string,
  schemas: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const sql = `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'm' and n.nspname = any($1::text[]) order by c.oid`
  return await openSide(side, database, signal, async (query) => {
    const stale: string[] = []
    for (const { name } of await query(sql, [schemas])) {
      // What is refreshed here only says that it is to be refreshed there.
      const isFresh = await query(`refresh materialized view ${name}`).then(
        () => true,
        () => false,
      )
      throwIfAborted(signal)
      if (!isFresh) stale.push(`The materialized view ${name} has no rows: refresh it.`)
    }
    return stale
  })
}

/** By their bare names: those of another schema that are called alike are loaded, too, and stay where they are. */
function rowsArguments(chosen: readonly ChosenTable[], names: readonly RelationName[]): readonly string[] {
  const schemas = [...new Set(chosen.map(({ schema }) => schema))]
  return [
    ...schemas.map((schema) => `--schema=${schema}`),
    ...[...new Set(names.map(({ name }) => name))].map((name) => `--table=${name}`),
  ]
}

/** Reads the dump, or as much of it as is wanted, into the side instance. */
async function feedSide(
  point: StoredPoint,
  database: DumpedDatabase,
  { login }: SideInstance,
  programs: ClientPrograms,
  args: readonly string[],
  onChunk: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const options = ['--no-owner', '--no-privileges', '--no-security-labels', ...args]
  // Both are of one version.
  const place = { programs, login, major: programs.major, database: database.name }
  try {
    for await (const [, dump] of dumpsOf(point, [database], signal)) await loadDump(place, dump.content, options, onChunk, signal)
  } catch (error) {
    if (!isCoffreError(error, 'engine.failed')) throw error
    throw new CoffreError('engine.failed', `the tables could not be taken out of the dump: ${error.message}`, {
      cause: error,
      hint: 'The target was not touched. Install what is lacking here, or restore the whole database with --databases.',
    })
  }
}
