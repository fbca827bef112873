import type { RestoreReport, RestoreRequest, StoredPoint } from '@coffre/connector'
import { CoffreError, type Context, interruption, isCoffreError } from '@coffre/foundation'
import type { ClientPrograms } from '../programs/find-client-programs.ts'
import { endAtFirst } from '../restore/obstacles.ts'
import { writeRestoredDetails } from '../restore/restored-details.ts'
import type { PostgresqlSettings } from '../settings.ts'
import type { PartsWish } from './parts-wish.ts'
import { type IntoServer, prepareParts } from './prepare-parts.ts'
import { restoreDatabases } from './restore-databases.ts'
import { restoreSchemas } from './restore-schemas.ts'
import { restoreTables } from './restore-tables.ts'
import { SideInstance } from './side-instance.ts'
import type { TargetServer } from './target-server.ts'

/** What the recovery of the side instance is taken for of the whole work. */
const recoveryShare = 0.7

/**
 * Restores tables or databases of a base, as they were at the request's target, into a running server: a server of our own is recovered
 * to it, and what is wanted is taken out of that one. All of it or nothing; what can be looked at before is.
 */
export async function restoreIntoServer(
  point: StoredPoint,
  request: IntoServer<RestoreRequest>,
  settings: PostgresqlSettings,
  context: Context,
  signal: AbortSignal,
): Promise<RestoreReport> {
  const { wish, into, programs, target } = await prepareParts(point.manifest, request, settings, endAtFirst, signal)
  if (programs === undefined || target === undefined) throw new Error('a check that failed ended nothing')
  const onProgress = (done: number): void => request.onProgress(done * recoveryShare)
  try {
    await using side = await SideInstance.recover(point, { ...request, onProgress }, settings, context, signal)
    request.onPhase?.('loading')
    const loaded = await load(side, target, into, wish, programs, signal)
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
  switch (wish.kind) {
    case 'tables':
      return restoreTables(side, target, into, wish, programs, signal)
    case 'schemas':
      return restoreSchemas(side, target, into, wish, programs, signal)
    case 'databases':
      return restoreDatabases(side, target, wish.names, programs, signal)
  }
}
