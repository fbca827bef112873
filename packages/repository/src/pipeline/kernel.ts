import { readSync } from 'node:fs'
import { isCoffreError } from '@coffre/foundation'
import type { Region } from '../crypto/region.ts'
import { compareParts } from './compare.ts'
import { extract } from './extract.ts'
import type {
  CutKind,
  Failure,
  FilesJob,
  FilesResult,
  IdsResult,
  Job,
  PiecesJob,
  RangeJob,
  ResultOf,
  StoredCounts,
} from './jobs.ts'
import type { KernelParts } from './kernel-parts.ts'
import { repack } from './repack.ts'
import { scanFolders } from './scan.ts'
import { verifyPack } from './verify-pack.ts'

/** A file is read so far ahead of its cut. */
const readAheadBytes = 1024 * 1024

/** Executes jobs on the thread that it is called on, one after the other, with memory that is allocated once. */
export class Kernel {
  readonly #parts: KernelParts
  #read: Region | undefined
  #ids: Region

  constructor(parts: KernelParts) {
    this.#parts = parts
    this.#ids = parts.primitives.allocate(1 << 16)
  }

  run<J extends Job>(job: J): ResultOf<J> {
    return this.#dispatch(job) as ResultOf<J>
  }

  #dispatch(job: Job): unknown {
    switch (job.kind) {
      case 'files':
        return this.#storeFiles(job)
      case 'range':
        return this.#storeRange(job)
      case 'pieces':
        return this.#storePieces(job)
      case 'finish':
        return this.#counted(() => this.#parts.assembler.finish()).stored
      case 'extract':
        return extract(job, this.#parts)
      case 'compare':
        return compareParts(job, this.#parts)
      case 'scan':
        return scanFolders(job, this.#parts.files)
      case 'verify':
        return verifyPack(job, this.#parts)
      case 'repack':
        return this.#counted(() => repack(job, this.#parts))
    }
  }

  #storeFiles(job: FilesJob): FilesResult {
    const chunkCounts: number[] = []
    const sizes: number[] = []
    const failures: [number, Failure][] = []
    let ids = 0
    const { stored } = this.#counted(() => {
      job.paths.forEach((path, at) => {
        const before = ids
        let size = 0
        try {
          ;[ids, size] = this.#storeFile(path, job.cuts[at] ?? 'content', job.expectedBytes[at] ?? 0, ids)
        } catch (error) {
          failures.push([at, readFailure(error)])
          ids = before
        }
        chunkCounts.push(ids - before)
        sizes.push(size)
      })
    })
    return { ids: this.#takeIds(ids), chunkCounts, sizes, failures, stored }
  }

  #storeFile(path: string, cut: CutKind, expectedBytes: number, ids: number): [ids: number, size: number] {
    const descriptor = this.#parts.files.openForRead(path)
    try {
      return this.#storeStream(descriptor, cut, 0, Number.POSITIVE_INFINITY, expectedBytes, ids)
    } finally {
      this.#parts.files.close(descriptor)
    }
  }

  #storeRange(job: RangeJob): IdsResult {
    const descriptor = this.#parts.files.openForRead(job.path)
    try {
      let ids = 0
      let bytes = 0
      const { stored } = this.#counted(() => {
        ;[ids, bytes] = this.#storeStream(descriptor, 'fixed', job.offset, job.length, job.length, 0)
      })
      return { ids: this.#takeIds(ids), bytes, stored }
    } finally {
      this.#parts.files.close(descriptor)
    }
  }

  /** Reads from `offset` to the end of the file or of `length`, cuts, and stores each chunk. */
  #storeStream(
    descriptor: number,
    cut: CutKind,
    offset: number,
    length: number,
    expectedBytes: number,
    firstId: number,
  ): [ids: number, size: number] {
    const cutter = this.#parts.newCutter(cut)
    const region = this.#readRegion(cutter.maxBytes + readAheadBytes)
    const readBytes = region.bytes.length
    let ids = firstId
    let size = 0
    let begin = 0
    let end = 0
    for (let last = false; !last; ) {
      if (begin > 0) {
        region.bytes.copyWithin(0, begin, end)
        end -= begin
        begin = 0
      }
      while (end < readBytes && !last) {
        const wanted = Math.min(readBytes - end, length - size)
        const got = wanted === 0 ? 0 : readSync(descriptor, region.bytes, end, wanted, offset + size)
        end += got
        size += got
        // A read that ends exactly where the file should is the end: one call less for each small file.
        last = got === 0 || (got < wanted && size === expectedBytes)
      }
      while (begin < end) {
        const chunk = cutter.next(region.bytes, begin, end, last)
        if (chunk === undefined) break
        this.#storeChunk(region, begin, chunk, ids++)
        begin += chunk
      }
    }
    return [ids, size]
  }

  #readRegion(sizeBytes: number): Region {
    if (this.#read === undefined || this.#read.bytes.length < sizeBytes) this.#read = this.#parts.primitives.allocate(sizeBytes)
    return this.#read
  }

  #storePieces(job: PiecesJob): IdsResult {
    const region = this.#parts.primitives.pin(job.memory)
    let bytes = 0
    const { stored } = this.#counted(() => {
      for (let i = 0; i + 1 < job.pieces.length; i += 2) {
        const length = job.pieces[i + 1] ?? 0
        this.#reserveId(i / 2)
        this.#parts.assembler.add(job.isTree, region, job.pieces[i] ?? 0, length, this.#ids, (i / 2) * 32)
        bytes += length
      }
    })
    return { ids: this.#takeIds(job.pieces.length / 2), bytes, stored }
  }

  #storeChunk(region: Region, offset: number, length: number, id: number): void {
    this.#reserveId(id)
    this.#parts.assembler.add(false, region, offset, length, this.#ids, id * 32)
  }

  #reserveId(id: number): void {
    if ((id + 1) * 32 <= this.#ids.bytes.length) return
    const larger = this.#parts.primitives.allocate(this.#ids.bytes.length * 2)
    this.#ids.bytes.copy(larger.bytes)
    this.#ids = larger
  }

  #takeIds(count: number): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#ids.bytes, 0, count * 32)
  }

  #counted<T>(action: () => T): T & { stored: StoredCounts } {
    const { counts } = this.#parts.assembler
    const before = { ...counts }
    const result = action()
    const stored = {
      dataBlobs: counts.dataBlobs - before.dataBlobs,
      treeBlobs: counts.treeBlobs - before.treeBlobs,
      rawBytes: counts.rawBytes - before.rawBytes,
      packedBytes: counts.packedBytes - before.packedBytes,
    }
    return { ...result, stored } as T & { stored: StoredCounts }
  }
}

/** A failure to read is the file's; anything else ends the job. */
function readFailure(error: unknown): Failure {
  if (error instanceof Error) {
    const errno: unknown =
      'errno' in error && typeof error.errno === 'string' ? error.errno : 'code' in error ? error.code : undefined
    if (typeof errno === 'string' && /^E[A-Z0-9]+$/.test(errno)) return { code: errno, message: error.message }
  }
  if (isCoffreError(error, 'source.missing', 'storage.permission')) return { code: error.code, message: error.message }
  throw error
}
