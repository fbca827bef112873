import { CoffreError, throwIfAborted } from '@coffre/foundation'
import { Bitmap } from '../check/bitmap.ts'
import { PackMemory } from '../check/pack-memory.ts'
import type { Id } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import type { StoredCounts } from '../pipeline/jobs.ts'
import type { BlobReader } from '../repository/blob-reader.ts'
import type { BlobWriter } from '../repository/blob-writer.ts'
import type { Repository } from '../repository/repository.ts'
import { type PackStretch, packStretches } from '../walk/pack-stretches.ts'

/** A repository with what its index files say. */
export interface IndexedRepository {
  readonly repository: Repository
  readonly index: RepositoryIndex
}

export interface TransferEvents {
  planned(bytes: number): void
  /** Blobs have been read and verified; `bytes` of them as they were planned. */
  transferred(bytes: number, stored: StoredCounts): void
}

const stretchBytesMax = 8 * 1024 * 1024
/** So much is planned before it is read: the more, the longer are the stretches of wanted blobs in a pack. */
const windowBytes = 512 * 1024 * 1024
const windowBlobs = 100_000

/**
 * Brings data blobs from one repository to another: each once, and only those that the target's index lacks. Packs are read in
 * stretches of wanted blobs; workers open, verify and store them.
 */
export class BlobTransfer {
  readonly #source: IndexedRepository
  readonly #reader: BlobReader
  readonly #target: RepositoryIndex
  readonly #writer: BlobWriter
  readonly #events: TransferEvents
  readonly #signal: AbortSignal
  readonly #planned = new Bitmap()
  readonly #memory = new PackMemory(stretchBytesMax)
  #window: number[] = []
  #windowBytes = 0

  constructor(
    source: IndexedRepository,
    reader: BlobReader,
    target: RepositoryIndex,
    writer: BlobWriter,
    events: TransferEvents,
    signal: AbortSignal,
  ) {
    this.#source = source
    this.#reader = reader
    this.#target = target
    this.#writer = writer
    this.#events = events
    this.#signal = signal
  }

  /** Plans a blob. Resolves at once, but when enough is planned, after all of it has been transferred. */
  async want(id: Id): Promise<void> {
    if (this.#target.has(id, false)) return
    const entry = this.#source.index.blobs.findHex(id, false)
    if (entry < 0) throw notIndexed(id)
    if (!this.#planned.add(entry)) return
    const { sealedBytes } = this.#source.index.blobs.location(entry)
    this.#window.push(entry)
    this.#windowBytes += sealedBytes
    this.#events.planned(sealedBytes)
    if (this.#windowBytes >= windowBytes || this.#window.length >= windowBlobs) await this.settle()
  }

  /** Transfers what is planned. */
  async settle(): Promise<void> {
    const stretches = packStretches(this.#source.index, this.#window, stretchBytesMax)
    this.#window = []
    this.#windowBytes = 0
    let next = 0
    let failure: unknown
    const lane = async (): Promise<void> => {
      for (let stretch = stretches[next++]; stretch !== undefined && failure === undefined; stretch = stretches[next++]) {
        try {
          await this.#transfer(stretch)
        } catch (error) {
          failure ??= error
        }
      }
    }
    await Promise.all(Array.from({ length: this.#writer.pool.width + 1 }, lane))
    if (failure !== undefined) throw failure
  }

  async #transfer(stretch: PackStretch): Promise<void> {
    throwIfAborted(this.#signal)
    const memory = this.#memory.take(stretch.length)
    try {
      const lost = (await this.#load(stretch, memory)) ? await this.#store(stretch, memory) : stretch.entries
      for (const entry of lost) await this.#storeOtherCopy(entry)
    } finally {
      this.#memory.giveBack(memory)
    }
  }

  /** False when the pack is missing or too short: other copies may help. */
  async #load({ pack, offset, length }: PackStretch, memory: SharedArrayBuffer): Promise<boolean> {
    const { repository, index } = this.#source
    const target = Buffer.from(memory as unknown as ArrayBuffer, 0, length)
    try {
      await repository.backend.load({ type: 'pack', name: index.packs.id(pack) }, { offset, length }, this.#signal, target)
      return true
    } catch (error) {
      if (this.#signal.aborted) throw error
      return false
    }
  }

  /** The entries that were not found sound. */
  async #store(stretch: PackStretch, memory: SharedArrayBuffer): Promise<number[]> {
    const { blobs } = this.#source.index
    const pieces = stretch.entries.map((entry) => {
      const { offset, sealedBytes, rawBytes } = blobs.location(entry)
      return { id: blobs.idHex(entry), offset: offset - stretch.offset, sealedBytes, rawBytes }
    })
    const isTree = stretch.entries.map((entry) => blobs.isTree(entry))
    const from = this.#source.repository.masterKey
    const { damaged, stored } = await this.#writer.pool.run({ kind: 'repack', memory, isTree, pieces, from }, this.#signal)
    const lost = new Set(damaged.map(([piece]) => piece))
    const done = pieces.reduce((sum, piece, at) => sum + (lost.has(at) ? 0 : piece.sealedBytes), 0)
    this.#events.transferred(done, stored)
    return stretch.entries.filter((_, at) => lost.has(at))
  }

  /** Reads a blob with all its copies; its exact error when none is sound. */
  async #storeOtherCopy(entry: number): Promise<void> {
    const { blobs } = this.#source.index
    const content = await this.#reader.blob(blobs.idHex(entry), false, this.#signal)
    const memory = new SharedArrayBuffer(content.length)
    Buffer.from(memory as unknown as ArrayBuffer).set(content)
    const pieces = [0, content.length]
    const { stored } = await this.#writer.pool.run({ kind: 'pieces', isTree: false, memory, pieces }, this.#signal)
    this.#events.transferred(blobs.location(entry).sealedBytes, stored)
  }
}

function notIndexed(id: Id): CoffreError {
  return new CoffreError('blob.missing', `data blob ${id} is in no index of the source`, {
    hint: 'Run `coffre repo check` on the source; `coffre repo repair index` finds blobs that no index names.',
  })
}
