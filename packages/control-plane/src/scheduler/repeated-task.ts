import type { Clock } from '@coffre/foundation'

const leastPauseMs = 50

/** Does a task again and again, with a pause after each time. A failure is logged and changes nothing about the next time. */
export class RepeatedTask implements AsyncDisposable {
  readonly #stop = new AbortController()
  readonly #done: Promise<void>

  /** `task` may resolve to when it wants to run next, if that is sooner than the pause. */
  constructor(
    name: string,
    pauseMs: number,
    task: (signal: AbortSignal) => Promise<number | undefined>,
    clock: Clock,
    log: (line: string) => void,
  ) {
    this.#done = repeat(name, pauseMs, task, clock, log, this.#stop.signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#done
  }
}

async function repeat(
  name: string,
  pauseMs: number,
  task: (signal: AbortSignal) => Promise<number | undefined>,
  clock: Clock,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let hasFailed = false
  while (!signal.aborted) {
    let wantedMs = Number.POSITIVE_INFINITY
    try {
      wantedMs = (await task(signal)) ?? Number.POSITIVE_INFINITY
      if (hasFailed) log(`${name} works again`)
      hasFailed = false
    } catch (error) {
      // Said once, not at each try: a catalogue that is away for an hour would fill the log.
      if (!hasFailed && !signal.aborted)
        log(`${name} failed, trying again: ${error instanceof Error ? error.message : String(error)}`)
      hasFailed = true
    }
    // What is due already, and was left to another server, is looked at again soon, but not without a breath.
    const nextMs = Math.min(pauseMs, Math.max(leastPauseMs, wantedMs - clock.nowMs()))
    await clock.sleep(nextMs, signal).catch(() => undefined)
  }
}
