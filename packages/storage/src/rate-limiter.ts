import type { Clock } from '@coffre/foundation'

/** Lets bytes pass at a steady rate, however many callers share it. Idle time is not saved up beyond `burstBytes`. */
export class RateLimiter {
  readonly #bytesPerMs: number
  readonly #burstMs: number
  readonly #clock: Clock
  /** When all bytes granted so far will have passed, on the monotonic clock. */
  #busyUntilMs = Number.NEGATIVE_INFINITY

  constructor(bytesPerSecond: number, clock: Clock, burstBytes = 64 * 1024) {
    this.#bytesPerMs = bytesPerSecond / 1000
    this.#burstMs = burstBytes / this.#bytesPerMs
    this.#clock = clock
  }

  /** Resolves once `bytes` may pass: in the order of the calls. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    const nowMs = this.#clock.monotonicMs()
    this.#busyUntilMs = Math.max(this.#busyUntilMs, nowMs - this.#burstMs) + bytes / this.#bytesPerMs
    if (this.#busyUntilMs > nowMs) await this.#clock.sleep(this.#busyUntilMs - nowMs, signal)
  }
}
