import { type CoffreError, throwIfAborted } from '@coffre/foundation'
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
import { fileAt, isLeftoverName, leftoverPath, pathOf } from '../layout.ts'
import { fileExists, fileMissing, fileTruncated, lockUnsupported, targetFor } from '../storage-error.ts'

/** The files of a vault by path, leftovers included. The arrays are never changed in place, so that copies may share them. */
export type StoredFiles = ReadonlyMap<string, Uint8Array>

/** A change of the stored files, as it was asked for. `before` is what was at the path until then. */
export type MemoryOperation =
  | { readonly kind: 'save'; readonly path: string; readonly bytes: Uint8Array; readonly before: Uint8Array | undefined }
  | { readonly kind: 'remove'; readonly path: string; readonly before: Uint8Array | undefined }
  | { readonly kind: 'flush' }

/** What becomes of an operation: whether it is applied or leaves a temporary file, and the error that the caller gets. */
export interface Verdict {
  readonly effect: 'applied' | 'none' | 'leftover'
  readonly error?: CoffreError
}

export interface MemoryOptions {
  readonly files?: StoredFiles
  /** Called for each change before it is made, in order. `index` counts from 0. */
  readonly decide?: (operation: MemoryOperation, index: number) => Verdict
}

/**
 * A vault in memory, for tests: changes are made one after the other, each at once, and recorded. `decide` can let the process
 * "die" or fail at any of them. A save that `ifAbsent` refuses changes nothing and is no operation.
 */
export class MemoryBackend implements Backend {
  readonly location = 'memory'
  readonly abilities: BackendAbilities = { conditionalCreate: true, objectLock: false }
  readonly objectLock: ObjectLock | undefined = undefined
  /** Every change so far, in order. */
  readonly operations: MemoryOperation[] = []
  readonly #files: Map<string, Uint8Array>
  readonly #decide: (operation: MemoryOperation, index: number) => Verdict

  constructor(options: MemoryOptions = {}) {
    this.#files = new Map(options.files)
    this.#decide = options.decide ?? (() => ({ effect: 'applied' }))
  }

  /** A copy of what is stored now. */
  files(): StoredFiles {
    return new Map(this.#files)
  }

  /** Puts a file in place as another program would: no operation of this backend. */
  plant(path: string, bytes: Uint8Array): void {
    this.#files.set(path, bytes.slice())
  }

  async create(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
  }

  async save(file: FileHandle, body: readonly Uint8Array[], options: SaveOptions, signal: AbortSignal): Promise<SaveResult> {
    if (options.retention !== undefined) throw lockUnsupported(this.location)
    const path = pathOf(file)
    throwIfAborted(signal)
    if (options.ifAbsent && this.#files.has(path)) throw fileExists(file, this.location)
    this.#perform({ kind: 'save', path, bytes: concatenate(body), before: this.#files.get(path) })
    return {}
  }

  async flush(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
    this.#perform({ kind: 'flush' })
  }

  async load(file: FileHandle, range: ByteRange | undefined, signal: AbortSignal, target?: Uint8Array): Promise<Uint8Array> {
    const bytes = this.#files.get(pathOf(file))
    throwIfAborted(signal)
    if (bytes === undefined) throw fileMissing(file, this.location)
    const { offset, length } = range ?? { offset: 0, length: bytes.byteLength }
    if (offset + length > bytes.byteLength) throw fileTruncated(file, this.location, range, Math.max(0, bytes.byteLength - offset))
    const view = targetFor(length, target)
    view.set(bytes.subarray(offset, offset + length))
    return view
  }

  async stat(file: FileHandle, signal: AbortSignal): Promise<FileInfo | undefined> {
    const bytes = this.#files.get(pathOf(file))
    throwIfAborted(signal)
    return bytes && { ...file, sizeBytes: bytes.byteLength }
  }

  async *list(type: FileType, signal: AbortSignal, below = ''): AsyncGenerator<FileInfo> {
    throwIfAborted(signal)
    for (const [path, bytes] of [...this.#files]) {
      throwIfAborted(signal)
      const file = fileAt(type, path)
      if (file?.name.startsWith(below)) yield { ...file, sizeBytes: bytes.byteLength }
    }
  }

  async remove(file: FileHandle, signal: AbortSignal): Promise<void> {
    const path = pathOf(file)
    throwIfAborted(signal)
    this.#perform({ kind: 'remove', path, before: this.#files.get(path) })
  }

  /** Memory keeps no times: every leftover counts as old. */
  async removeLeftovers(_olderThanMs: number, signal: AbortSignal): Promise<number> {
    throwIfAborted(signal)
    const leftovers = [...this.#files.keys()].filter((path) => isLeftoverName(path.slice(path.lastIndexOf('/') + 1)))
    for (const path of leftovers) this.#perform({ kind: 'remove', path, before: this.#files.get(path) })
    return leftovers.length
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #perform(operation: MemoryOperation): void {
    const verdict = this.#decide(operation, this.operations.length)
    this.operations.push(operation)
    if (verdict.effect === 'applied') applyOperation(this.#files, operation)
    if (verdict.effect === 'leftover') applyLeftover(this.#files, operation)
    if (verdict.error !== undefined) throw verdict.error
  }
}

export function applyOperation(files: Map<string, Uint8Array>, operation: MemoryOperation): void {
  if (operation.kind === 'save') files.set(operation.path, operation.bytes)
  if (operation.kind === 'remove') files.delete(operation.path)
}

/** What a save that was cut short leaves behind: half of its bytes under a temporary name. */
export function applyLeftover(files: Map<string, Uint8Array>, operation: MemoryOperation): void {
  if (operation.kind !== 'save') return
  files.set(leftoverPath(operation.path, '0'), operation.bytes.subarray(0, operation.bytes.byteLength >> 1))
}
