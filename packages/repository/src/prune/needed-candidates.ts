import { CoffreError } from '@coffre/foundation'
import { Bitmap } from '../check/bitmap.ts'
import { PackTotals } from '../check/pack-totals.ts'
import type { Id } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { loadIndex } from '../repository/load-index.ts'
import type { Repository } from '../repository/repository.ts'
import { listSnapshots } from '../snapshots/snapshots.ts'
import { EntriesByPack } from './entries-by-pack.ts'
import { findUsedBlobs } from './find-used-blobs.ts'
import { firstEntries } from './pack-usage.ts'
import { StoredPacks } from './stored-packs.ts'

export interface CandidateReview {
  readonly index: RepositoryIndex
  /** Candidates that have the only sound copy of something that a snapshot needs: somebody has referred to it since the mark. */
  readonly needed: ReadonlySet<Id>
}

/** Looks at snapshots and indexes as they are now, and which of the candidates they cannot do without. */
export async function reviewCandidates(
  repository: Repository,
  candidates: ReadonlySet<Id>,
  onProgress: ((treesDone: number, treesKnown: number) => void) | undefined,
  signal: AbortSignal,
): Promise<CandidateReview> {
  const snapshots = await listSnapshots(repository, signal)
  const index = await loadIndex(repository, {}, signal)
  const used = await findUsedBlobs(repository, index, snapshots, onProgress, signal)
  const packs = await StoredPacks.list(repository, index, new PackTotals(index), signal)
  return { index, needed: neededOf(index, packs, used, candidates) }
}

function neededOf(index: RepositoryIndex, packs: StoredPacks, used: Bitmap, candidates: ReadonlySet<Id>): ReadonlySet<Id> {
  const { blobs } = index
  const first = firstEntries(index)
  const leaving = new Bitmap(index.packs.limit)
  for (const id of candidates) {
    const pack = index.packs.find(id)
    if (pack >= 0) leaving.add(pack)
  }
  const covered = new Bitmap(first.length)
  first.forEach((firstEntry, entry) => {
    const pack = blobs.packOf(entry)
    if (!leaving.has(pack) && packs.isSound(pack)) covered.add(firstEntry)
  })
  const entries = new EntriesByPack(index)
  const needed = new Set<Id>()
  for (const pack of leaving) {
    if (!packs.isSound(pack)) continue
    const ofPack = entries.of(pack).map((entry) => first[entry] ?? 0)
    if (!ofPack.some((entry) => used.has(entry) && !covered.has(entry))) continue
    needed.add(index.packs.id(pack))
    for (const entry of ofPack) covered.add(entry)
  }
  for (const entry of used) if (!covered.has(entry)) throw lost(index, entry)
  return needed
}

function lost(index: RepositoryIndex, entry: number): CoffreError {
  const { packId } = index.found(entry)
  const what = `${index.blobs.isTree(entry) ? 'tree' : 'data'} blob ${index.blobs.idHex(entry)}`
  return new CoffreError(
    'repository.damaged',
    `${what} is in no sound pack: pack ${packId} is missing or has another size than the index says`,
    {
      hint: 'Nothing was removed. Run `coffre repo check`, then `repair index`.',
    },
  )
}
