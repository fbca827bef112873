/** Time as the caller sees it. Tests own it through a fake. */
export interface Clock {
  /** Milliseconds since 1970, may jump. */
  nowMs(): number
  /** Milliseconds from an arbitrary start, never goes back. */
  monotonicMs(): number
  /** Resolves after `delayMs`, rejects with the interruption when `signal` is aborted. */
  sleep(delayMs: number, signal: AbortSignal): Promise<void>
}

/** Randomness as the caller sees it. Tests own it through a seeded fake. */
export interface Random {
  /** Fresh unpredictable bytes. */
  bytes(length: number): Uint8Array
  /** A whole number from 0 to `below` - 1. */
  integer(below: number): number
}

/** What every operation needs from the outside world besides its storage. */
export interface Context {
  readonly clock: Clock
  readonly random: Random
}
