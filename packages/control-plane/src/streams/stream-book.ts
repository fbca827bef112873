import type { CaptureState } from '@coffre/engine'
import { type Context, isCoffreError } from '@coffre/foundation'
import type { TailHead } from '@coffre/journal'
import { type Selectable, sql, type Updateable } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'
import { newId } from '../catalogue/new-id.ts'
import type { StreamTable } from '../catalogue/tables/stream-table.ts'
import type { Job } from '../jobs/job-store.ts'

const writeEveryMs = 1000

/**
 * Tells the catalogue of one stream, for as long as the job that captures it has its worker: what others tell later counts. What cannot
 * be written now is written with the next news.
 */
export class StreamBook {
  readonly #catalogue: Catalogue
  readonly #context: Context
  readonly #job: Job
  readonly #capturedBefore: number
  readonly #id: string
  #epoch: number | null
  #needsEpoch: boolean
  #anchor: TailHead | undefined
  #writing: Promise<void> = Promise.resolve()
  #isWriting = false
  #writtenMs = Number.NEGATIVE_INFINITY

  private constructor(catalogue: Catalogue, context: Context, job: Job, row: Selectable<StreamTable>, needsEpoch: boolean) {
    this.#catalogue = catalogue
    this.#context = context
    this.#job = job
    this.#id = row.id
    this.#capturedBefore = row.capturedBytes
    this.#epoch = row.epoch
    this.#needsEpoch = needsEpoch || row.state === 'GAP'
    this.#anchor = (row.anchor as TailHead | null) ?? undefined
  }

  /** The stream that a job captures; made if there is none yet. */
  static async open(
    { catalogue, context }: { readonly catalogue: Catalogue; readonly context: Context },
    job: Job,
    logName: string,
  ): Promise<StreamBook> {
    const now = new Date(context.clock.nowMs())
    const about = { projectId: job.projectId, sourceId: job.sourceId ?? '', vaultId: job.vaultId ?? '', logName }
    await catalogue
      .insertInto('stream')
      .values({ id: newId(context), ...about, state: 'STARTING', createdAt: now, updatedAt: now })
      .onConflict((conflict) => conflict.columns(['sourceId', 'vaultId']).doNothing())
      .execute()
    const row = await catalogue
      .selectFrom('stream')
      .selectAll()
      .where('sourceId', '=', about.sourceId)
      .where('vaultId', '=', about.vaultId)
      .executeTakeFirstOrThrow()
    return new StreamBook(catalogue, context, job, row, row.epoch === null && (await isOfAnother(catalogue, row)))
  }

  /** Whether the log has to begin anew, as what the vault has cannot be continued. */
  get needsEpoch(): boolean {
    return this.#needsEpoch
  }

  /** The end of the log as it was seen last. */
  get anchor(): TailHead | undefined {
    return this.#anchor
  }

  get capturedBytes(): number {
    return this.#capturedBefore
  }

  async starting(): Promise<void> {
    await this.#write({ state: this.#needsEpoch && this.#epoch !== null ? 'GAP' : 'STARTING' })
  }

  /** `capturedBytes` is of all runs. Written once a second at most: the next seal is never far. */
  sealed(capturedBytes: number, state: CaptureState): void {
    this.#anchor = state.head ?? this.#anchor
    const nowMs = this.#context.clock.monotonicMs()
    if (this.#isWriting || (nowMs - this.#writtenMs < writeEveryMs && state.epoch === this.#epoch)) return
    this.#isWriting = true
    this.#writtenMs = nowMs
    this.#writing = this.#writeSealed(capturedBytes, state).finally(() => {
      this.#isWriting = false
    })
  }

  async failed(error: unknown): Promise<void> {
    await this.#writing
    await this.#write({ state: 'RETRYING', ...errorColumns(error) })
  }

  /** Log is lost: the next run begins an epoch. */
  async gap(error: unknown): Promise<void> {
    await this.#writing
    this.#needsEpoch = true
    await this.#write({ state: 'GAP', gapAt: this.#now(), ...errorColumns(error) })
  }

  async stopped(): Promise<void> {
    await this.#writing
    await this.#write({ state: 'STOPPED', errorCode: null, errorMessage: null })
  }

  async #writeSealed(capturedBytes: number, { epoch, durable, mark, head, unfoldedBytes }: CaptureState): Promise<void> {
    const isNewEpoch = epoch !== this.#epoch
    const now = this.#now()
    const isWritten = await this.#write({
      state: 'CAPTURING',
      errorCode: null,
      errorMessage: null,
      epoch,
      ...(isNewEpoch ? { epochAt: now, epochBranch: durable.branch, epochOffset: durable.offset } : {}),
      durableBranch: durable.branch,
      durableOffset: durable.offset,
      sealedAt: now,
      ...(mark === undefined
        ? {}
        : {
            windowThrough: new Date(mark.sourceMs),
            markedAt: new Date(mark.capturedMs),
            clockSkewMs: Math.round(mark.sourceMs - mark.capturedMs),
          }),
      ...(head === undefined ? {} : { anchor: JSON.stringify(head) }),
      capturedBytes,
      unfoldedBytes,
    })
    if (!isWritten) return
    this.#epoch = epoch
    this.#needsEpoch = false
  }

  async #write(columns: Updateable<StreamTable>): Promise<boolean> {
    const { id, attempt, workerId } = this.#job
    try {
      const { numUpdatedRows } = await this.#catalogue
        .updateTable('stream')
        .set({ ...columns, updatedAt: this.#now() })
        .where('id', '=', this.#id)
        .where(
          sql<boolean>`exists (select from job where job.id = ${id} and job.attempt = ${attempt} and job.worker_id = ${workerId})`,
        )
        .executeTakeFirst()
      return numUpdatedRows > 0n
    } catch {
      // The log goes on while the catalogue is away.
      return false
    }
  }

  #now(): Date {
    return new Date(this.#context.clock.nowMs())
  }
}

/** Whether the vault has a log of that name that is of another source, which was deleted. */
async function isOfAnother(catalogue: Catalogue, row: Selectable<StreamTable>): Promise<boolean> {
  const other = await catalogue
    .selectFrom('stream')
    .select('id')
    .where('vaultId', '=', row.vaultId)
    .where('logName', '=', row.logName)
    .where('id', '<>', row.id)
    .executeTakeFirst()
  return other !== undefined
}

function errorColumns(error: unknown): Pick<Updateable<StreamTable>, 'errorCode' | 'errorMessage'> {
  if (isCoffreError(error)) return { errorCode: error.code, errorMessage: error.message }
  // What is not an error of ours may say anything; the worker's own log has it.
  return { errorCode: 'internal', errorMessage: 'the worker met an error that it does not know; its log says more' }
}
