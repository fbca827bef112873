import { type Context, isCoffreError } from '@coffre/foundation'
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
import { defaultRetryPolicy, type RetryPolicy, retry } from './retry.ts'
import { retryListing } from './retry-listing.ts'
import { RetryObjectLock } from './retry-object-lock.ts'

/**
 * Tries again what may succeed then. A save whose acknowledgement was lost converges: saved again, it is the same file; with
 * `ifAbsent`, a file that an earlier attempt found room for and that has exactly these bytes is taken for that attempt's.
 */
export class RetryBackend implements Backend {
  readonly #inner: Backend
  readonly #context: Context
  readonly #policy: RetryPolicy
  readonly objectLock: ObjectLock | undefined

  constructor(inner: Backend, context: Context, policy: RetryPolicy = defaultRetryPolicy) {
    this.#inner = inner
    this.#context = context
    this.#policy = policy
    this.objectLock = inner.objectLock && new RetryObjectLock(inner.objectLock, context, policy)
  }

  get location(): string {
    return this.#inner.location
  }

  get abilities(): BackendAbilities {
    return this.#inner.abilities
  }

  create(signal: AbortSignal): Promise<void> {
    return this.#retry(signal, () => this.#inner.create(signal))
  }

  save(file: FileHandle, body: readonly Uint8Array[], options: SaveOptions, signal: AbortSignal): Promise<SaveResult> {
    return this.#retry(signal, async (attempt) => {
      try {
        return await this.#inner.save(file, body, options, signal)
      } catch (error) {
        if (attempt === 1 || !options.ifAbsent || !isCoffreError(error, 'storage.exists')) throw error
        if (!(await this.#holds(file, body, signal))) throw error
        return this.#latestVersion(file, signal)
      }
    })
  }

  flush(signal: AbortSignal): Promise<void> {
    return this.#retry(signal, () => this.#inner.flush(signal))
  }

  load(file: FileHandle, range: ByteRange | undefined, signal: AbortSignal, target?: Uint8Array): Promise<Uint8Array> {
    return this.#retry(signal, () => this.#inner.load(file, range, signal, target))
  }

  stat(file: FileHandle, signal: AbortSignal): Promise<FileInfo | undefined> {
    return this.#retry(signal, () => this.#inner.stat(file, signal))
  }

  list(type: FileType, signal: AbortSignal, below?: string): AsyncGenerator<FileInfo> {
    return retryListing(
      this.#context,
      this.#policy,
      signal,
      () => this.#inner.list(type, signal, below),
      (file) => file.name,
    )
  }

  remove(file: FileHandle, signal: AbortSignal): Promise<void> {
    return this.#retry(signal, () => this.#inner.remove(file, signal))
  }

  removeLeftovers(olderThanMs: number, signal: AbortSignal): Promise<number> {
    return this.#retry(signal, () => this.#inner.removeLeftovers(olderThanMs, signal))
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#inner[Symbol.asyncDispose]()
  }

  #retry<Result>(signal: AbortSignal, attempt: (number: number) => Promise<Result>): Promise<Result> {
    return retry(this.#context, this.#policy, signal, attempt)
  }

  async #holds(file: FileHandle, body: readonly Uint8Array[], signal: AbortSignal): Promise<boolean> {
    const found = await this.#inner.stat(file, signal)
    if (found?.sizeBytes !== bodySizeBytes(body)) return false
    let offset = 0
    for (const chunk of body) {
      const stored = await this.#inner.load(file, { offset, length: chunk.byteLength }, signal)
      if (Buffer.compare(stored, chunk) !== 0) return false
      offset += chunk.byteLength
    }
    return true
  }

  async #latestVersion(file: FileHandle, signal: AbortSignal): Promise<SaveResult> {
    const [latest] = (await this.#inner.objectLock?.versionsOf(file, signal)) ?? []
    return latest === undefined ? {} : { versionId: latest.versionId }
  }
}
