import { CoffreError } from '@coffre/foundation'
import { Bitmap } from '../check/bitmap.ts'
import { PackTotals } from '../check/pack-totals.ts'
import type { Id } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { loadIndex } from '../repository/load-index.ts'
import type { Repository } from '../repository/repository.ts'
import { listSnapshots } from '../snapshots/snapshots.ts'
import { choosePacks, type PackChoice } from './choose-packs.ts'
import { findUsedBlobs } from './find-used-blobs.ts'
import { nothingHeld } from './held.ts'
import { PackUsage } from './pack-usage.ts'
import type { PruneOptions } from './prune-options.ts'
import { newPruneStats, type PruneStats } from './prune-stats.ts'
import { StoredPacks } from './stored-packs.ts'

export type PrunePhase = 'index' | 'trees' | 'repack' | 'rewrite-index' | 'remove-indexes' | 'remove-packs'

export type PruneProgress = (phase: PrunePhase, done: number, total: number) => void

export interface PlanOptions extends PruneOptions {
  readonly onProgress?: PruneProgress
  /** Packs that are to be planned for as if they were gone, though they are still there. */
  readonly withoutPacks?: ReadonlySet<Id>
}

/** What a prune would do. Good for one execution, as long as nothing else changes the repository. */
export interface PrunePlan extends PackChoice {
  readonly stats: PruneStats
  readonly index: RepositoryIndex
  /** The blobs, by index entry, that repacking has to carry over. */
  readonly wanted: Bitmap
  /** Packs that no index names. */
  readonly unindexed: readonly Id[]
  /** Whether index files list packs more than once, as an interrupted prune leaves them. */
  readonly hasRepeatedPacks: boolean
}

/**
 * Finds out what the snapshots need and decides what to remove and what to repack. Reads only. Rejects, with the names, when
 * something that is needed is missing or cannot be read. Without an exclusive lock the plan only is a candidate list: blobs that
 * others refer to meanwhile are not seen.
 */
export async function planPrune(repository: Repository, options: PlanOptions, signal: AbortSignal): Promise<PrunePlan> {
  const { onProgress } = options
  // What a snapshot needs was indexed before it was saved, so indexes are read after snapshots.
  const snapshots = (await listSnapshots(repository, signal)).filter(({ id }) => !options.withoutSnapshots?.has(id))
  let hasRepeatedPacks = false
  const load = {
    onProgress: (done: number, total: number) => onProgress?.('index', done, total),
    onRepeatedPack() {
      hasRepeatedPacks = true
    },
    ...(options.withoutPacks === undefined ? {} : { withoutPacks: options.withoutPacks }),
  }
  const index = await loadIndex(repository, load, signal)
  const onTrees = onProgress && ((done: number, known: number) => onProgress('trees', done, known))
  const used = await findUsedBlobs(repository, index, snapshots, onTrees, signal)
  const totals = new PackTotals(index)
  const packs = await StoredPacks.list(repository, index, totals, signal)
  return { ...decide(repository, index, totals, packs, used, options), index, hasRepeatedPacks }
}

function decide(
  repository: Repository,
  index: RepositoryIndex,
  totals: PackTotals,
  packs: StoredPacks,
  used: Bitmap,
  options: PlanOptions,
): Omit<PrunePlan, 'index' | 'hasRepeatedPacks'> {
  const held = (options.held ?? nothingHeld).packs
  const { version } = repository.config
  if (version < 2 && options.repackUncompressed) {
    throw new CoffreError('repository.format-old', 'a repository of format 1 cannot be compressed', {
      hint: 'Run `coffre repo upgrade` first.',
    })
  }
  const stats = newPruneStats()
  const heldNumbers = new Set([...held].map((id) => index.packs.find(id)))
  const isHeld = (pack: number): boolean => heldNumbers.has(pack)
  const usage = new PackUsage(index, totals, packs, used, isHeld, stats)
  const choice = choosePacks(totals, packs, usage, isHeld, version, options, stats)
  const leaving = new Bitmap(totals.limit)
  for (const pack of [...choice.repack, ...choice.remove, ...choice.absent]) leaving.add(pack)
  const repack = new Bitmap(totals.limit)
  for (const pack of choice.repack) repack.add(pack)
  const isKept = (pack: number): boolean => packs.isSound(pack) && !leaving.has(pack)
  const unindexed = [...packs.unindexed.keys()].filter((id) => !held.has(id) && !options.withoutPacks?.has(id))
  stats.packs.unindexed = unindexed.length
  stats.bytes.unindexed = unindexed.reduce((sum, id) => sum + (packs.unindexed.get(id) ?? 0), 0)
  return { ...choice, stats, wanted: usage.onlyIn(repack, isKept), unindexed }
}
