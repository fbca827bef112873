import type { Context } from '@coffre/foundation'
import { pauseAfter, type RetryPolicy } from './retry.ts'

/**
 * A listing that begins anew after a failure and passes over what was given out already, told by `keyOf`. Every failure counts
 * as an attempt, however far its listing came.
 */
export async function* retryListing<Item>(
  context: Context,
  policy: RetryPolicy,
  signal: AbortSignal,
  begin: () => AsyncIterable<Item>,
  keyOf: (item: Item) => string,
): AsyncGenerator<Item> {
  const given = new Set<string>()
  for (let number = 1; ; number++) {
    try {
      for await (const item of begin()) {
        const key = keyOf(item)
        if (given.has(key)) continue
        given.add(key)
        yield item
      }
      return
    } catch (error) {
      await pauseAfter(error, context, policy, number, signal)
    }
  }
}
