import { CoffreError } from '@coffre/foundation'
import { Bitmap } from '../check/bitmap.ts'
import type { PackTotals } from '../check/pack-totals.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import type { PruneStats } from './prune-stats.ts'
import type { StoredPacks } from './stored-packs.ts'

const copiesMax = 255
/** One copy is left and has to be chosen. */
const lastCopy = 0

/** How much of each pack is needed, by the pack's number, and which copy of each needed blob is the one to keep. */
export class PackUsage {
  /** One entry for each needed blob. */
  readonly selected: Bitmap
  readonly usedBlobs: Uint32Array
  readonly unusedBlobs: Uint32Array
  readonly usedBytes: Float64Array
  readonly unusedBytes: Float64Array
  readonly #duplicateBlobs: Uint32Array
  readonly #index: RepositoryIndex
  readonly #used: Bitmap
  /** The first entry of each entry's blob. */
  readonly #first: Uint32Array
  /** By first entry: copies in sound packs of a used blob, at most 255; later those that are not decided on yet. */
  readonly #copies: Uint8Array

  constructor(
    index: RepositoryIndex,
    totals: PackTotals,
    packs: StoredPacks,
    used: Bitmap,
    isHeld: (pack: number) => boolean,
    stats: PruneStats,
  ) {
    const { count } = index.blobs
    this.#index = index
    this.#used = used
    this.selected = new Bitmap(count)
    this.usedBlobs = new Uint32Array(totals.limit)
    this.unusedBlobs = new Uint32Array(totals.limit)
    this.#duplicateBlobs = new Uint32Array(totals.limit)
    this.usedBytes = Float64Array.from({ length: totals.limit }, (_, pack) =>
      totals.isIndexed(pack) ? totals.headerBytes(pack) : 0,
    )
    this.unusedBytes = new Float64Array(totals.limit)
    this.#first = firstEntries(index)
    this.#copies = new Uint8Array(count)
    this.#countCopies(packs)
    this.#refuseLoss(index, packs)
    const hasDuplicates = this.#divide(packs, stats)
    if (!hasDuplicates) return
    this.#forEachUndecided(packs, (entry, pack) => {
      if (isHeld(pack)) this.#choose(entry, pack, stats)
    })
    this.#forEachUndecided(packs, (entry, pack) => this.#decide(entry, pack, stats))
  }

  /** The entries of `packs` whose blobs have no copy in a pack that stays. */
  onlyIn(packs: Bitmap, isKept: (pack: number) => boolean): Bitmap {
    const { blobs } = this.#index
    const covered = new Bitmap(this.#first.length)
    const wanted = new Bitmap(this.#first.length)
    this.#first.forEach((first, entry) => {
      if (isKept(blobs.packOf(entry))) covered.add(first)
    })
    for (const entry of this.selected)
      if (packs.has(blobs.packOf(entry)) && !covered.has(this.#first[entry] ?? 0)) wanted.add(entry)
    return wanted
  }

  #countCopies(packs: StoredPacks): void {
    this.#first.forEach((first, entry) => {
      if (!this.#used.has(first) || !packs.isSound(this.#index.blobs.packOf(entry))) return
      this.#copies[first] = Math.min(copiesMax, (this.#copies[first] ?? 0) + 1)
    })
  }

  /** What is needed must be in a sound pack, or nothing may be removed. */
  #refuseLoss(index: RepositoryIndex, packs: StoredPacks): void {
    for (const entry of this.#used) {
      if ((this.#copies[entry] ?? 0) > 0) continue
      const { packId, pack, isTree } = { ...index.found(entry), isTree: index.blobs.isTree(entry) }
      const problem = packs.isPresent(pack)
        ? `has ${packs.sizeBytes(pack)} bytes, which is not what the index says`
        : 'is not there'
      throw new CoffreError(
        'repository.damaged',
        `pack ${packId} ${problem}; it has the ${isTree ? 'tree' : 'data'} blob ${index.blobs.idHex(entry)}`,
        {
          hint: 'Nothing was removed. Run `coffre repo repair index`, then `repair snapshots`.',
        },
      )
    }
  }

  #divide(packs: StoredPacks, stats: PruneStats): boolean {
    let hasDuplicates = false
    this.#first.forEach((first, entry) => {
      const { pack, sealedBytes } = this.#index.blobs.location(entry)
      const copies = packs.isSound(pack) ? (this.#copies[first] ?? 0) : 0
      if (copies === 1) {
        this.selected.add(entry)
        add(this.usedBlobs, pack, 1)
        add(this.usedBytes, pack, sealedBytes)
        stats.blobs.used++
        stats.bytes.used += sealedBytes
        return
      }
      add(this.unusedBlobs, pack, 1)
      add(this.unusedBytes, pack, sealedBytes)
      if (copies > 1) add(this.#duplicateBlobs, pack, 1)
      hasDuplicates ||= copies > 1
      stats.blobs[copies > 1 ? 'duplicate' : 'unused']++
      stats.bytes[copies > 1 ? 'duplicate' : 'unused'] += sealedBytes
    })
    return hasDuplicates
  }

  #forEachUndecided(packs: StoredPacks, action: (entry: number, pack: number) => void): void {
    const { blobs } = this.#index
    this.#first.forEach((first, entry) => {
      if (!this.#used.has(first) || this.#copies[first] === 1) return
      const pack = blobs.packOf(entry)
      if (packs.isSound(pack)) action(entry, pack)
    })
  }

  /**
   * Which copy stays: one in a pack that has needed blobs anyway; or one in a pack of nothing but copies, as an interrupted repack
   * leaves them, so that its work is not lost; or else the last one.
   */
  #decide(entry: number, pack: number, stats: PruneStats): void {
    const first = this.#first[entry] ?? 0
    const copies = this.#copies[first] ?? 0
    const isAtHome = (this.usedBlobs[pack] ?? 0) > 0 || this.#duplicateBlobs[pack] === this.unusedBlobs[pack]
    if (isAtHome || copies === lastCopy) this.#choose(entry, pack, stats)
    else this.#copies[first] = copies === 2 ? lastCopy : copies - 1
  }

  #choose(entry: number, pack: number, stats: PruneStats): void {
    const { sealedBytes } = this.#index.blobs.location(entry)
    this.selected.add(entry)
    this.#copies[this.#first[entry] ?? 0] = 1
    add(this.usedBlobs, pack, 1)
    add(this.usedBytes, pack, sealedBytes)
    add(this.unusedBlobs, pack, -1)
    add(this.unusedBytes, pack, -sealedBytes)
    stats.blobs.used++
    stats.bytes.used += sealedBytes
    stats.blobs.duplicate--
    stats.bytes.duplicate -= sealedBytes
  }
}

/** For each entry the first entry of the same blob. */
export function firstEntries({ blobs }: RepositoryIndex): Uint32Array {
  const id = Buffer.alloc(32)
  return Uint32Array.from({ length: blobs.count }, (_, entry) => {
    blobs.copyId(entry, id, 0)
    return blobs.find(id, 0, blobs.isTree(entry))
  })
}

function add(numbers: Uint32Array | Float64Array, at: number, summand: number): void {
  numbers[at] = (numbers[at] ?? 0) + summand
}
