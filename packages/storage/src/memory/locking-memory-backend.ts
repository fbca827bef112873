import { type Context, throwIfAborted } from '@coffre/foundation'
import type {
  Backend,
  BackendAbilities,
  ByteRange,
  FileHandle,
  FileInfo,
  FileType,
  ObjectLock,
  SaveOptions,
  SaveResult,
} from '../backend.ts'
import { concatenate } from '../body.ts'
import { fileAt, pathOf } from '../layout.ts'
import { fileExists, fileMissing, fileTruncated, targetFor } from '../storage-error.ts'
import { MemoryObjectLock } from './memory-object-lock.ts'
import { VersionedFiles } from './versioned-files.ts'

/** A bucket with object lock, in memory: for tests of lock rules, in milliseconds and on a clock of their own. */
export class LockingMemoryBackend implements Backend {
  readonly location = 'memory with object lock'
  readonly abilities: BackendAbilities = { conditionalCreate: true, objectLock: true }
  readonly objectLock: ObjectLock
  readonly #files = new VersionedFiles()
  readonly #context: Context

  constructor(context: Context) {
    this.#context = context
    this.objectLock = new MemoryObjectLock(this.#files, this.location, context.clock)
  }

  /** Puts a version in place as another program would, without looking at names or asking whether it may. */
  plant(path: string, bytes: Uint8Array): void {
    this.#files.put(path, bytes.slice(), this.#now())
  }

  async create(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
  }

  async save(file: FileHandle, body: readonly Uint8Array[], options: SaveOptions, signal: AbortSignal): Promise<SaveResult> {
    const path = pathOf(file)
    throwIfAborted(signal)
    if (options.ifAbsent && this.#files.current(path) !== undefined) throw fileExists(file, this.location)
    return { versionId: this.#files.put(path, concatenate(body), this.#now(), options.retention).versionId }
  }

  async flush(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
  }

  async load(file: FileHandle, range: ByteRange | undefined, signal: AbortSignal, target?: Uint8Array): Promise<Uint8Array> {
    const bytes = this.#files.current(pathOf(file))
    throwIfAborted(signal)
    if (bytes === undefined) throw fileMissing(file, this.location)
    const { offset, length } = range ?? { offset: 0, length: bytes.byteLength }
    if (offset + length > bytes.byteLength) throw fileTruncated(file, this.location, range, bytes.byteLength)
    const view = targetFor(length, target)
    view.set(bytes.subarray(offset, offset + length))
    return view
  }

  async stat(file: FileHandle, signal: AbortSignal): Promise<FileInfo | undefined> {
    const bytes = this.#files.current(pathOf(file))
    throwIfAborted(signal)
    return bytes && { ...file, sizeBytes: bytes.byteLength }
  }

  async *list(type: FileType, signal: AbortSignal, below = ''): AsyncGenerator<FileInfo> {
    throwIfAborted(signal)
    for (const path of this.#files.paths()) {
      throwIfAborted(signal)
      const bytes = this.#files.current(path)
      const file = fileAt(type, path)
      if (file?.name.startsWith(below) && bytes !== undefined) yield { ...file, sizeBytes: bytes.byteLength }
    }
  }

  /** As in a bucket, absent files get a marker as well. */
  async remove(file: FileHandle, signal: AbortSignal): Promise<void> {
    const path = pathOf(file)
    throwIfAborted(signal)
    this.#files.put(path, undefined, this.#now())
  }

  async removeLeftovers(_olderThanMs: number, signal: AbortSignal): Promise<number> {
    throwIfAborted(signal)
    return 0
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #now(): Date {
    return new Date(this.#context.clock.nowMs())
  }
}
