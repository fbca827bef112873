import { CoffreError, type Context, throwIfAborted } from '@coffre/foundation'

export interface RetryPolicy {
  /** How often an operation is tried, the first time included. */
  readonly attemptsMax: number
  /** The same for files that end too early: waiting helps only when an answer was cut, not when the file is short. */
  readonly truncatedAttemptsMax: number
  readonly firstDelayMs: number
  readonly delayMsMax: number
  /** Told of each pause before it begins, so that nobody waits without knowing for what. */
  readonly onRetry?: (error: CoffreError, pauseMs: number) => void
}

/** About two and a half minutes in all: longer than the restart of a store, shorter than a lock's lease. */
export const defaultRetryPolicy: RetryPolicy = { attemptsMax: 14, truncatedAttemptsMax: 3, firstDelayMs: 250, delayMsMax: 30_000 }

/**
 * Calls `attempt` until it succeeds, fails for good (its error's `retry` is not `backoff`), the policy is used up or `signal` is
 * aborted. The pauses double and are drawn between half and all of that, so that many clients do not come back at once.
 */
export async function retry<Result>(
  context: Context,
  policy: RetryPolicy,
  signal: AbortSignal,
  attempt: (number: number) => Promise<Result>,
): Promise<Result> {
  for (let number = 1; ; number++) {
    throwIfAborted(signal)
    try {
      return await attempt(number)
    } catch (error) {
      await pauseAfter(error, context, policy, number, signal)
    }
  }
}

/** Waits for the next attempt, or throws the error again when there is none. */
export async function pauseAfter(
  error: unknown,
  context: Context,
  policy: RetryPolicy,
  number: number,
  signal: AbortSignal,
): Promise<void> {
  if (!mayRetry(error, number, policy)) throw error
  const delayMs = pauseMs(context, policy, number)
  policy.onRetry?.(error, delayMs)
  await context.clock.sleep(delayMs, signal)
}

/** Whether the failure of the attempt of that number may be followed by another. */
function mayRetry(error: unknown, number: number, policy: RetryPolicy): error is CoffreError {
  if (!(error instanceof CoffreError) || error.retry !== 'backoff') return false
  return number < (error.code === 'storage.truncated' ? policy.truncatedAttemptsMax : policy.attemptsMax)
}

function pauseMs(context: Context, policy: RetryPolicy, number: number): number {
  const fullMs = Math.min(policy.delayMsMax, policy.firstDelayMs * 2 ** (number - 1))
  return fullMs / 2 + context.random.integer(Math.ceil(fullMs / 2) + 1)
}
