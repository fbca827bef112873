import { interruption, throwIfAborted } from '@coffre/foundation'

/**
 * Pulls from an iterable of somebody else's, which may hang or know nothing of the signal: whoever waits here is freed by an abort
 * all the same. Disposing lets a source that has not ended clean up, and waits for that unless the signal is aborted.
 */
export class Puller<T extends object> implements AsyncDisposable {
  readonly #iterator: AsyncIterator<T>
  readonly #signal: AbortSignal
  readonly #onAbort = (): void => this.#giveUp?.(interruption(this.#signal))
  #giveUp: ((error: unknown) => void) | undefined
  #hasEnded = false

  constructor(source: AsyncIterable<T>, signal: AbortSignal) {
    this.#iterator = source[Symbol.asyncIterator]()
    this.#signal = signal
    signal.addEventListener('abort', this.#onAbort)
  }

  /** The next value, or undefined at the end. Rejects with the source's error, or with the interruption once the signal is aborted. */
  async next(): Promise<T | undefined> {
    throwIfAborted(this.#signal)
    const { value, done } = await this.#orInterrupted(() => this.#iterator.next()).catch((error: unknown) => {
      throwIfAborted(this.#signal)
      this.#hasEnded = true
      throw error
    })
    this.#hasEnded = done === true
    throwIfAborted(this.#signal)
    return this.#hasEnded ? undefined : value
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { aborted } = this.#signal
    try {
      if (this.#hasEnded || this.#iterator.return === undefined) return
      const closed = this.#orInterrupted(async () => this.#iterator.return?.())
      // Behind a request that hangs it would never be answered.
      if (aborted) closed.catch(() => undefined)
      else await closed
    } catch {
      // Whoever leaves a source early has a reason of his own, which is what counts.
    } finally {
      this.#signal.removeEventListener('abort', this.#onAbort)
    }
  }

  #orInterrupted<R>(ask: () => Promise<R>): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      this.#giveUp = reject
      ask().then(resolve, reject)
    })
  }
}
