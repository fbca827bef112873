import type { RestoreReport, RestoreRequest, RestoreTarget, StoredPoint } from '@coffre/connector'
import { CoffreError, type Context, interruption, isCoffreError } from '@coffre/foundation'
import { readBaseDetails } from '../base/base-details.ts'
import { parsePostgresqlConfig, parsePostgresqlSecrets } from '../config.ts'
import { type ClientPrograms, findClientPrograms } from '../programs/find-client-programs.ts'
import { findEngineBinaries } from '../restore/engine-binaries.ts'
import { parseRestoreOptions, type RestoreOptions } from '../restore/restore-options.ts'
import { writeRestoredDetails } from '../restore/restored-details.ts'
import type { PostgresqlSettings } from '../settings.ts'
import { type PartsWish, partsWishOf } from './parts-wish.ts'
import { parseRelationName } from './relation-name.ts'
import { checkNamed, restoreDatabases } from './restore-databases.ts'
import { restoreTables } from './restore-tables.ts'
import { SideInstance } from './side-instance.ts'
import { TargetServer } from './target-server.ts'

/** What the recovery of the side instance is taken for of the whole work. */
const recoveryShare = 0.7

/**
 * Restores tables or databases of a base, as they were at the request's target, into a running server: a server of our own is recovered
 * to it, and what is wanted is taken out of that one. All of it or nothing; what can be looked at before is.
 */
export async function restoreIntoServer(
  point: StoredPoint,
  request: RestoreRequest & { readonly target: Extract<RestoreTarget, { readonly kind: 'engine' }> },
  settings: PostgresqlSettings,
  context: Context,
  signal: AbortSignal,
): Promise<RestoreReport> {
  const { major } = readBaseDetails(point.manifest)
  const options = parseRestoreOptions(request.options)
  refuseFolderOptions(options)
  const access = {
    config: parsePostgresqlConfig(request.target.config),
    secrets: parsePostgresqlSecrets(request.target.secrets),
  }
  const wish = partsWishOf(request, options, access.config.database)
  await findEngineBinaries(major, settings, signal)
  const programs = await findClientPrograms(major, settings, signal)
  const target = await TargetServer.open(access, signal)
  target.refuseOlder(major)
  await checkEarly(target, access.config.database, wish)
  const onProgress = (done: number): void => request.onProgress(done * recoveryShare)
  try {
    await using side = await SideInstance.recover(point, { ...request, onProgress }, settings, context, signal)
    request.onPhase?.('loading')
    const loaded = await load(side, target, access.config.database, wish, programs, signal)
    request.onProgress(1)
    const counts = Object.fromEntries(loaded.counts.map(({ table, expected, found }) => [table, found ?? expected]))
    return {
      // No secret leaves with the report.
      target: { ...request.target, secrets: {} },
      counts,
      notes: [...side.notes, ...loaded.notes],
      details: writeRestoredDetails({ rewritten: [], assertions: [], isReplayed: true, loaded: loaded.counts }),
    }
  } catch (error) {
    throw signal.aborted ? interruption(signal) : asTargetFailure(error)
  }
}

/** The side instance fails by another code: what a server refuses here is the target's word, and no source is at fault. */
function asTargetFailure(error: unknown): unknown {
  if (!isCoffreError(error, 'source.failed', 'source.unreachable')) return error
  return new CoffreError('target.failed', error.message, {
    cause: error,
    hint: error.hint ?? 'These are the words of the server that is restored into. What was begun there was undone.',
  })
}

function load(
  side: SideInstance,
  target: TargetServer,
  into: string,
  wish: PartsWish,
  programs: ClientPrograms,
  signal: AbortSignal,
) {
  return wish.kind === 'tables'
    ? restoreTables(side, target, into, wish, programs, signal)
    : restoreDatabases(side, target, wish.names, programs, signal)
}

/** What can be known of the target before hours of recovery. Once all is known it is looked at again. */
export async function checkEarly(target: TargetServer, into: string, wish: PartsWish): Promise<void> {
  if (wish.kind === 'databases') return await checkNamed(target, wish.names ?? [])
  const names = wish.tables.map((text) => {
    const { schema, name } = parseRelationName(text)
    return { schema: wish.schema ?? schema, name }
  })
  await target.checkTables(into, names, [...new Set(names.map(({ schema }) => schema))])
}

function refuseFolderOptions({ start, account, tablespaces, assertions }: RestoreOptions): void {
  if (start === undefined && account === undefined && Object.keys(tablespaces).length === 0 && assertions.length === 0) return
  throw new CoffreError('usage.invalid', 'what is said of a server to be started is for a restore into a folder', {
    hint: 'Nothing was changed. Leave --start, --tablespace and the like away: the server of --into runs already.',
  })
}
