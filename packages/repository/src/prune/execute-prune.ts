import { dayMs, throwIfAborted } from '@coffre/foundation'
import { Bitmap } from '../check/bitmap.ts'
import type { Repository } from '../repository/repository.ts'
import type { PrunePlan, PruneProgress } from './plan-prune.ts'
import { type PruneLedger, takeDue } from './prune-ledger.ts'
import { removeFiles } from './remove-files.ts'
import { repackPlanned } from './repack-packs.ts'
import { rewriteIndex, writeIndex } from './rewrite-index.ts'

export interface ExecuteOptions {
  readonly packBytes?: number
  readonly onProgress?: PruneProgress
  /**
   * How long a pack that no index names stays after it was first seen so (rule P4), and where that is kept. Without it such packs
   * go at once, as with restic, which an exclusive lock makes safe against everybody who keeps to locks.
   */
  readonly grace?: { readonly ledger: PruneLedger; readonly graceMs: number }
}

/** Leftovers of interrupted uploads are removed once they are this old. */
const leftoverAgeMs = dayMs

/**
 * Carries a plan out. The caller has held an exclusive lock since before the plan was made. Needed blobs are stored twice before
 * any copy goes, and no pack goes while an index names it, so that it may be stopped at any moment; running a prune again then
 * finishes the work. Rejects before anything is removed when a blob that has to be carried over is damaged.
 */
export async function executePrune(
  repository: Repository,
  plan: PrunePlan,
  options: ExecuteOptions,
  signal: AbortSignal,
): Promise<void> {
  repository.assertWritable()
  const { index } = plan
  const { onProgress } = options
  await repackPlanned(repository, plan, options, signal)
  const leaving = leavingPacks(plan)
  if (leaving.size > 0 || plan.hasRepeatedPacks) {
    throwIfAborted(signal)
    await rewriteIndex(repository, index, (pack) => !leaving.has(pack), [...index.files], onProgress, signal)
  }
  const unindexed = options.grace === undefined ? plan.unindexed : await takeDue(repository, plan.unindexed, options.grace, signal)
  const packs = [...unindexed, ...[...plan.remove, ...plan.repack].map((pack) => index.packs.id(pack))]
  await removeFiles(repository, 'pack', packs, onProgress && ((done, total) => onProgress('remove-packs', done, total)), signal)
  await repository.backend.removeLeftovers(leftoverAgeMs, signal)
}

/**
 * The way out of a full disk, where not even an index can be written: removes first and writes last, and repacks nothing. Between the
 * two the repository has no index; should it be stopped there, `repairIndex` makes one from the packs. Exclusive lock as above.
 */
export async function executePruneOnFullDisk(
  repository: Repository,
  plan: PrunePlan,
  options: Pick<ExecuteOptions, 'onProgress'>,
  signal: AbortSignal,
): Promise<void> {
  repository.assertWritable()
  const { onProgress } = options
  const { index } = plan
  const onPacks = onProgress && ((done: number, total: number) => onProgress('remove-packs', done, total))
  await repository.backend.removeLeftovers(0, signal)
  await removeFiles(repository, 'pack', plan.unindexed, onPacks, signal)
  const leaving = new Bitmap()
  for (const pack of [...plan.remove, ...plan.absent]) leaving.add(pack)
  if (leaving.size === 0) return
  await removeFiles(
    repository,
    'index',
    [...index.files],
    onProgress && ((done, total) => onProgress('remove-indexes', done, total)),
    signal,
  )
  await removeFiles(
    repository,
    'pack',
    plan.remove.map((pack) => index.packs.id(pack)),
    onPacks,
    signal,
  )
  await writeIndex(
    repository,
    index,
    (pack) => !leaving.has(pack),
    onProgress && ((done, total) => onProgress('rewrite-index', done, total)),
    signal,
  )
}

/** The packs that a plan takes out of the index. */
function leavingPacks(plan: PrunePlan): Bitmap {
  const leaving = new Bitmap()
  for (const pack of [...plan.repack, ...plan.remove, ...plan.absent]) leaving.add(pack)
  return leaving
}
