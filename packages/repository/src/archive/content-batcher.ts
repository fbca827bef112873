import { throwIfAborted } from '@coffre/foundation'
import type { Cutter } from '../chunk/cutter.ts'
import type { Id } from '../format/node.ts'
import type { CutKind } from '../pipeline/jobs.ts'
import type { Puller } from './puller.ts'
import { type PieceStore, storePieces } from './store-pieces.ts'

/** A content to be stored, and who waits for it. */
export interface ContentRequest {
  readonly chunks: Puller<Uint8Array>
  readonly cut: CutKind
  read(bytes: number): void
  /** Called once all of it is stored, perhaps long after `add` has resolved. */
  stored(content: readonly Id[], sizeBytes: number): void
}

/** A content of which not all ids are known yet. */
interface OpenContent {
  readonly request: ContentRequest
  readonly ids: Id[]
  sizeBytes: number
  pieces: number
  /** Pieces that are not stored yet, and one more while others may follow. */
  pending: number
}

/** The pieces in a buffer: offset and length of each, whose it is, and its place there. */
interface Batch {
  readonly pieces: number[]
  readonly owners: OpenContent[]
  readonly places: number[]
}

/** Buffers in the hands of workers at the same time, besides the one that is being filled. */
const buffersAhead = 2
/** A buffer holds so much more than the longest chunk, of which it may begin with a part. */
const roomBytes = 2 * 1024 * 1024
/** Between two contents, a buffer with so much goes to the workers at once. */
const batchBytes = 4 * 1024 * 1024
const batchPieces = 512

/**
 * Stores one content after the other as one long stream: the calling thread copies and cuts, workers do the rest. Many small contents
 * share a buffer, a long one goes through many, and the next one begins while the last pieces of the one before are being stored.
 * `add` must not be called before the one before it has resolved.
 */
export class ContentBatcher {
  readonly #store: PieceStore
  readonly #newCutter: (cut: CutKind) => Cutter
  readonly #signal: AbortSignal
  readonly #jobs = new Set<Promise<void>>()
  readonly #free: SharedArrayBuffer[] = []
  readonly #bufferBytes: number
  #memory: SharedArrayBuffer
  #buffer: Buffer
  /** So much of the buffer is filled. */
  #end = 0
  #batch: Batch = newBatch()
  #failure: unknown

  constructor(store: PieceStore, newCutter: (cut: CutKind) => Cutter, signal: AbortSignal) {
    this.#store = store
    this.#newCutter = newCutter
    this.#signal = signal
    this.#bufferBytes = Math.max(newCutter('content').maxBytes, newCutter('fixed').maxBytes) + roomBytes
    this.#memory = new SharedArrayBuffer(this.#bufferBytes)
    this.#buffer = Buffer.from(this.#memory as unknown as ArrayBuffer)
  }

  /** Reads the content to its end. When that fails, what was read of it is forgotten, and others are not affected. */
  async add(request: ContentRequest): Promise<void> {
    const content: OpenContent = { request, ids: [], sizeBytes: 0, pieces: 0, pending: 1 }
    try {
      await this.#read(content)
    } catch (error) {
      this.#forget(content)
      throw error
    }
    release(content)
    if (this.#end >= batchBytes || this.#batch.owners.length >= batchPieces) await this.#send(this.#end)
  }

  /** Resolves when all contents given so far are stored. */
  async settled(): Promise<void> {
    if (this.#batch.owners.length > 0) await this.#send(this.#end)
    await Promise.all(this.#jobs)
    if (this.#failure !== undefined) throw this.#failure
  }

  async #read(content: OpenContent): Promise<void> {
    const { chunks, cut } = content.request
    const cutter = this.#newCutter(cut)
    let begin = this.#end
    for (let chunk = await chunks.next(); chunk !== undefined; chunk = await chunks.next()) {
      content.sizeBytes += chunk.length
      content.request.read(chunk.length)
      for (let taken = 0; taken < chunk.length; ) {
        if (this.#end === this.#bufferBytes) {
          await this.#send(this.#cut(cutter, content, begin, false))
          begin = 0
        }
        const bytes = Math.min(chunk.length - taken, this.#bufferBytes - this.#end)
        this.#buffer.set(chunk.subarray(taken, taken + bytes), this.#end)
        this.#end += bytes
        taken += bytes
      }
    }
    this.#cut(cutter, content, begin, true)
  }

  /** Cuts what is filled from `begin` on; the end of the last piece. */
  #cut(cutter: Cutter, content: OpenContent, begin: number, last: boolean): number {
    let at = begin
    while (at < this.#end) {
      const length = cutter.next(this.#buffer, at, this.#end, last)
      if (length === undefined) break
      this.#batch.pieces.push(at, length)
      this.#batch.owners.push(content)
      this.#batch.places.push(content.pieces++)
      content.pending++
      at += length
    }
    return at
  }

  /** Its pieces that still lie here go; what lies before them is others'. */
  #forget(content: OpenContent): void {
    const { pieces, owners, places } = this.#batch
    while (owners.at(-1) === content) {
      owners.pop()
      places.pop()
      pieces.length -= 2
    }
    this.#end = (pieces.at(-2) ?? 0) + (pieces.at(-1) ?? 0)
  }

  /** Hands the pieces over to workers; what follows after `used` moves to the next buffer. */
  async #send(used: number): Promise<void> {
    while (this.#jobs.size >= buffersAhead) await Promise.race(this.#jobs)
    if (this.#failure !== undefined) throw this.#failure
    throwIfAborted(this.#signal)
    const [memory, batch] = [this.#memory, this.#batch]
    const filled = this.#buffer.subarray(used, this.#end)
    this.#memory = this.#free.pop() ?? new SharedArrayBuffer(this.#bufferBytes)
    this.#buffer = Buffer.from(this.#memory as unknown as ArrayBuffer)
    this.#buffer.set(filled)
    this.#end = filled.length
    this.#batch = newBatch()
    const job = this.#storeBatch(memory, batch)
      .then(() => void this.#free.push(memory))
      .catch((error: unknown) => {
        this.#failure ??= error
      })
      .finally(() => this.#jobs.delete(job))
    this.#jobs.add(job)
  }

  async #storeBatch(memory: SharedArrayBuffer, { pieces, owners, places }: Batch): Promise<void> {
    const ids = await storePieces(this.#store, memory, pieces, this.#signal)
    for (const [at, owner] of owners.entries()) {
      owner.ids[places[at] ?? 0] = ids[at] ?? ''
      release(owner)
    }
  }
}

function release(content: OpenContent): void {
  if (--content.pending === 0) content.request.stored(content.ids, content.sizeBytes)
}

function newBatch(): Batch {
  return { pieces: [], owners: [], places: [] }
}
