import type { RunProgress } from '@coffre/engine'
import { CoffreError, type Context } from '@coffre/foundation'
import type { Catalogue } from '../catalogue/database.ts'
import type { Hold, Job, JobProgress, JobStore } from '../jobs/job-store.ts'

/** Why a run was told to end before it was done. */
export type Interruption = 'cancelled' | 'overdue' | 'lost' | 'shutdown'

export interface RunTimes {
  readonly leaseMs: number
  /** How often the row is told how far it is; never so seldom that the lease ends. */
  readonly reportMs: number
}

/** One attempt at a job while it runs: it keeps the hold alive, tells progress, and hears when it shall end. */
export class JobRun {
  readonly job: Job
  /** Aborted when the attempt is to end: `interruption` says why. */
  readonly signal: AbortSignal
  interruption: Interruption | undefined
  readonly #hold: Hold
  readonly #store: JobStore
  readonly #catalogue: Catalogue
  readonly #context: Context
  readonly #times: RunTimes
  readonly #abort = new AbortController()
  readonly #ended = new AbortController()
  #progress: JobProgress | undefined
  #phase: JobProgress['phase']
  #heardAtMs: number

  constructor(
    { hold, job }: { readonly hold: Hold; readonly job: Job },
    { store, catalogue, context }: { readonly store: JobStore; readonly catalogue: Catalogue; readonly context: Context },
    times: RunTimes,
  ) {
    this.job = job
    this.signal = this.#abort.signal
    this.#hold = hold
    this.#store = store
    this.#catalogue = catalogue
    this.#context = context
    this.#times = times
    this.#heardAtMs = context.clock.monotonicMs()
  }

  interrupt(why: Interruption): void {
    if (this.interruption !== undefined || this.#ended.signal.aborted) return
    this.interruption = why
    this.#abort.abort(new CoffreError('interrupted', `the job was interrupted: ${why}`))
  }

  /** Reports until `end`. A catalogue that does not answer is borne for as long as the lease is good. */
  async keepAlive(): Promise<void> {
    for (;;) {
      try {
        await this.#context.clock.sleep(this.#times.reportMs, this.#ended.signal)
      } catch {
        return
      }
      await this.#report()
    }
  }

  end(): void {
    this.#ended.abort()
  }

  /** Tells the row once more how far it came: what came since the last report is part of what it did. */
  async reportLast(): Promise<void> {
    if (this.#progress !== undefined) await this.#report()
  }

  readonly onProgress = ({ state, doneBytes, totalBytes, doneItems, etaMs }: RunProgress): void => {
    const isKnown = totalBytes !== undefined && totalBytes > 0
    this.#progress = {
      phase: this.#phase,
      // The end is told by the commit alone.
      percent: state === 'committing' ? 99 : isKnown ? Math.min(99, Math.floor((doneBytes / totalBytes) * 100)) : 0,
      bytesDone: doneBytes,
      bytesTotal: totalBytes,
      itemsDone: doneItems,
      itemsTotal: undefined,
      expectedEndAt: etaMs === undefined ? undefined : new Date(this.#context.clock.nowMs() + etaMs),
    }
  }

  /** Tells what it is at from now on. */
  enter(phase: NonNullable<JobProgress['phase']>): void {
    this.#phase = phase
    if (this.#progress !== undefined) this.#progress = { ...this.#progress, phase }
  }

  /** Adds a line to the job's log. One that cannot be written is no reason to fail. */
  async log(level: 'info' | 'warning' | 'error', message: string): Promise<void> {
    const at = new Date(this.#context.clock.nowMs())
    await this.#catalogue
      .insertInto('jobLog')
      .values({ jobId: this.job.id, at, level, message: message.slice(0, 4000) })
      .execute()
      .catch(() => undefined)
  }

  async #report(): Promise<void> {
    const { clock } = this.#context
    const { completeBy } = this.job
    if (completeBy !== null && completeBy.getTime() < clock.nowMs()) this.interrupt('overdue')
    const askedMs = clock.monotonicMs()
    try {
      if (await this.#store.report(this.#hold, this.#times.leaseMs, this.#progress)) this.#heardAtMs = askedMs
      else this.interrupt((await this.#store.find(this.job.id))?.state === 'ABORTING' ? 'cancelled' : 'lost')
    } catch {
      if (clock.monotonicMs() - this.#heardAtMs >= this.#times.leaseMs) this.interrupt('lost')
    }
  }
}
