import type { PackTotals } from '../check/pack-totals.ts'
import type { PackUsage } from './pack-usage.ts'
import { type PruneOptions, smallPackBytes, unusedBytesMax } from './prune-options.ts'
import type { PruneStats } from './prune-stats.ts'
import type { StoredPacks } from './stored-packs.ts'

/** Packs by number. */
export interface PackChoice {
  /** Packs that are read, and whose needed blobs are written again. */
  readonly repack: readonly number[]
  /** Packs that go away whole. */
  readonly remove: readonly number[]
  /** Packs that are only in the index any more, and that nothing needs. */
  readonly absent: readonly number[]
}

/** So few small packs are not worth the trouble: a single one would be repacked at each prune. */
const smallPacksMin = 10

/** Decides as restic does: what is not needed at all goes, then what is repacked with the most gain, until the waste is tolerable. */
export function choosePacks(
  totals: PackTotals,
  packs: StoredPacks,
  usage: PackUsage,
  isHeld: (pack: number) => boolean,
  version: number,
  options: PruneOptions,
  stats: PruneStats,
): PackChoice {
  return new PackChooser(totals, packs, usage, version, options, stats).choose(isHeld)
}

class PackChooser {
  readonly #totals: PackTotals
  readonly #packs: StoredPacks
  readonly #usage: PackUsage
  readonly #version: number
  readonly #options: PruneOptions
  readonly #stats: PruneStats
  readonly #smallBytes: number

  constructor(totals: PackTotals, packs: StoredPacks, usage: PackUsage, version: number, options: PruneOptions, stats: PruneStats) {
    this.#totals = totals
    this.#packs = packs
    this.#usage = usage
    this.#version = version
    this.#options = options
    this.#stats = stats
    this.#smallBytes = smallPackBytes(options)
  }

  choose(isHeld: (pack: number) => boolean): PackChoice {
    const remove: number[] = []
    const absent: number[] = []
    const candidates: number[] = []
    const small: number[] = []
    for (let pack = 0; pack < this.#totals.limit; pack++) {
      if (!this.#totals.isIndexed(pack)) continue
      const isPresent = this.#packs.isPresent(pack)
      if (isPresent) this.#countPack(pack)
      if (isHeld(pack)) this.#stats.packs.keep++
      else if (this.#usedBlobs(pack) === 0) {
        ;(isPresent ? remove : absent).push(pack)
        this.#stats.blobs.remove += this.#usage.unusedBlobs[pack] ?? 0
        this.#stats.bytes.remove += this.#unusedBytes(pack)
      } else if (this.#options.repackCacheableOnly && this.#isData(pack)) this.#stats.packs.keep++
      else if (this.#isWasteful(pack)) candidates.push(pack)
      else if (this.#sizeBytes(pack) < this.#smallBytes) small.push(pack)
      else this.#stats.packs.keep++
    }
    if (small.length >= smallPacksMin) candidates.push(...small)
    else this.#stats.packs.keep += small.length
    this.#stats.packs.remove = remove.length
    return { repack: this.#chooseRepack(candidates), remove, absent }
  }

  #countPack(pack: number): void {
    const { packs, bytes } = this.#stats
    if (this.#usedBlobs(pack) === 0) packs.unused++
    else if (this.#usage.unusedBlobs[pack] === 0) packs.used++
    else packs.partlyUsed++
    if (this.#version >= 2 && this.#totals.hasUncompressed(pack)) bytes.uncompressed += this.#sizeBytes(pack)
  }

  /** Has blobs that nobody needs, mixes trees and data, or should be compressed. */
  #isWasteful(pack: number): boolean {
    return (this.#usage.unusedBlobs[pack] ?? 0) > 0 || this.#totals.isMixed(pack) || this.#mustCompress(pack)
  }

  /** Trees always, since restic has them so; data where it is asked for. */
  #mustCompress(pack: number): boolean {
    const isTree = this.#totals.treeBlobs[pack] === this.#totals.blobs[pack]
    return this.#version >= 2 && this.#totals.hasUncompressed(pack) && (isTree || this.#options.repackUncompressed === true)
  }

  #chooseRepack(candidates: number[]): number[] {
    const { bytes, packs } = this.#stats
    const unusedMax = unusedBytesMax(this.#options.maxUnused ?? { kind: 'percent', percent: 5 }, bytes.used)
    const repackMax = this.#options.maxRepackBytes ?? Number.POSITIVE_INFINITY
    const chosen: number[] = []
    for (const pack of candidates.sort((a, b) => this.#compare(a, b))) {
      const unusedLeft = bytes.duplicate + bytes.unused - bytes.remove - bytes.repackRemove
      const isTolerable = unusedLeft < unusedMax && this.#sizeBytes(pack) >= this.#smallBytes
      const isTooMuch = bytes.repack + this.#sizeBytes(pack) >= repackMax
      const isOptional = this.#isData(pack) && !this.#mustCompress(pack)
      if (isTooMuch || (isOptional && isTolerable)) packs.keep++
      else chosen.push(this.#countRepack(pack))
    }
    packs.repack = chosen.length
    return chosen
  }

  #countRepack(pack: number): number {
    const { blobs, bytes } = this.#stats
    blobs.repack += this.#totals.blobs[pack] ?? 0
    bytes.repack += this.#sizeBytes(pack)
    blobs.repackRemove += this.#usage.unusedBlobs[pack] ?? 0
    bytes.repackRemove += this.#unusedBytes(pack)
    if (this.#version >= 2 && this.#totals.hasUncompressed(pack)) bytes.uncompressed -= this.#sizeBytes(pack)
    return pack
  }

  /** Packs with trees first, then those that are too small, then by the share of waste. */
  #compare(a: number, b: number): number {
    const byKind = Number(this.#isData(a)) - Number(this.#isData(b))
    if (byKind !== 0) return byKind
    const bySize = Number(this.#sizeBytes(a) >= this.#smallBytes) - Number(this.#sizeBytes(b) >= this.#smallBytes)
    return bySize || this.#unusedBytes(b) / this.#sizeBytes(b) - this.#unusedBytes(a) / this.#sizeBytes(a) || a - b
  }

  #isData(pack: number): boolean {
    return this.#totals.treeBlobs[pack] === 0
  }

  #usedBlobs(pack: number): number {
    return this.#usage.usedBlobs[pack] ?? 0
  }

  #unusedBytes(pack: number): number {
    return this.#usage.unusedBytes[pack] ?? 0
  }

  #sizeBytes(pack: number): number {
    return this.#totals.expectedBytes(pack)
  }
}
