import { minuteMs, throwIfAborted } from '@coffre/foundation'
import type { Id } from '../format/node.ts'
import { RepositoryIndex } from '../index/repository-index.ts'
import { attemptsMax, type LoadIndexOptions, listPacks, loadIndex, readIndexFiles, replacedAgain } from './load-index.ts'
import type { Repository } from './repository.ts'

/** What is larger, by its files, is read anew each time: it would be in memory twice. */
const keptBytesMax = 32 * 1024 * 1024
/** A file is believed for so long after it was read: what damaged it since is noticed then at the latest. */
const keptMs = 10 * minuteMs

/**
 * The index of an open vault, for a process that works in it again and again. Each `load` lists the index files and reads those that
 * are new. When one that was read is gone, or has another size, or the reading is too old, all of them are read anew: files vanish
 * when a prune or a repair has replaced them, and what they said may then be wrong. So whoever loads after its lock is stored relies
 * on nothing that a prune before it has taken out of the index, as with `loadIndex`.
 */
export class KeptIndex {
  readonly #repository: Repository
  /** What all files say, whatever becomes of their packs. Nobody but this class adds to it. */
  #index: RepositoryIndex | undefined
  #fileSizes: ReadonlyMap<Id, number> = new Map()
  #readAtMs = 0
  #turn: Promise<void> = Promise.resolve()

  constructor(repository: Repository) {
    this.#repository = repository
  }

  get memoryBytes(): number {
    return this.#index?.blobs.memoryBytes ?? 0
  }

  /** The same as `loadIndex`: an index for the caller alone. */
  async load(
    options: Pick<LoadIndexOptions, 'trustOnlyListedPacks' | 'withoutPacks'>,
    signal: AbortSignal,
  ): Promise<RepositoryIndex> {
    const sizes = options.trustOnlyListedPacks === true ? await listPacks(this.#repository, signal) : undefined
    const copy = await this.#inTurn(async () => (await this.#renew(signal))?.copy({ ...options, sizes }), signal)
    return copy ?? loadIndex(this.#repository, options, signal)
  }

  /** Lets go of the memory; the next `load` reads everything. */
  release(): void {
    this.#index = undefined
  }

  /** Undefined when it is too large to be kept. */
  async #renew(signal: AbortSignal): Promise<RepositoryIndex | undefined> {
    for (let attempt = 0; ; attempt++) {
      const listed = await this.#listFiles(signal)
      const bytes = [...listed.values()].reduce((sum, sizeBytes) => sum + sizeBytes, 0)
      if (!this.#isCurrent(listed) || bytes > keptBytesMax) this.release()
      if (bytes > keptBytesMax) return undefined
      if (this.#index === undefined) this.#readAtMs = this.#repository.context.clock.monotonicMs()
      const index = this.#index ?? new RepositoryIndex()
      // Whatever ends the reading of a file may leave half of it in the index.
      this.#index = undefined
      const fresh = [...listed.keys()].filter((name) => !index.files.has(name)).sort()
      const hasVanished = await readIndexFiles(this.#repository, index, fresh, undefined, {}, signal)
      if (!hasVanished) {
        this.#index = index
        this.#fileSizes = listed
        return index
      }
      if (attempt === attemptsMax) throw replacedAgain()
    }
  }

  async #listFiles(signal: AbortSignal): Promise<Map<Id, number>> {
    const sizes = new Map<Id, number>()
    for await (const { name, sizeBytes } of this.#repository.backend.list('index', signal)) sizes.set(name, sizeBytes)
    return sizes
  }

  #isCurrent(listed: ReadonlyMap<Id, number>): boolean {
    if (this.#index === undefined || this.#repository.context.clock.monotonicMs() - this.#readAtMs >= keptMs) return false
    return [...this.#index.files].every((name) => listed.get(name) === this.#fileSizes.get(name))
  }

  /** One renewal at a time; those that wait list the files when it is their turn. */
  async #inTurn<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    const before = this.#turn
    const done = Promise.withResolvers<void>()
    this.#turn = before.then(() => done.promise)
    const aborted = Promise.withResolvers<void>()
    const onAbort = (): void => aborted.resolve()
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await Promise.race([before, aborted.promise])
      throwIfAborted(signal)
      return await work()
    } finally {
      signal.removeEventListener('abort', onAbort)
      done.resolve()
    }
  }
}
