import { CoffreError } from '@coffre/foundation'
import { openPoint } from './open-point.ts'
import { type ProgressListener, ProgressMeter } from './progress.ts'
import { planReplay, type ReplayPlan } from './replay/plan-replay.ts'
import { restoreItems } from './restore/restore-items.ts'
import type { RestoreMeans, RestoreOutcome, RestoreRun } from './restore/restore-request.ts'
import { restoreTree } from './restore/restore-tree.ts'
import type { VaultSession } from './vault-session.ts'

/**
 * Puts one point back. Needs nothing but the vault. Damage of an engine's point ends it; of a tree, what is not damaged is put back and
 * the rest named. An abort leaves what was written so far.
 */
export async function runRestore(
  session: VaultSession,
  means: RestoreMeans,
  run: RestoreRun,
  onProgress: ProgressListener,
  signal: AbortSignal,
): Promise<RestoreOutcome> {
  const both = AbortSignal.any([signal, session.signal])
  const meter = new ProgressMeter(session.repository.context.clock, onProgress)
  meter.enter('preparing')
  const plan = await planOf(session, means, run, both)
  const pointId = plan?.base.snapshot.id ?? run.pointId
  if (pointId === undefined) throw new Error('neither a point nor a wish says what to restore')
  const point = await openPoint(session, pointId, both)
  if (means.kind === 'tree') return restoreTree(session, point, run, meter, both)
  const { connector } = means
  if (point.document?.engine !== connector.engine) {
    throw new CoffreError(
      'usage.invalid',
      `point ${pointId} is of ${point.document?.engine ?? 'files'}, not of ${connector.engine}`,
      {
        hint: 'Restore it with the engine that it came from, or lay out its files in a folder.',
      },
    )
  }
  return restoreItems(session, { ...point, document: point.document }, connector, run, plan, meter, both)
}

/** How a wish comes true; undefined where a point is named. */
export async function planOf(
  session: VaultSession,
  means: RestoreMeans,
  { wish }: Pick<RestoreRun, 'wish'>,
  signal: AbortSignal,
): Promise<ReplayPlan | undefined> {
  if (wish === undefined) return undefined
  if (means.kind === 'items') return planReplay(session, means.connector, wish, signal)
  throw new CoffreError('usage.invalid', `${wish.source} has no log: its points are restored as they are`, {
    hint: 'Name a point, or a time: the newest point completed by then is taken.',
  })
}
