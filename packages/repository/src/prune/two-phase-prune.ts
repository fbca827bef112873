import { dayMs } from '@coffre/foundation'
import { Bitmap } from '../check/bitmap.ts'
import type { Id } from '../format/node.ts'
import { loadIndex } from '../repository/load-index.ts'
import type { Repository } from '../repository/repository.ts'
import { listSnapshots } from '../snapshots/snapshots.ts'
import { findUsedBlobs } from './find-used-blobs.ts'
import { type Held, nothingHeld } from './held.ts'
import { reviewCandidates } from './needed-candidates.ts'
import { type PlanOptions, type PruneProgress, planPrune } from './plan-prune.ts'
import type { PruneCandidate, PruneLedger } from './prune-ledger.ts'
import type { PruneStats } from './prune-stats.ts'
import { removeFiles } from './remove-files.ts'
import { repackPlanned } from './repack-packs.ts'
import { rewriteIndex } from './rewrite-index.ts'

/**
 * Prune beside running backups (rules P1 to P3), in three steps that may each be stopped anywhere and run again:
 * *mark* copies what is worth keeping out of wasteful packs and records them as candidates; *swap* takes the candidates out of the
 * index, behind a short exclusive lock; *sweep* removes them a day later, when every reader has noticed.
 */
export interface StepOptions {
  readonly held?: Held
  readonly onProgress?: PruneProgress
}

export interface SessionAwareOptions extends StepOptions {
  /** When the oldest session began that may still write and does not know of later candidates; undefined when there is none. */
  readonly oldestSessionMs?: number
}

/** How long a pack stays that no index names: for readers that loaded an older index. */
export const sweepGraceMs = dayMs

export interface MarkResult {
  readonly stats: PruneStats
  /** Candidates in all, earlier ones included. */
  readonly candidates: number
}

/** Step one. The caller holds a lock that need not be exclusive; the present index stays as it is. */
export async function markPrune(
  repository: Repository,
  ledger: PruneLedger,
  options: Omit<PlanOptions, 'withoutPacks' | 'withoutSnapshots'>,
  signal: AbortSignal,
): Promise<MarkResult> {
  repository.assertWritable()
  const marked = (await ledger.candidates(signal)).filter((candidate) => candidate.swappedMs === undefined)
  const withoutPacks = new Set(marked.map(({ pack }) => pack))
  if (marked.length > 0) {
    const { needed } = await reviewCandidates(repository, withoutPacks, undefined, signal)
    if (needed.size > 0) await ledger.forget([...needed], signal)
    for (const pack of needed) withoutPacks.delete(pack)
  }
  const plan = await planPrune(repository, { ...options, withoutPacks }, signal)
  await repackPlanned(repository, plan, options, signal)
  const markedMs = repository.context.clock.nowMs()
  const nameOf = (pack: number): Id => plan.index.packs.id(pack)
  const known = new Set((await ledger.candidates(signal)).map(({ pack }) => pack))
  const fresh: PruneCandidate[] = [
    ...plan.repack.map((pack): PruneCandidate => ({ pack: nameOf(pack), reason: 'repacked', markedMs })),
    ...[...plan.remove, ...plan.absent].map((pack): PruneCandidate => ({ pack: nameOf(pack), reason: 'unused', markedMs })),
    ...plan.unindexed
      .filter((pack) => !known.has(pack))
      .map((pack): PruneCandidate => ({ pack, reason: 'unindexed', markedMs, swappedMs: markedMs })),
  ]
  if (fresh.length > 0) await ledger.record(fresh, signal)
  return { stats: plan.stats, candidates: new Set([...known, ...fresh.map(({ pack }) => pack)]).size }
}

export interface SwapResult {
  readonly swapped: readonly Id[]
  /** Candidates that somebody refers to again. They are candidates no longer. */
  readonly spared: readonly Id[]
  /** Candidates that a session may still rely on which began before they were marked. */
  readonly waiting: readonly Id[]
}

