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
import { bodySizeBytes } from '../body.ts'
import type { RateLimiter } from '../rate-limiter.ts'

export interface Limits {
  readonly upload?: RateLimiter
  readonly download?: RateLimiter
}

/**
 * Holds the mean rate of file contents under a limit. A whole file is let through at once after its wait; the S3 backend, given
 * the same limiters, spreads the bytes within a file as well and needs no such wrapper.
 */
export class LimitBackend implements Backend {
  readonly #inner: Backend
  readonly #limits: Limits

  constructor(inner: Backend, limits: Limits) {
    this.#inner = inner
    this.#limits = limits
  }

  get location(): string {
    return this.#inner.location
  }

  get abilities(): BackendAbilities {
    return this.#inner.abilities
  }

  get objectLock(): ObjectLock | undefined {
    return this.#inner.objectLock
  }

  create(signal: AbortSignal): Promise<void> {
    return this.#inner.create(signal)
  }

  async save(file: FileHandle, body: readonly Uint8Array[], options: SaveOptions, signal: AbortSignal): Promise<SaveResult> {
    await this.#limits.upload?.take(bodySizeBytes(body), signal)
    return this.#inner.save(file, body, options, signal)
  }

  flush(signal: AbortSignal): Promise<void> {
    return this.#inner.flush(signal)
  }

  async load(file: FileHandle, range: ByteRange | undefined, signal: AbortSignal, target?: Uint8Array): Promise<Uint8Array> {
    // The size of a whole file is known only afterwards, so the wait is there.
    if (range !== undefined) await this.#limits.download?.take(range.length, signal)
    const bytes = await this.#inner.load(file, range, signal, target)
    if (range === undefined) await this.#limits.download?.take(bytes.byteLength, signal)
    return bytes
  }

  stat(file: FileHandle, signal: AbortSignal): Promise<FileInfo | undefined> {
    return this.#inner.stat(file, signal)
  }

  list(type: FileType, signal: AbortSignal, below?: string): AsyncIterable<FileInfo> {
    return this.#inner.list(type, signal, below)
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
