import { type Clock, interruption, throwIfAborted } from '@coffre/foundation'
import { Repository, type RepositoryContext } from '@coffre/repository'
import type { Backend } from '@coffre/storage'
import { SeededRandom } from '@coffre/testkit'

/** Longer pauses are those between refreshes of a lock: no operation here takes so long. */
const shortMsMax = 60_000

/** A clock that jumps over short pauses and lets long ones last until they are aborted, so that nothing is refreshed by itself. */
class ImpatientClock implements Clock {
  #elapsedMs = 0
  readonly #startMs: number

  constructor(startMs: number) {
    this.#startMs = startMs
  }

  nowMs(): number {
    return this.#startMs + this.#elapsedMs
  }

  monotonicMs(): number {
    return this.#elapsedMs
  }

  async sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
    if (delayMs <= shortMsMax) {
      this.#elapsedMs += delayMs
      return
    }
    await new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(interruption(signal)), { once: true })
    })
  }
}

/** What a fresh process of the same host works with. Processes of other numbers count as dead: one at a time is alive here. */
function processContext(base: RepositoryContext, processId: number, startMs: number): RepositoryContext {
  return {
    ...base,
    clock: new ImpatientClock(startMs),
    random: new SeededRandom(processId),
    identity: { ...base.identity, processId, isProcessAlive: (other) => other === processId },
  }
}

/** The repository as such a process opens it, on another backend, without the cost of a password. */
export function reopened(repository: Repository, backend: Backend, processId: number): Repository {
  const context = processContext(repository.context, processId, repository.context.clock.nowMs() + processId * 60_000)
  return new Repository(backend, context, repository.config, repository.masterKey, repository.keyId)
}
