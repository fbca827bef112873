import { finalJobStates } from '@coffre/api-contract'
import type { RestorePhase } from '@coffre/connector'
import type { Context } from '@coffre/foundation'
import { type Insertable, type Selectable, sql, type Transaction, type Updateable } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import { newHexId, newId } from '../catalogue/new-id.ts'
import type { JobState, JobTable } from '../catalogue/tables/work-tables.ts'
import { jobChannel } from './job-bell.ts'
import { type JobEvent, nextJobState } from './job-transitions.ts'

export type Job = Selectable<JobTable>

/** What a new job says of itself; the store adds ids, state and times. */
export type NewJob = Omit<Insertable<JobTable>, 'id' | 'hexId' | 'state' | 'createdAt' | 'notBefore'> & {
  readonly notBefore?: Date
}

/** The right to work on a job: of all takers, the last one. Everything that a worker tells of a job carries it. */
export interface Hold {
  readonly jobId: string
  readonly workerId: string
  readonly attempt: number
}

export interface JobProgress {
  readonly phase?: RestorePhase | undefined
  readonly percent: number
  readonly bytesDone: number
  readonly bytesTotal: number | undefined
  readonly itemsDone: number
  readonly itemsTotal: number | undefined
  readonly expectedEndAt: Date | undefined
}

/** What an attempt ended with. */
export interface JobEnd {
  readonly event: Extract<JobEvent, 'done' | 'partial' | 'failed' | 'retry' | 'stopped' | 'lost'>
  readonly message?: string
  readonly result?: object
  readonly error?: { readonly code: string; readonly detail: string; readonly hint?: string }
  /** Of an attempt to follow. */
  readonly notBefore?: Date
}

/** How many workers may be lost over a job before it is taken for what kills them. A capture outlives any number of workers. */
const lossesMax = 25

/**
 * Jobs in the catalogue: the one truth about what was asked for, who works on it and what came of it. Each change is one transaction
 * that locks the job's row, writes its dated history, and is refused to whoever no longer holds the job.
 */
export class JobStore {
  readonly #catalogue: Catalogue
  readonly #context: Context

  constructor(catalogue: Catalogue, context: Context) {
    this.#catalogue = catalogue
    this.#context = context
  }

