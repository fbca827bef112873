import { CoffreError } from '@coffre/foundation'
import type { Backend, ByteRange, FileHandle, FileInfo, FileType, SaveOptions, SaveResult } from '@coffre/storage'

/** A backend of which one load, counted from 0, fails, and every later one of the same file. */
export class CountingLoads implements Backend {
  readonly location = 'storage with a dead spot'
  readonly abilities
  readonly objectLock = undefined
  readonly #inner: Backend
  readonly #fault: number
  #loads = 0
  #dead: string | undefined

  constructor(inner: Backend, fault: number) {
    this.#inner = inner
    this.#fault = fault
    this.abilities = inner.abilities
  }

  get hasFailed(): boolean {
    return this.#dead !== undefined
  }

  async load(file: FileHandle, range: ByteRange | undefined, signal: AbortSignal, target?: Uint8Array): Promise<Uint8Array> {
    if (this.#loads++ === this.#fault) this.#dead = `${file.type}/${file.name}`
    if (this.#dead === `${file.type}/${file.name}`)
      throw new CoffreError('storage.unavailable', `cannot load ${this.#dead}: the disk does not answer`)
    return this.#inner.load(file, range, signal, target)
  }

  create(signal: AbortSignal): Promise<void> {
    return this.#inner.create(signal)
  }

  save(file: FileHandle, body: readonly Uint8Array[], options: SaveOptions, signal: AbortSignal): Promise<SaveResult> {
    return this.#inner.save(file, body, options, signal)
  }

  flush(signal: AbortSignal): Promise<void> {
    return this.#inner.flush(signal)
  }

  stat(file: FileHandle, signal: AbortSignal): Promise<FileInfo | undefined> {
    return this.#inner.stat(file, signal)
  }

  list(type: FileType, signal: AbortSignal): AsyncIterable<FileInfo> {
    return this.#inner.list(type, signal)
  }

  remove(file: FileHandle, signal: AbortSignal): Promise<void> {
    return this.#inner.remove(file, signal)
  }

  removeLeftovers(olderThanMs: number, signal: AbortSignal): Promise<number> {
    return this.#inner.removeLeftovers(olderThanMs, signal)
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#inner[Symbol.asyncDispose]()
  }
}
