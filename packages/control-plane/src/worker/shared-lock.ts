import { CoffreError, throwIfAborted } from '@coffre/foundation'
import { lockRepository, type Repository, type RepositoryLock } from '@coffre/repository'

interface Shared {
  readonly taken: Promise<RepositoryLock>
  readonly stop: AbortController
  users: number
}

/**
 * The lock under which the jobs of one process work in a vault at the same time, beside others that add to it. The first one takes
 * it, those that come while it is held join it and need not wait until it is confirmed once more, and the last one gives it back. One
 * that was disputed or lost fails all that share it, and nobody joins it any more.
 */
export class SharedLock {
  readonly #repository: Repository
  readonly #retryForMs: number
  #current: Shared | undefined

  /** Whoever begins waits so long for those who work in the vault alone. */
  constructor(repository: Repository, retryForMs: number) {
    this.#repository = repository
    this.#retryForMs = retryForMs
  }

  /** As `lockRepository`; the signal ends this user's part alone. */
  async join(signal: AbortSignal): Promise<RepositoryLock> {
    throwIfAborted(signal)
    this.#current ??= this.#take()
    const shared = this.#current
    shared.users++
    try {
      const lock = await unlessAborted(shared.taken, signal)
      return {
        signal: AbortSignal.any([signal, lock.signal]),
        confirmed: lock.confirmed,
        [Symbol.asyncDispose]: () => this.#leave(shared),
      }
    } catch (error) {
      await this.#leave(shared)
      throw error
    }
  }

  #take(): Shared {
    const stop = new AbortController()
    const taken = lockRepository(this.#repository, { exclusive: false, retryForMs: this.#retryForMs }, stop.signal)
    const shared = { taken, stop, users: 0 }
    const forget = (): void => this.#forget(shared)
    taken.then((lock) => {
      lock.signal.addEventListener('abort', forget, { once: true })
      lock.confirmed.catch(forget)
    }, forget)
    return shared
  }

  async #leave(shared: Shared): Promise<void> {
    shared.users--
    if (shared.users > 0) return
    this.#forget(shared)
    // Also while it is still being waited for.
    shared.stop.abort(new CoffreError('interrupted', 'nobody works in the vault any more'))
    const lock = await shared.taken.catch(() => undefined)
    await lock?.[Symbol.asyncDispose]()
  }

  #forget(shared: Shared): void {
    if (this.#current === shared) this.#current = undefined
  }
}

async function unlessAborted<Result>(result: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const aborted = Promise.withResolvers<void>()
  const onAbort = (): void => aborted.resolve()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await Promise.race([result, aborted.promise])
    throwIfAborted(signal)
    return await result
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
