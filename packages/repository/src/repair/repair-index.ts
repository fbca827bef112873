import { isCoffreError, throwIfAborted } from '@coffre/foundation'
import { Bitmap } from '../check/bitmap.ts'
import { PackTotals } from '../check/pack-totals.ts'
import { refuseHeldPacks } from '../forget/forget-snapshots.ts'
import type { Id } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import type { PackedBlob } from '../pack/pack-header.ts'
import { type Held, nothingHeld } from '../prune/held.ts'
import { rewriteIndex } from '../prune/rewrite-index.ts'
import { StoredPacks } from '../prune/stored-packs.ts'
import { loadIndex } from '../repository/load-index.ts'
import type { Repository } from '../repository/repository.ts'
import { readPackHeader } from './read-pack-header.ts'

export interface RepairIndexOptions {
  /** Believe no index: read the header of every pack. */
  readonly readAllPacks?: boolean
  readonly dryRun?: boolean
  readonly held?: Held
  readonly onProgress?: (phase: 'index' | 'packs' | 'rewrite-index' | 'remove-indexes', done: number, total: number) => void
}

export interface RepairIndexResult {
  /** Index files that cannot be read; they go away. */
  readonly damagedIndexes: readonly Id[]
  /** Packs that were in no index. */
  readonly added: readonly Id[]
  /** Packs whose index entries were wrong. */
  readonly corrected: readonly Id[]
  /** Packs that do not exist any more. */
  readonly dropped: readonly Id[]
  /** Packs whose header cannot be read. What indexes say of them is left, for `repairPacks` to save what it can. */
  readonly broken: readonly Id[]
  readonly isChanged: boolean
}

const headersAtOnce = 8

/**
 * Makes the index fit the packs that are there. The caller holds an exclusive lock. New index files are durable before any old one
 * goes; a second run has nothing to do. Refuses with `repository.held` to forget held packs that are out of sight.
 */
export async function repairIndex(
  repository: Repository,
  options: RepairIndexOptions,
  signal: AbortSignal,
): Promise<RepairIndexResult> {
  if (options.dryRun !== true) repository.assertWritable()
  const obsolete = await repository.names('index', signal)
  const damagedIndexes: Id[] = []
  let hasRepeatedPacks = false
  const load = {
    onProgress: (done: number, total: number) => options.onProgress?.('index', done, total),
    onRepeatedPack() {
      hasRepeatedPacks = true
    },
    onDamaged(name: Id, error: unknown) {
      if (!isCoffreError(error, 'repository.damaged')) throw error
      damagedIndexes.push(name)
    },
  }
  const index = await loadIndex(repository, load, signal)
  const totals = new PackTotals(index)
  const packs = await StoredPacks.list(repository, index, totals, signal)
  const dropped = [...totals.blobs.keys()].filter((pack) => totals.isIndexed(pack) && !packs.isPresent(pack))
  const droppedNames = dropped.map((pack) => index.packs.id(pack))
  refuseHeldPacks(droppedNames, options.held ?? nothingHeld)
  const reader = new HeaderReader(repository, index, totals)
  await reader.read(packsToRead(index, totals, packs, options.readAllPacks === true), options.onProgress, signal)
  const { added, corrected, broken, replaced } = reader
  for (const pack of dropped) replaced.add(pack)
  const isChanged = damagedIndexes.length + added.length + corrected.length + dropped.length > 0 || hasRepeatedPacks
  if (isChanged && options.dryRun !== true) {
    await rewriteIndex(repository, index, (pack) => !replaced.has(pack), obsolete, options.onProgress, signal)
  }
  return { damagedIndexes, added, corrected, dropped: droppedNames, broken, isChanged }
}

/** Packs and their sizes. */
function packsToRead(index: RepositoryIndex, totals: PackTotals, packs: StoredPacks, all: boolean): Map<Id, number> {
  const chosen = new Map(packs.unindexed)
  for (let pack = 0; pack < totals.limit; pack++) {
    if (packs.isPresent(pack) && (all || !packs.isSound(pack))) chosen.set(index.packs.id(pack), packs.sizeBytes(pack))
  }
  return chosen
}

/** Reads headers and puts what they say into the index, under new pack numbers. */
class HeaderReader {
  readonly added: Id[] = []
  readonly corrected: Id[] = []
  readonly broken: Id[] = []
  /** Numbers whose entries are not valid any more. */
  readonly replaced = new Bitmap()
  readonly #repository: Repository
  readonly #index: RepositoryIndex
  readonly #totals: PackTotals

  constructor(repository: Repository, index: RepositoryIndex, totals: PackTotals) {
    this.#repository = repository
    this.#index = index
    this.#totals = totals
  }

  async read(packs: ReadonlyMap<Id, number>, onProgress: RepairIndexOptions['onProgress'], signal: AbortSignal): Promise<void> {
    const queue = packs.entries()
    let done = 0
    const lane = async (): Promise<void> => {
      for (const [name, sizeBytes] of queue) {
        throwIfAborted(signal)
        await this.#readOne(name, sizeBytes, signal)
        onProgress?.('packs', ++done, packs.size)
      }
    }
    await Promise.all(Array.from({ length: headersAtOnce }, lane))
    for (const list of [this.added, this.corrected, this.broken]) list.sort()
  }

  async #readOne(name: Id, sizeBytes: number, signal: AbortSignal): Promise<void> {
    let blobs: PackedBlob[]
    try {
      blobs = await readPackHeader(this.#repository, name, sizeBytes, signal)
    } catch (error) {
      if (!isCoffreError(error, 'repository.damaged')) throw error
      this.broken.push(name)
      return
    }
    const old = this.#index.packs.find(name)
    const isIndexed = old >= 0 && this.#totals.isIndexed(old)
    if (isIndexed && this.#isAsIndexed(old, blobs)) return
    ;(isIndexed ? this.corrected : this.added).push(name)
    if (old >= 0) this.replaced.add(old)
    this.#index.packs.set(addPack(this.#index, blobs), name, sizeBytes)
  }

  #isAsIndexed(pack: number, blobs: readonly PackedBlob[]): boolean {
    if (blobs.length !== this.#totals.blobs[pack]) return false
    return blobs.every(({ id, isTree, offset, sealedBytes, rawBytes }) =>
      this.#index.find(id, isTree).some((found) => {
        return found.pack === pack && found.offset === offset && found.sealedBytes === sealedBytes && found.rawBytes === rawBytes
      }),
    )
  }
}

/** Adds what a header lists under a new pack number, which has no name yet. */
export function addPack(index: RepositoryIndex, blobs: readonly PackedBlob[]): number {
  const pack = index.blobs.reservePack()
  for (const { id, isTree, offset, sealedBytes, rawBytes } of blobs) {
    index.blobs.add(Buffer.from(id, 'hex'), 0, isTree, { pack, offset, sealedBytes, rawBytes })
  }
  return pack
}