  /** Records a job within the transaction of whatever asks for it. Undefined when this occurrence has its job already. */
  async create(job: NewJob, within: Transaction<Database>): Promise<string | undefined> {
    const now = this.#now()
    const id = newId(this.#context)
    const state: JobState = job.notBefore !== undefined && job.notBefore > now ? 'CREATED' : 'PENDING'
    const row = { ...job, id, hexId: newHexId(this.#context), state, notBefore: job.notBefore ?? now, createdAt: now }
    const inserted = await within
      .insertInto('job')
      .values(row)
      .onConflict((conflict) => conflict.columns(['occurrenceId', 'sourceId']).doNothing())
      .returning('id')
      .executeTakeFirst()
    if (inserted === undefined) return undefined
    await within.insertInto('jobState').values({ jobId: id, number: 1, state, message: null, attempt: 0, at: now }).execute()
    await sql`select pg_notify(${jobChannel}, '')`.execute(within)
    return id
  }

  async find(id: string): Promise<Job | undefined> {
    return this.#catalogue.selectFrom('job').selectAll().where('id', '=', id).executeTakeFirst()
  }

  /**
   * Takes a job that waits, or one whose worker has not been heard of for the length of its lease. Undefined when there is nothing to
   * take any more: it ended, its start window closed (it is then EXPIRED), or somebody else holds it.
   */
  async take(id: string, workerId: string, leaseMs: number, within?: Transaction<Database>): Promise<Hold | undefined> {
    const take = async (job: Job, transaction: Transaction<Database>): Promise<Hold | undefined> => {
      const now = this.#now()
      if (job.leaseUntil !== null && job.leaseUntil > now) return undefined
      if (job.state === 'ABORTING') {
        await this.#move(transaction, job, 'lost', { workerId: null, leaseUntil: null, completedAt: now })
        return undefined
      }
      if (job.startedAt === null && job.startBy !== null && job.startBy < now) {
        await this.#move(transaction, job, 'late', { completedAt: now }, `it was not begun by ${job.startBy.toISOString()}`)
        return undefined
      }
      if (job.notBefore > now || nextJobState(job.state, 'taken') === undefined) return undefined
      if (job.kind !== 'CAPTURE' && job.attempt >= job.failures + lossesMax) {
        const detail = `${job.attempt - job.failures} attempts ended with their worker`
        const error = { code: 'job.lost', detail, hint: 'Look into the log of the workers: are they out of memory?' }
        const columns = { workerId: null, leaseUntil: null, completedAt: now, error: JSON.stringify(error) }
        await this.#move(transaction, job, 'failed', columns, detail)
        return undefined
      }
      const attempt = job.attempt + 1
      const leaseUntil = new Date(now.getTime() + leaseMs)
      await this.#move(transaction, { ...job, attempt }, 'taken', {
        attempt,
        workerId,
        leaseUntil,
        // That of a worker that was lost.
        phase: null,
        startedAt: job.startedAt ?? now,
      })
      return { jobId: id, workerId, attempt }
    }
    return this.#changing(id, take, within)
  }

  /** Says that the worker is alive, and how far it is. False when it holds the job no more, or is asked to stop: then it ends. */
  async report(hold: Hold, leaseMs: number, progress?: JobProgress): Promise<boolean> {
    const leaseUntil = new Date(this.#now().getTime() + leaseMs)
    const { phase, bytesTotal, itemsTotal, expectedEndAt, ...rest } = progress ?? {}
    const columns =
      progress === undefined
        ? {}
        : {
            ...rest,
            phase: phase ?? null,
            bytesTotal: bytesTotal ?? null,
            itemsTotal: itemsTotal ?? null,
            expectedEndAt: expectedEndAt ?? null,
          }
    const { numUpdatedRows } = await this.#catalogue
      .updateTable('job')
      .set({ leaseUntil, ...columns })
      .where('id', '=', hold.jobId)
      .where('attempt', '=', hold.attempt)
      .where('workerId', '=', hold.workerId)
      .where('state', '=', 'RUNNING')
      .executeTakeFirst()
    return numUpdatedRows === 1n
  }

  /**
   * Ends an attempt. `commit` runs in the same transaction, and only when the hold is still good: what it records counts exactly when
   * the job does. False when it is not: another worker has the job, and nothing was recorded.
   */
  async end(hold: Hold, end: JobEnd, commit?: (transaction: Transaction<Database>) => Promise<void>): Promise<boolean> {
    const ended = await this.#changing(hold.jobId, async (job, transaction) => {
      if (job.attempt !== hold.attempt || job.workerId !== hold.workerId) return false
      const failures = job.failures + (end.event === 'retry' ? 1 : 0)
      const event = end.event === 'retry' && failures >= job.attemptsMax ? 'failed' : end.event
      const state = nextJobState(job.state, event)
      if (state === undefined) return false
      await commit?.(transaction)
      const isRetrying = state === 'RETRYING'
      await this.#move(
        transaction,
        job,
        event,
        {
          workerId: null,
          leaseUntil: null,
          phase: null,
          failures,
          completedAt: isRetrying ? null : this.#now(),
          ...(isRetrying && end.notBefore !== undefined ? { notBefore: end.notBefore } : {}),
          ...(end.result === undefined ? {} : { result: JSON.stringify(end.result) }),
          ...(end.error === undefined ? {} : { error: JSON.stringify(end.error) }),
          ...(state === 'COMPLETED' || state === 'PARTIAL' ? { percent: 100 } : {}),
        },
        end.message,
      )
      return true
    })
    return ended ?? false
  }

  /** Asks a job to stop: one that waits has ended when this resolves. The state that it has then; undefined when it had ended before. */
  async cancel(id: string): Promise<JobState | undefined> {
    return this.#changing(id, async (job, transaction) => {
      if (job.state === 'ABORTING') return job.state
      const state = nextJobState(job.state, 'cancel')
      if (state === undefined) return undefined
      await this.#move(transaction, job, 'cancel', state === 'ABORTED' ? { completedAt: this.#now() } : {})
      return state
    })
  }

  /** Lets others have the jobs of a worker that is certainly gone, at once. */
  async endLeases(workerId: string): Promise<void> {
    await this.#catalogue
      .updateTable('job')
      .set({ leaseUntil: this.#now() })
      .where('workerId', '=', workerId)
      .where('state', 'in', ['RUNNING', 'ABORTING'])
      .execute()
  }

  /** Ends jobs that nobody began within their start window. Resolves to how many. */
  async expireLate(): Promise<number> {
    const late = await this.#catalogue
      .selectFrom('job')
      .select('id')
      .where('state', 'in', ['CREATED', 'PENDING', 'RETRYING'])
      .where('startBy', '<', this.#now())
      .where('startedAt', 'is', null)
      .execute()
    for (const { id } of late) {
      await this.#changing(id, async (job, transaction) => {
        if (job.startedAt !== null || nextJobState(job.state, 'late') === undefined) return
        const message = `it was not begun by ${job.startBy?.toISOString()}`
        await this.#move(transaction, job, 'late', { completedAt: this.#now() }, message)
      })
    }
    return late.length
  }

  async #changing<T>(
    id: string,
    change: (job: Job, transaction: Transaction<Database>) => Promise<T>,
    within?: Transaction<Database>,
  ): Promise<T | undefined> {
    const changing = async (transaction: Transaction<Database>): Promise<T | undefined> => {
      const job = await transaction.selectFrom('job').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
      return job === undefined ? undefined : change(job, transaction)
    }
    return within === undefined ? this.#catalogue.transaction().execute(changing) : changing(within)
  }

  async #move(
    transaction: Transaction<Database>,
    job: Job,
    event: JobEvent,
    columns: Updateable<JobTable>,
    message?: string,
  ): Promise<void> {
    const state = nextJobState(job.state, event)
    if (state === undefined) throw new Error(`job ${job.id} cannot be ${event} while it is ${job.state}`)
    const isEnd = finalJobStates.has(state)
    await transaction
      .updateTable('job')
      .set({ ...columns, state, message: message ?? null, ...(isEnd ? { secretId: null, phase: null } : {}) })
      .where('id', '=', job.id)
      .execute()
    if (isEnd && job.secretId !== null) await transaction.deleteFrom('secret').where('id', '=', job.secretId).execute()
    await sql`
      insert into job_state (job_id, number, state, message, attempt, at)
      select ${job.id}, coalesce(max(number), 0) + 1, ${state}, ${message ?? null}, ${job.attempt}, ${this.#now()}
      from job_state where job_id = ${job.id}`.execute(transaction)
  }

  #now(): Date {
    return new Date(this.#context.clock.nowMs())
  }
}
