import { randomBytes, randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock, Context, Random } from './context.ts'
import { interruption } from './error.ts'

const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(delayMs, signal) {
    try {
      await delay(delayMs, undefined, { signal })
    } catch {
      throw interruption(signal)
    }
  },
}

const systemRandom: Random = {
  bytes: (length) => randomBytes(length),
  integer: (below) => randomInt(below),
}

/** The real clock and the operating system's randomness. */
export const systemContext: Context = { clock: systemClock, random: systemRandom }
