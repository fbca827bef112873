import type { Clock } from '@coffre/foundation'

export interface BucketSize {
  readonly perSecond: number
  /** What may come at once after a pause. */
  readonly burst: number
}

interface Bucket {
  tokens: number
  atMs: number
}

/** Buckets that are remembered. One that is forgotten begins full again. */
const bucketsMax = 20_000

/** A token bucket for each key, in memory: each server counts for itself. */
export class TokenBuckets {
  readonly #size: BucketSize
  readonly #clock: Clock
  readonly #buckets = new Map<string, Bucket>()

  constructor(size: BucketSize, clock: Clock) {
    this.#size = size
    this.#clock = clock
  }

  /** Takes `tokens` and returns 0; or takes none and returns after how many milliseconds one more is there. */
  take(key: string, tokens = 1): number {
    const bucket = this.#filled(key)
    if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) / this.#size.perSecond) * 1000)
    bucket.tokens -= tokens
    return 0
  }

  /** What was dearer than it looked: the debt is waited for before the next one. */
  charge(key: string, tokens: number): void {
    this.#filled(key).tokens -= tokens
  }

  #filled(key: string): Bucket {
    const nowMs = this.#clock.monotonicMs()
    const { perSecond, burst } = this.#size
    const bucket = this.#buckets.get(key) ?? { tokens: burst, atMs: nowMs }
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * perSecond)
    bucket.atMs = nowMs
    // The map keeps the order of use, so that the first one is the one to forget.
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > bucketsMax) for (const oldest of this.#buckets.keys()) return this.#forget(oldest, bucket)
    return bucket
  }

  #forget(key: string, kept: Bucket): Bucket {
    this.#buckets.delete(key)
    return kept
  }
}
