import { type Clock, type Context, interruption, throwIfAborted } from '@coffre/foundation'
import { SeededRandom } from './seeded-random.ts'

interface Sleeper {
  readonly wakeMs: number
  readonly wake: () => void
}

/** A clock that stands still until the test moves it; or, when `automatic`, that jumps to the end of each sleep at once. */
export class FakeClock implements Clock {
  /** Every pause that was asked for, in order. */
  readonly sleepsMs: number[] = []
  /** What to add to the wall clock alone: a clock that is wrong, or jumps. */
  skewMs = 0
  readonly #automatic: boolean
  readonly #sleepers = new Set<Sleeper>()
  #elapsedMs = 0
  readonly #startMs: number

  constructor(options: { readonly automatic?: boolean; readonly startMs?: number } = {}) {
    this.#automatic = options.automatic ?? false
    this.#startMs = options.startMs ?? Date.UTC(2026, 0, 1)
  }

  nowMs(): number {
    return this.#startMs + this.#elapsedMs + this.skewMs
  }

  monotonicMs(): number {
    return this.#elapsedMs
  }

  /** Moves both clocks and wakes who slept until then. */
  advance(byMs: number): void {
    this.#elapsedMs += byMs
    const due = [...this.#sleepers].filter((sleeper) => sleeper.wakeMs <= this.#elapsedMs).sort((a, b) => a.wakeMs - b.wakeMs)
    for (const sleeper of due) {
      this.#sleepers.delete(sleeper)
      sleeper.wake()
    }
  }

  async sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
    this.sleepsMs.push(delayMs)
    if (this.#automatic) {
      this.advance(delayMs)
      return
    }
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.#sleepers.delete(sleeper)
        reject(interruption(signal))
      }
      const wake = (): void => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      const sleeper = { wakeMs: this.#elapsedMs + delayMs, wake }
      this.#sleepers.add(sleeper)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }
}

/** A context that a test owns whole: an automatic fake clock and seeded randomness. */
export function fakeContext(seed = 1): Context & { readonly clock: FakeClock; readonly random: SeededRandom } {
  return { clock: new FakeClock({ automatic: true }), random: new SeededRandom(seed) }
}
