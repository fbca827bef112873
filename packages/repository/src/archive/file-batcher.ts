import type { ByteString } from '@coffre/foundation'
import type { Id } from '../format/node.ts'
import type { ComputePool } from '../pipeline/compute-pool.ts'
import type { CutKind, Failure, StoredCounts } from '../pipeline/jobs.ts'

/** A file whose content is to be stored, and who waits for it. */
export interface FileRequest {
  readonly path: ByteString
  readonly cut: CutKind
  /** What its status says; decides how files are put together. */
  readonly sizeBytes: number
  stored(content: Id[], sizeBytes: number): void
  failed(failure: Failure): void
}

interface Batch {
  readonly requests: FileRequest[]
  sizeBytes: number
}

const filesPerBatchMax = 256
const batchBytesMax = 4 * 1024 * 1024

/** Puts files together to jobs of a few milliseconds, so that messages between threads cost little and no thread waits for another. */
export class FileBatcher {
  readonly #pool: ComputePool
  readonly #onStored: (stored: StoredCounts) => void
  readonly #signal: AbortSignal
  readonly #jobs = new Set<Promise<void>>()
  readonly #randomInteger: (below: number) => number
  /** Files are dealt at random, so that neighbours in a folder do not lie side by side in a pack. */
  readonly #batches: Batch[] = [newBatch(), newBatch()]
  #failure: unknown

  constructor(
    pool: ComputePool,
    onStored: (stored: StoredCounts) => void,
    randomInteger: (below: number) => number,
    signal: AbortSignal,
  ) {
    this.#pool = pool
    this.#onStored = onStored
    this.#randomInteger = randomInteger
    this.#signal = signal
  }

  /** Waits while the workers have enough to do. */
  async add(request: FileRequest): Promise<void> {
    const which = this.#randomInteger(this.#batches.length)
    const batch = this.#batches[which] ?? newBatch()
    batch.requests.push(request)
    batch.sizeBytes += request.sizeBytes
    if (batch.requests.length >= filesPerBatchMax || batch.sizeBytes >= batchBytesMax) await this.#send(which)
  }

  /** Resolves when all files given so far are stored or have failed. */
  async settled(): Promise<void> {
    for (const which of this.#batches.keys()) await this.#send(which)
    await Promise.all(this.#jobs)
    if (this.#failure !== undefined) throw this.#failure
  }

  async #send(which: number): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    const batch = this.#batches[which]?.requests ?? []
    if (batch.length === 0) return
    this.#batches[which] = newBatch()
    await this.#pool.ready(this.#signal)
    const job = this.#run(batch)
      .catch((error: unknown) => {
        this.#failure ??= error
      })
      .finally(() => this.#jobs.delete(job))
    this.#jobs.add(job)
  }

  async #run(batch: readonly FileRequest[]): Promise<void> {
    const result = await this.#pool.run(
      {
        kind: 'files',
        paths: batch.map((request) => request.path),
        cuts: batch.map((request) => request.cut),
        expectedBytes: batch.map((request) => request.sizeBytes),
      },
      this.#signal,
    )
    this.#onStored(result.stored)
    const ids = Buffer.from(result.ids.buffer, result.ids.byteOffset, result.ids.byteLength)
    const failures = new Map(result.failures)
    let at = 0
    batch.forEach((request, i) => {
      const content: Id[] = []
      for (let chunk = result.chunkCounts[i] ?? 0; chunk > 0; chunk--, at += 32) content.push(ids.toString('hex', at, at + 32))
      const failure = failures.get(i)
      if (failure === undefined) request.stored(content, result.sizes[i] ?? 0)
      else request.failed(failure)
    })
  }
}

function newBatch(): Batch {
  return { requests: [], sizeBytes: 0 }
}
