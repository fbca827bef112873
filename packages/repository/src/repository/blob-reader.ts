import { CoffreError } from '@coffre/foundation'
import type { Region } from '../crypto/region.ts'
import type { Id, Node } from '../format/node.ts'
import { decodeTree } from '../format/tree-decoder.ts'
import type { FoundBlob, RepositoryIndex } from '../index/repository-index.ts'
import { PieceOpener } from '../pipeline/open-piece.ts'
import type { Repository } from './repository.ts'

/** Whole tree packs are kept up to this much. */
const cacheBytesMax = 48 * 1024 * 1024
/** So many blobs are fetched one by one before the whole pack is worth it. */
const readsBeforeWhole = 3
const wholePackBytesMax = 24 * 1024 * 1024

/** Reads blobs, each verified. A damaged copy is passed over for another one where the repository has several. */
export class BlobReader {
  readonly #repository: Repository
  readonly #index: RepositoryIndex
  readonly #opener: PieceOpener
  /** Packs in memory, the least recently used first. */
  readonly #cache = new Map<number, Region>()
  #cachedBytes = 0
  readonly #loading = new Map<number, Promise<Region>>()
  readonly #reads = new Map<number, number>()

  constructor(repository: Repository, index: RepositoryIndex) {
    this.#repository = repository
    this.#index = index
    this.#opener = new PieceOpener(repository.workbench.primitives, repository.workbench.sealer)
  }

  async tree(id: Id, signal: AbortSignal): Promise<Node[]> {
    return decodeTree(await this.blob(id, true, signal))
  }

  async blob(id: Id, isTree: boolean, signal: AbortSignal): Promise<Buffer> {
    const places = this.#index.find(id, isTree)
    let failure: string | undefined
    for (const place of places) {
      try {
        const result = await this.#read(id, isTree, place, signal)
        if (typeof result !== 'string') return result
        failure = `pack ${place.packId}: ${result}`
      } catch (error) {
        if (signal.aborted || !(error instanceof CoffreError) || isPassing(error)) throw error
        failure = error.message
      }
    }
    const what = `${isTree ? 'tree' : 'data'} blob ${id}`
    throw new CoffreError('blob.missing', failure === undefined ? `${what} is in no index` : `${what} cannot be read: ${failure}`, {
      hint: 'Run `coffre repo check --read-data`; `repair index` finds blobs that no index names, `repair snapshots` drops what is lost.',
    })
  }

  /** Gives the memory of kept packs back at once, rather than when it is next collected. Nothing may be under way. */
  release(): void {
    for (const { bytes } of this.#cache.values()) release(bytes)
    this.#cache.clear()
    this.#cachedBytes = 0
  }

  async #read(id: Id, isTree: boolean, place: FoundBlob, signal: AbortSignal): Promise<Buffer | string> {
    const whole = isTree ? await this.#wholePack(place, signal) : undefined
    if (whole !== undefined) return this.#open(whole, { ...place, id })
    const region = this.#repository.workbench.primitives.allocate(place.sealedBytes)
    const range = { offset: place.offset, length: place.sealedBytes }
    await this.#repository.backend.load({ type: 'pack', name: place.packId }, range, signal, region.bytes)
    const opened = this.#open(region, { ...place, id, offset: 0 })
    release(region.bytes)
    return opened
  }

  #open(region: Region, piece: { id: Id; offset: number; sealedBytes: number; rawBytes: number }): Buffer | string {
    const opened = this.#opener.open(region, piece)
    if (typeof opened === 'string') return opened
    return Buffer.from(opened.region.bytes.subarray(opened.offset, opened.offset + opened.length))
  }

  /** The pack in memory when trees of it keep being asked for: one request then serves hundreds of small ones. */
  async #wholePack(place: FoundBlob, signal: AbortSignal): Promise<Region | undefined> {
    const cached = this.#cache.get(place.pack)
    if (cached !== undefined) {
      this.#cache.delete(place.pack)
      this.#cache.set(place.pack, cached)
      return cached
    }
    const reads = (this.#reads.get(place.pack) ?? 0) + 1
    this.#reads.set(place.pack, reads)
    if (reads <= readsBeforeWhole) return undefined
    const loading = this.#loading.get(place.pack)
    if (loading !== undefined) return loading
    const sizeBytes =
      place.packBytes ?? (await this.#repository.backend.stat({ type: 'pack', name: place.packId }, signal))?.sizeBytes
    if (sizeBytes === undefined || sizeBytes > wholePackBytesMax) return undefined
    const load = this.#load(place, sizeBytes, signal)
    this.#loading.set(place.pack, load)
    try {
      return await load
    } finally {
      this.#loading.delete(place.pack)
    }
  }

  async #load(place: FoundBlob, sizeBytes: number, signal: AbortSignal): Promise<Region> {
    while (this.#cachedBytes + sizeBytes > cacheBytesMax) {
      const oldest = this.#cache.entries().next().value
      if (oldest === undefined) break
      this.#cache.delete(oldest[0])
      this.#cachedBytes -= oldest[1].bytes.length
    }
    const region = this.#repository.workbench.primitives.allocate(sizeBytes)
    await this.#repository.backend.load({ type: 'pack', name: place.packId }, undefined, signal, region.bytes)
    this.#cache.set(place.pack, region)
    this.#cachedBytes += sizeBytes
    return region
  }
}

function release({ buffer }: Buffer): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0)
}

/** A pack that is too short stays so: another copy of the blob may help. Storage that does not answer may do so later. */
function isPassing(error: CoffreError): boolean {
  return error.retry === 'backoff' && error.code !== 'storage.truncated'
}
