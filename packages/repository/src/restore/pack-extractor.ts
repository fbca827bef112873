import { writeSync } from 'node:fs'
import type { ByteString } from '@coffre/foundation'
import type { RepositoryIndex } from '../index/repository-index.ts'
import type { ComputePool } from '../pipeline/compute-pool.ts'
import type { SealedPiece, WriteTarget } from '../pipeline/jobs.ts'
import type { BlobReader } from '../repository/blob-reader.ts'
import type { Repository } from '../repository/repository.ts'
import type { PackPlan, PlannedFile, PlannedTarget, RestorePlan } from './restore-plan.ts'

export interface ExtractorEvents {
  /** A file has all its content. */
  complete(file: PlannedFile): void
  failed(file: PlannedFile, error: unknown): void
  written(bytes: number): void
}

interface Stretch {
  readonly offset: number
  length: number
  contentBytes: number
  readonly entries: number[]
}

/** Unneeded bytes between two needed blobs that are read along rather than asked for separately. */
const gapBytesMax = 256 * 1024
const stretchBytesMax = 8 * 1024 * 1024
/** What shrank to a hundredth makes much work of few bytes: threads share it out evenly only in smaller parts. */
const stretchContentBytesMax = 32 * 1024 * 1024

/** Reads what a plan needs from the packs, stretch by stretch, and has workers write it to the files. */
export class PackExtractor {
  readonly #repository: Repository
  readonly #index: RepositoryIndex
  readonly #reader: BlobReader
  readonly #pool: ComputePool
  readonly #sparse: boolean
  readonly #events: ExtractorEvents
  readonly #free: SharedArrayBuffer[] = []

  constructor(
    repository: Repository,
    index: RepositoryIndex,
    reader: BlobReader,
    pool: ComputePool,
    sparse: boolean,
    events: ExtractorEvents,
  ) {
    this.#repository = repository
    this.#index = index
    this.#reader = reader
    this.#pool = pool
    this.#sparse = sparse
    this.#events = events
  }

