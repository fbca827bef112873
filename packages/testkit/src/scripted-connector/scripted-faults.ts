import { type Clock, type CoffreError, interruption, throwIfAborted } from '@coffre/foundation'

/** What a connector does with its source; each may meet a fault. */
export type ScriptedStep =
  | 'check'
  | 'open'
  | 'snapshot'
  | 'item'
  | 'content'
  | 'finish'
  | 'head'
  | 'branches'
  | 'capture'
  | 'acknowledge'
  | 'restore'
  | 'verify'

/**
 * What can go wrong at a step.
 * - `error`: the source answers with it.
 * - `cut`: the connection breaks, with all that goes on over it.
 * - `stall`: no answer, until `release` or an abort.
 * - `slow`: an answer after a pause.
 */
export type ScriptedFault =
  | { readonly kind: 'error'; readonly error: CoffreError }
  | { readonly kind: 'cut' }
  | { readonly kind: 'stall' }
  | { readonly kind: 'slow'; readonly delayMs: number }

/** Faults that were queued for steps by name, and who waits for a step to be reached. */
export class ScriptedFaults {
  /** Every fault that struck, in order. */
  readonly struck: { readonly step: ScriptedStep; readonly kind: ScriptedFault['kind'] }[] = []
  readonly #queues = new Map<ScriptedStep, ScriptedFault[]>()
  readonly #waiting = new Map<ScriptedStep, (() => void)[]>()
  readonly #onCut: () => void
  #stalled: (() => void)[] = []

  constructor(onCut: () => void) {
    this.#onCut = onCut
  }

  /** The next times that `step` is reached, it meets these faults, one each. */
  queue(step: ScriptedStep, ...faults: readonly ScriptedFault[]): void {
    this.#queues.set(step, [...(this.#queues.get(step) ?? []), ...faults])
  }

  /** Resolves when the step is reached the next time. */
  reached(step: ScriptedStep): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.set(step, [...(this.#waiting.get(step) ?? []), resolve])
    })
  }

  /** Lets all that stalls go on. */
  release(): void {
    for (const resolve of this.#stalled.splice(0)) resolve()
  }

  /** To be called by the connector at each step, before it does anything. */
  async meet(step: ScriptedStep, clock: Clock, signal: AbortSignal): Promise<void> {
    const waiting = this.#waiting.get(step) ?? []
    this.#waiting.delete(step)
    for (const resolve of waiting) resolve()
    throwIfAborted(signal)
    const fault = this.#queues.get(step)?.shift()
    if (fault === undefined) return
    this.struck.push({ step, kind: fault.kind })
    if (fault.kind === 'error') throw fault.error
    if (fault.kind === 'slow') await clock.sleep(fault.delayMs, signal)
    if (fault.kind === 'stall') await this.#stall(signal)
    if (fault.kind === 'cut') this.#onCut()
    throwIfAborted(signal)
  }

  #stall(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(interruption(signal))
      signal.addEventListener('abort', onAbort, { once: true })
      this.#stalled.push(() => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      })
    })
  }
}
