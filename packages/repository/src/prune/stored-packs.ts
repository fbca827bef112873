import type { PackTotals } from '../check/pack-totals.ts'
import type { Id } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import type { Repository } from '../repository/repository.ts'

const absent = -1

/** A listing of the packs, against what the index says of them. */
export class StoredPacks {
  /** Packs that no index names, with their sizes. */
  readonly unindexed = new Map<Id, number>()
  readonly #sizes: Float64Array
  readonly #totals: PackTotals

  private constructor(totals: PackTotals) {
    this.#totals = totals
    this.#sizes = new Float64Array(totals.limit).fill(absent)
  }

  static async list(repository: Repository, index: RepositoryIndex, totals: PackTotals, signal: AbortSignal): Promise<StoredPacks> {
    const packs = new StoredPacks(totals)
    for await (const file of repository.backend.list('pack', signal)) {
      const pack = index.packs.find(file.name)
      if (pack >= 0 && totals.isIndexed(pack)) {
        packs.#sizes[pack] = file.sizeBytes
        // For whoever writes the index anew, to hold it against.
        if (packs.isSound(pack)) index.packs.setSize(pack, file.sizeBytes)
      } else packs.unindexed.set(file.name, file.sizeBytes)
    }
    return packs
  }

  isPresent(pack: number): boolean {
    return this.sizeBytes(pack) !== absent
  }

  /** -1 when the pack is not there. */
  sizeBytes(pack: number): number {
    return this.#sizes[pack] ?? absent
  }

  /** Whether the pack is there and as long as it should be; others are not relied on. */
  isSound(pack: number): boolean {
    return this.isPresent(pack) && this.sizeBytes(pack) === this.#totals.expectedBytes(pack)
  }
}
