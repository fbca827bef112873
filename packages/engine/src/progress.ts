import type { Clock } from '@coffre/foundation'

/** What a run is doing: it looks around, moves data, reads what is stored, or makes it count. */
export type RunState = 'preparing' | 'transferring' | 'checking' | 'committing'

export interface RunProgress {
  readonly state: RunState
  /** Never less than before within a state. */
  readonly doneBytes: number
  /** Undefined while nobody knows; it may change, as some are guesses, but is never less than what is done. */
  readonly totalBytes: number | undefined
  readonly doneItems: number
  /** What is left at the present speed; undefined while either is not known. */
  readonly etaMs: number | undefined
  readonly bytesPerSecond: number | undefined
}

export type ProgressListener = (progress: RunProgress) => void

interface Amounts {
  readonly doneBytes: number
  readonly totalBytes?: number | undefined
  readonly doneItems: number
}

interface Sample {
  readonly atMs: number
  readonly doneBytes: number
}

const tellPeriodMs = 250
/** The speed is that of the last seconds, since sources and storages change theirs. */
const samplePeriodMs = 1000
const samplesKept = 10

/** Makes progress of amounts: tells not too often, and how fast it goes. `update` may be called for every chunk. */
export class ProgressMeter {
  readonly #clock: Clock
  readonly #listener: ProgressListener
  #state: RunState = 'preparing'
  #amounts: Amounts = { doneBytes: 0, doneItems: 0 }
  #toldMs = Number.NEGATIVE_INFINITY
  #samples: Sample[] = []

  constructor(clock: Clock, listener: ProgressListener) {
    this.#clock = clock
    this.#listener = listener
  }

  /** Begins a state and tells of it. What was moved before does not count for its speed. */
  enter(state: RunState, amounts: Amounts = this.#amounts): void {
    this.#state = state
    this.#amounts = amounts
    this.#samples = [{ atMs: this.#clock.monotonicMs(), doneBytes: amounts.doneBytes }]
    this.#tell()
  }

  /** What it came to in the end. Tells it at once: whatever the total was thought to be, this is it. */
  finish(doneBytes: number, doneItems: number): void {
    this.enter('committing', { doneBytes, totalBytes: doneBytes, doneItems })
  }

  update(amounts: Amounts): void {
    this.#amounts = { ...amounts, doneBytes: Math.max(amounts.doneBytes, this.#amounts.doneBytes) }
    if (this.#clock.monotonicMs() - this.#toldMs >= tellPeriodMs) this.#tell()
  }

  #tell(): void {
    const nowMs = this.#clock.monotonicMs()
    const { doneBytes, doneItems } = this.#amounts
    const totalBytes = this.#amounts.totalBytes && Math.max(this.#amounts.totalBytes, doneBytes)
    const bytesPerSecond = this.#speed(nowMs, doneBytes)
    const isKnown = bytesPerSecond !== undefined && bytesPerSecond > 0 && totalBytes !== undefined
    const etaMs = isKnown ? Math.round(((totalBytes - doneBytes) / bytesPerSecond) * 1000) : undefined
    this.#toldMs = nowMs
    this.#listener({ state: this.#state, doneBytes, totalBytes, doneItems, etaMs, bytesPerSecond })
  }

  #speed(nowMs: number, doneBytes: number): number | undefined {
    const [first] = this.#samples
    const last = this.#samples.at(-1)
    if (first === undefined || last === undefined) return undefined
    if (nowMs - last.atMs >= samplePeriodMs) this.#samples = [...this.#samples, { atMs: nowMs, doneBytes }].slice(-samplesKept)
    const elapsedMs = nowMs - first.atMs
    return elapsedMs < samplePeriodMs ? undefined : Math.round(((doneBytes - first.doneBytes) / elapsedMs) * 1000)
  }
}
