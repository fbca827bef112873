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
import { pathOf } from '../layout.ts'

export interface SwallowedChanges {
  savedFiles: number
  savedBytes: number
  removedFiles: number
}

/**
 * For dry runs: reads what is there, counts what would change, and changes nothing. What was "saved" cannot be read back. There is
 * no object lock, since each of its changes would be real.
 */
export class ReadOnlyBackend implements Backend {
  readonly swallowed: SwallowedChanges = { savedFiles: 0, savedBytes: 0, removedFiles: 0 }
  readonly objectLock: ObjectLock | undefined = undefined
  readonly #inner: Backend

  constructor(inner: Backend) {
    this.#inner = inner
  }

  get location(): string {
    return this.#inner.location
  }

  get abilities(): BackendAbilities {
    return { ...this.#inner.abilities, objectLock: false }
  }

  async create(): Promise<void> {}

  async save(file: FileHandle, body: readonly Uint8Array[], _options: SaveOptions, _signal: AbortSignal): Promise<SaveResult> {
    pathOf(file)
    this.swallowed.savedFiles++
    this.swallowed.savedBytes += bodySizeBytes(body)
    return {}
  }

  async flush(): Promise<void> {}

  load(file: FileHandle, range: ByteRange | undefined, signal: AbortSignal, target?: Uint8Array): Promise<Uint8Array> {
    return this.#inner.load(file, range, signal, target)
  }

  stat(file: FileHandle, signal: AbortSignal): Promise<FileInfo | undefined> {
    return this.#inner.stat(file, signal)
  }

  list(type: FileType, signal: AbortSignal, below?: string): AsyncIterable<FileInfo> {
    return this.#inner.list(type, signal, below)
  }

  async remove(file: FileHandle): Promise<void> {
    pathOf(file)
    this.swallowed.removedFiles++
  }

  async removeLeftovers(): Promise<number> {
    return 0
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#inner[Symbol.asyncDispose]()
  }
}
