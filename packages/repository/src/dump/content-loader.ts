import type { Region } from '../crypto/region.ts'
import type { Id } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { PieceOpener } from '../pipeline/open-piece.ts'
import type { BlobReader } from '../repository/blob-reader.ts'
import type { Repository } from '../repository/repository.ts'
import { type PackStretch, packStretches } from '../walk/pack-stretches.ts'

const stretchBytesMax = 4 * 1024 * 1024
const loadsAtOnce = 4

/** Loads many data blobs at a time, neighbours in a pack by one request, each verified. */
export class ContentLoader {
  readonly #repository: Repository
  readonly #index: RepositoryIndex
  readonly #reader: BlobReader
  readonly #opener: PieceOpener
  readonly #free: Region[] = []

  constructor(repository: Repository, index: RepositoryIndex, reader: BlobReader) {
    this.#repository = repository
    this.#index = index
    this.#reader = reader
    this.#opener = new PieceOpener(repository.workbench.primitives, repository.workbench.sealer)
  }

  /** The contents by id; `known` ones are taken over. A blob that cannot be read anywhere is `blob.missing`. */
  async load(ids: Iterable<Id>, known: ReadonlyMap<Id, Buffer>, signal: AbortSignal): Promise<Map<Id, Buffer>> {
    const contents = new Map<Id, Buffer>()
    const entries = new Map<number, Id>()
    const others = new Set<Id>()
    for (const id of ids) {
      const content = known.get(id)
      const entry = content === undefined ? this.#index.blobs.findHex(id, false) : -1
      if (content !== undefined) contents.set(id, content)
      else if (entry >= 0) entries.set(entry, id)
      else others.add(id)
    }
    const stretches = packStretches(this.#index, entries.keys(), stretchBytesMax)
    let next = 0
    const worker = async (): Promise<void> => {
      for (let stretch = stretches[next++]; stretch !== undefined; stretch = stretches[next++]) {
        for (const [id, content] of await this.#loadStretch(stretch, entries, signal)) {
          if (content === undefined) others.add(id)
          else contents.set(id, content)
        }
      }
    }
    await Promise.all(Array.from({ length: Math.min(loadsAtOnce, stretches.length) }, worker))
    // What was not found sound where it was looked for may have other copies, or gets its exact error here.
    for (const id of others) contents.set(id, await this.#reader.blob(id, false, signal))
    return contents
  }

  async #loadStretch(
    stretch: PackStretch,
    entries: ReadonlyMap<number, Id>,
    signal: AbortSignal,
  ): Promise<[Id, Buffer | undefined][]> {
    const region = this.#take(stretch.length)
    try {
      const isLoaded = await this.#fill(region, stretch, signal)
      return stretch.entries.map((entry) => {
        const id = entries.get(entry) ?? ''
        const { offset, sealedBytes, rawBytes } = this.#index.blobs.location(entry)
        if (!isLoaded) return [id, undefined]
        const opened = this.#opener.open(region, { id, offset: offset - stretch.offset, sealedBytes, rawBytes })
        if (typeof opened === 'string') return [id, undefined]
        return [id, Buffer.from(opened.region.bytes.subarray(opened.offset, opened.offset + opened.length))]
      })
    } finally {
      if (region.bytes.length === stretchBytesMax && this.#free.length < loadsAtOnce) this.#free.push(region)
    }
  }

  /** False when the pack is missing or too short. */
  async #fill(region: Region, { pack, offset, length }: PackStretch, signal: AbortSignal): Promise<boolean> {
    try {
      const name = this.#index.packs.id(pack)
      await this.#repository.backend.load({ type: 'pack', name }, { offset, length }, signal, region.bytes)
      return true
    } catch (error) {
      if (signal.aborted) throw error
      return false
    }
  }

  #take(length: number): Region {
    const { primitives } = this.#repository.workbench
    if (length > stretchBytesMax) return primitives.allocate(length)
    return this.#free.pop() ?? primitives.allocate(stretchBytesMax)
  }
}
