import { hostname } from 'node:os'
import type { JobBell } from '../jobs/job-bell.ts'
import type { JobClaims } from '../jobs/job-claims.ts'
import { attempt } from './attempt.ts'
import type { JobRun, RunTimes } from './job-run.ts'
import type { WorkerParts } from './worker-parts.ts'

export interface WorkerOptions {
  readonly id: string
  /** Jobs at a time, captures apart. */
  readonly concurrency: number
  readonly capturesMax: number
  readonly times: RunTimes
  /** End after so long without work; never when absent. */
  readonly idleMs?: number
}

/** How long between two looks for work when nothing rings: leases end, and jobs that were put off come due, without a sound. */
const lookMs = 2000
const seenMs = 10_000

/** Takes jobs and does them, several at a time, until it is stopped or has had nothing to do for a while. */
export class Worker {
  readonly #parts: WorkerParts
  readonly #claims: JobClaims
  readonly #bell: JobBell
  readonly #options: WorkerOptions
  readonly #log: (line: string) => void
  readonly #runs = new Set<JobRun>()
  readonly #attempts = new Set<Promise<void>>()
  #seenAtMs = Number.NEGATIVE_INFINITY

  constructor(parts: WorkerParts, claims: JobClaims, bell: JobBell, options: WorkerOptions, log: (line: string) => void) {
    this.#parts = parts
    this.#claims = claims
    this.#bell = bell
    this.#options = options
    this.#log = log
  }

  /** Resolves when it has ended: told by the signal it interrupts what it does, and gives those jobs back. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts.context
    let workedAtMs = clock.monotonicMs()
    while (!signal.aborted) {
      try {
        await this.#bell.listen()
        await this.#tellSeen()
        while (this.#count(true) < this.#options.capturesMax && (await this.#takeOne(true))) workedAtMs = clock.monotonicMs()
        while (this.#count(false) < this.#options.concurrency && (await this.#takeOne(false))) workedAtMs = clock.monotonicMs()
      } catch (error) {
        this.#log(`looking for jobs failed, trying again: ${error instanceof Error ? error.message : String(error)}`)
      }
      if (this.#runs.size > 0) workedAtMs = clock.monotonicMs()
      if (clock.monotonicMs() - workedAtMs >= (this.#options.idleMs ?? Number.POSITIVE_INFINITY)) break
      this.#parts.vaults.rest()
      await this.#bell.heard(lookMs, signal).catch(() => undefined)
    }
    for (const run of this.#runs) run.interrupt('shutdown')
    await Promise.all(this.#attempts)
    await this.#parts.catalogue
      .deleteFrom('worker')
      .where('id', '=', this.#options.id)
      .execute()
      .catch(() => undefined)
  }

  #count(captures: boolean): number {
    return [...this.#runs].filter(({ job }) => (job.kind === 'CAPTURE') === captures).length
  }

  async #takeOne(captures: boolean): Promise<boolean> {
    const { times, id: workerId } = this.#options
    const { machine } = this.#parts
    const claim = await this.#claims.next({ workerId, leaseMs: times.leaseMs, machine, captures })
    if (claim === undefined) return false
    let own: JobRun | undefined
    const onStart = (run: JobRun): void => {
      own = run
      this.#runs.add(run)
    }
    const work = attempt(this.#parts, claim, times, onStart, this.#log)
      .catch((error: unknown) => this.#log(`job ${claim.job.id} could not be ended: ${String(error)}`))
      .finally(() => {
        if (own !== undefined) this.#runs.delete(own)
        this.#attempts.delete(work)
        this.#bell.ring()
      })
    this.#attempts.add(work)
    return true
  }

  async #tellSeen(): Promise<void> {
    const { catalogue, context, version } = this.#parts
    if (context.clock.monotonicMs() - this.#seenAtMs < seenMs) return
    const now = new Date(context.clock.nowMs())
    const row = { id: this.#options.id, hostname: hostname(), pid: process.pid, version, startedAt: now, seenAt: now }
    await catalogue
      .insertInto('worker')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ seenAt: now }))
      .execute()
    this.#seenAtMs = context.clock.monotonicMs()
  }
}