  async run(plan: RestorePlan, signal: AbortSignal): Promise<void> {
    const jobs = new Set<Promise<void>>()
    let failure: unknown
    for (const [pack, needed] of plan.packs) {
      for (const stretch of this.#stretches(needed)) {
        while (jobs.size > this.#pool.width) await Promise.race(jobs)
        if (failure !== undefined) break
        const job = this.#extract(pack, needed, stretch, signal)
          .catch((error: unknown) => {
            failure ??= error
          })
          .finally(() => jobs.delete(job))
        jobs.add(job)
      }
    }
    await Promise.all(jobs)
    if (failure !== undefined) throw failure
  }

  /** Needed blobs in the order of the pack, neighbours together. */
  #stretches(needed: PackPlan): Stretch[] {
    const places = [...needed.keys()].map((entry) => ({ entry, location: this.#index.blobs.location(entry) }))
    places.sort((a, b) => a.location.offset - b.location.offset)
    const stretches: Stretch[] = []
    for (const { entry, location } of places) {
      const last = stretches.at(-1)
      const { offset, sealedBytes, rawBytes } = location
      const end = offset + sealedBytes
      const contentBytes = Math.max(sealedBytes, rawBytes)
      if (
        last !== undefined &&
        offset - (last.offset + last.length) <= gapBytesMax &&
        end - last.offset <= stretchBytesMax &&
        last.contentBytes + contentBytes <= stretchContentBytesMax
      ) {
        last.length = Math.max(last.length, end - last.offset)
        last.contentBytes += contentBytes
        last.entries.push(entry)
      } else {
        stretches.push({ offset, length: sealedBytes, contentBytes, entries: [entry] })
      }
    }
    return stretches
  }

  async #extract(pack: number, needed: PackPlan, stretch: Stretch, signal: AbortSignal): Promise<void> {
    const memory = this.#take(stretch.length)
    try {
      const isLoaded = await this.#load(pack, stretch, memory, signal)
      if (!isLoaded) {
        for (const entry of stretch.entries) await this.#writeFromOtherCopy(entry, needed.get(entry) ?? [], signal)
        return
      }
      await this.#write(needed, stretch, memory, signal)
    } finally {
      if (memory.byteLength === stretchBytesMax) this.#free.push(memory)
    }
  }

  /** False when the pack is missing or too short: other copies may help. */
  async #load(pack: number, stretch: Stretch, memory: SharedArrayBuffer, signal: AbortSignal): Promise<boolean> {
    const target = Buffer.from(memory as unknown as ArrayBuffer)
    const { offset, length } = stretch
    const name = this.#index.packs.id(pack)
    try {
      await this.#repository.backend.load({ type: 'pack', name }, { offset, length }, signal, target)
      return true
    } catch (error) {
      if (signal.aborted) throw error
      return false
    }
  }

  async #write(needed: PackPlan, stretch: Stretch, memory: SharedArrayBuffer, signal: AbortSignal): Promise<void> {
    const paths: ByteString[] = []
    const creates: boolean[] = []
    const files: PlannedFile[] = []
    const numbers = new Map<PlannedFile, number>()
    const pieces: SealedPiece[] = []
    const targets: WriteTarget[][] = []
    for (const entry of stretch.entries) {
      const { offset, sealedBytes, rawBytes } = this.#index.blobs.location(entry)
      pieces.push({ id: this.#index.blobs.idHex(entry), offset: offset - stretch.offset, sealedBytes, rawBytes })
      const places = (needed.get(entry) ?? []).map(({ file, offset: at }) => {
        let number = numbers.get(file)
        if (number === undefined) {
          number = paths.push(file.path) - 1
          creates.push(file.isFresh)
          files.push(file)
          numbers.set(file, number)
        }
        return { path: number, offset: at }
      })
      targets.push(places)
    }
    const result = await this.#pool.run({ kind: 'extract', memory, paths, creates, pieces, targets, sparse: this.#sparse }, signal)
    this.#events.written(result.writtenBytes)
    for (const [path, failure] of result.failures) {
      const file = files[path]
      if (file !== undefined) this.#fail(file, new Error(failure.message))
    }
    const damaged = new Set(result.damaged.map(([piece]) => piece))
    for (const [at, entry] of stretch.entries.entries()) {
      if (damaged.has(at)) await this.#writeFromOtherCopy(entry, needed.get(entry) ?? [], signal)
      else for (const { file } of needed.get(entry) ?? []) this.#blobDone(file)
    }
  }

  /** What could not be read where it was looked for is read again with all its copies, one blob at a time. */
  async #writeFromOtherCopy(entry: number, targets: readonly PlannedTarget[], signal: AbortSignal): Promise<void> {
    let content: Buffer
    try {
      content = await this.#reader.blob(this.#index.blobs.idHex(entry), false, signal)
    } catch (error) {
      if (signal.aborted) throw error
      for (const { file } of targets) this.#fail(file, error)
      for (const { file } of targets) this.#blobDone(file)
      return
    }
    for (const { file, offset } of targets) {
      try {
        this.#writeHere(file.path, content, offset)
        this.#events.written(content.length)
      } catch (error) {
        this.#fail(file, error)
      }
      this.#blobDone(file)
    }
  }

  #writeHere(path: ByteString, content: Buffer, offset: number): void {
    const descriptor = this.#repository.context.files.openForWrite(path, false)
    try {
      for (let done = 0; done < content.length; ) done += writeSync(descriptor, content, done, content.length - done, offset + done)
    } finally {
      this.#repository.context.files.close(descriptor)
    }
  }

  #blobDone(file: PlannedFile): void {
    if (--file.pendingBlobs === 0 && !file.failed) this.#events.complete(file)
  }

  #fail(file: PlannedFile, error: unknown): void {
    file.failed = true
    this.#events.failed(file, error)
  }

  #take(length: number): SharedArrayBuffer {
    if (length > stretchBytesMax) return new SharedArrayBuffer(length)
    return this.#free.pop() ?? new SharedArrayBuffer(stretchBytesMax)
  }
}