/** Step two. The caller holds an exclusive lock: the gate, which keeps out everybody who would rely on the old index. */
export async function swapPrune(
  repository: Repository,
  ledger: PruneLedger,
  options: SessionAwareOptions,
  signal: AbortSignal,
): Promise<SwapResult> {
  const held = (options.held ?? nothingHeld).packs
  const marked = (await ledger.candidates(signal)).filter((candidate) => candidate.swappedMs === undefined)
  const mayLeave = (candidate: PruneCandidate): boolean =>
    !held.has(candidate.pack) && isOlderThan(candidate, options.oldestSessionMs)
  const leaving = marked.filter(mayLeave)
  const waiting = marked.filter((candidate) => !mayLeave(candidate)).map(({ pack }) => pack)
  if (leaving.length === 0) return { swapped: [], spared: [], waiting }
  const { onProgress } = options
  const onTrees = onProgress && ((done: number, known: number) => onProgress('trees', done, known))
  const { index, needed } = await reviewCandidates(repository, new Set(leaving.map(({ pack }) => pack)), onTrees, signal)
  if (needed.size > 0) await ledger.forget([...needed], signal)
  const swapped = leaving.filter(({ pack }) => !needed.has(pack))
  const numbers = new Bitmap(index.packs.limit)
  for (const { pack } of swapped) if (index.packs.find(pack) >= 0) numbers.add(index.packs.find(pack))
  if (numbers.size > 0) await rewriteIndex(repository, index, (pack) => !numbers.has(pack), [...index.files], onProgress, signal)
  const swappedMs = repository.context.clock.nowMs()
  if (swapped.length > 0)
    await ledger.record(
      swapped.map((candidate) => ({ ...candidate, swappedMs })),
      signal,
    )
  return { swapped: swapped.map(({ pack }) => pack), spared: [...needed], waiting }
}

export interface SweepResult {
  readonly removed: readonly Id[]
  /** What they took up. */
  readonly removedBytes: number
  /** Candidates that an index names again. They are candidates no longer. */
  readonly spared: readonly Id[]
  readonly waiting: readonly Id[]
}

/**
 * Step three. The caller holds a lock that need not be exclusive. Removes nothing unless every snapshot has all that it needs in
 * the index as it is now.
 */
export async function sweepPrune(
  repository: Repository,
  ledger: PruneLedger,
  options: SessionAwareOptions,
  signal: AbortSignal,
): Promise<SweepResult> {
  const held = (options.held ?? nothingHeld).packs
  const nowMs = repository.context.clock.nowMs()
  const candidates = (await ledger.candidates(signal)).filter((candidate) => candidate.swappedMs !== undefined)
  const isDue = (candidate: PruneCandidate): boolean =>
    !held.has(candidate.pack) &&
    nowMs - (candidate.swappedMs ?? nowMs) >= sweepGraceMs &&
    isOlderThan(candidate, options.oldestSessionMs)
  const due = candidates.filter(isDue).map(({ pack }) => pack)
  const waiting = candidates.filter((candidate) => !isDue(candidate)).map(({ pack }) => pack)
  if (due.length === 0) return { removed: [], removedBytes: 0, spared: [], waiting }
  const { onProgress } = options
  const snapshots = await listSnapshots(repository, signal)
  const index = await loadIndex(repository, {}, signal)
  const onTrees = onProgress && ((done: number, known: number) => onProgress('trees', done, known))
  await findUsedBlobs(repository, index, snapshots, onTrees, signal)
  const spared = due.filter((pack) => index.packs.find(pack) >= 0)
  const removed = due.filter((pack) => index.packs.find(pack) < 0)
  const removedBytes = await sizeOf(repository, new Set(removed), signal)
  await removeFiles(repository, 'pack', removed, onProgress && ((done, total) => onProgress('remove-packs', done, total)), signal)
  await ledger.forget(due, signal)
  return { removed, removedBytes, spared, waiting }
}

/** No index names them any more, so that only the storage knows their sizes. One listing costs a thousandth of asking for each. */
async function sizeOf(repository: Repository, packs: ReadonlySet<Id>, signal: AbortSignal): Promise<number> {
  let total = 0
  if (packs.size === 0) return total
  for await (const { name, sizeBytes } of repository.backend.list('pack', signal)) if (packs.has(name)) total += sizeBytes
  return total
}

/** A session that began later knows of the candidate, and treats it as absent. */
function isOlderThan(candidate: PruneCandidate, oldestSessionMs: number | undefined): boolean {
  return oldestSessionMs === undefined || candidate.markedMs < oldestSessionMs
}
