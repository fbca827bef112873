import { type BackupSource, type CaptureEvents, lockVault, logOf, runCapture } from '@coffre/engine'
import { CoffreError, interruption, isCoffreError, minuteMs } from '@coffre/foundation'
import { retireFolded, type TailHead } from '@coffre/journal'
import { StreamBook } from '../streams/stream-book.ts'
import { backupSourceOf, type Finish, sourceOf } from './backup-job.ts'
import type { JobRun } from './job-run.ts'
import { logLockDays } from './log-lock-days.ts'
import { type OpenVault, openVault } from './open-vault.ts'
import { tidyLog } from './tidy-log.ts'
import type { WorkerParts } from './worker-parts.ts'

/** What a source or a vault that does not answer is asked again after: a cut costs no more than this. */
const firstPauseMs = 500
const pauseMsMax = 5000
/** What only a person mends. */
const personPauseMs = 30_000
const personLookMs = 1000
const lockWaitMs = 10 * minuteMs
/** What the log cannot go on after. */
const gapCodes = ['source.position-lost', 'journal.gap', 'journal.damaged', 'journal.fork'] as const

/**
 * Captures the log of a source into a vault until it is told to end. It outlives whatever happens to either: it is tried again, without
 * end; log that is lost begins a new epoch, and a base closes the gap.
 */
export async function runCaptureJob(parts: WorkerParts, run: JobRun): Promise<Finish> {
  const { job, signal } = run
  const { name } = await sourceOf(parts, job)
  const book = await StreamBook.open(parts, job, logOf(name))
  const capture = new CaptureJob(parts, run, book, name)
  try {
    for (;;) await capture.attempt()
  } catch (error) {
    if (run.interruption === 'cancelled' || isGone(error)) await book.stopped()
    throw signal.aborted ? interruption(signal) : error
  }
}

class CaptureJob {
  readonly #parts: WorkerParts
  readonly #run: JobRun
  readonly #book: StreamBook
  readonly #source: string
  #failures = 0
  /** What was said last, so that a source that is away for a day does not fill the job's log. */
  #said = ''
  #capturedBytes: number
  #tidying: Promise<void> = Promise.resolve()

  constructor(parts: WorkerParts, run: JobRun, book: StreamBook, source: string) {
    this.#parts = parts
    this.#run = run
    this.#book = book
    this.#source = source
    this.#capturedBytes = book.capturedBytes
  }

  /** Captures until something goes wrong, and waits until it is time to go on. Rejects when there is no going on. */
  async attempt(): Promise<void> {
    const { signal } = this.#run
    try {
      await this.#capture()
    } catch (error) {
      if (signal.aborted || isGone(error) || !isCoffreError(error)) throw error
      await this.#failed(error)
    }
  }

  async #capture(): Promise<void> {
    const { signal, job } = this.#run
    const { captureTimes: times, version } = this.#parts
    const source = captured(await backupSourceOf(this.#parts, await sourceOf(this.#parts, job)), this.#source)
    await using vault = await openVault(this.#parts, job.vaultId, 'writer', signal)
    if (this.#failures === 0) await this.#book.starting()
    const { anchor, needsEpoch: afresh } = this.#book
    const request = {
      source: this.#source,
      afresh,
      programVersion: `coffre ${version}`,
      ...(anchor === undefined ? {} : { anchor }),
      ...(times === undefined ? {} : { times }),
    }
    try {
      await runCapture(this.#captured(vault), source, request, this.#events(this.#capturedBytes), signal)
    } finally {
      await this.#tidying
    }
  }

  #events(capturedBefore: number): CaptureEvents {
    return {
      sealed: (state) => {
        this.#failures = 0
        this.#said = ''
        this.#capturedBytes = capturedBefore + state.capturedBytes
        this.#run.onProgress({
          state: 'transferring',
          doneBytes: this.#capturedBytes,
          totalBytes: undefined,
          doneItems: 0,
          etaMs: undefined,
          bytesPerSecond: undefined,
        })
        this.#book.sealed(this.#capturedBytes, state)
      },
      folded: ({ tail }) => {
        if (tail !== undefined) this.#tidying = this.#tidying.then(() => this.#tidy(tail))
      },
      foldFailed: (error) => void this.#say('warning', `log could not be folded: ${messageOf(error)}`),
    }
  }

  /** Removes what the fold has made superfluous, and days that nothing needs. What fails is done after the next fold. */
  async #tidy(through: TailHead): Promise<void> {
    const { signal: told, job } = this.#run
    try {
      await using vault = await openVault(this.#parts, job.vaultId, 'keeper', told)
      await using session = await lockVault(vault.repository, {}, told)
      const signal = AbortSignal.any([told, session.signal])
      await session.confirmed
      await retireFolded(vault.repository, logOf(this.#source), through, signal)
      const place = { projectId: job.projectId, vaultId: vault.row.id, logName: logOf(this.#source) }
      await tidyLog(this.#parts, vault.repository, place, signal)
    } catch (error) {
      if (!told.aborted) await this.#say('warning', `log that is folded could not be removed: ${messageOf(error)}`)
    }
  }

  #captured({ repository, row }: OpenVault) {
    const { projectId, sourceId } = this.#run.job
    const place = { projectId, vaultId: row.id, sourceId: sourceId ?? '' }
    return {
      repository,
      lock: async (signal: AbortSignal) => ({
        ...(await logLockDays(this.#parts, place, repository, signal)),
        ...(await lockVault(repository, { retryForMs: lockWaitMs }, signal)),
      }),
    }
  }

  async #failed(error: CoffreError): Promise<void> {
    const { clock } = this.#parts.context
    const isGap = isCoffreError(error, ...gapCodes)
    this.#failures++
    if (isGap) await this.#book.gap(error)
    else await this.#book.failed(error)
    await this.#say(isGap ? 'error' : 'warning', messageOf(error))
    const backoffMs = Math.min(pauseMsMax, firstPauseMs * 2 ** (this.#failures - 1))
    if (error.retry === 'never' && !isGap) await this.#waitForPerson()
    else await clock.sleep(backoffMs, this.#run.signal)
  }

  /** Whoever has mended it in Coffre, with a new password, need not wait until it is looked at again. */
  async #waitForPerson(): Promise<void> {
    const { context, catalogue } = this.#parts
    const present = async () => {
      const found = await catalogue
        .selectFrom('source')
        .select(['secretId', 'config'])
        .where('id', '=', this.#run.job.sourceId)
        .executeTakeFirst()
      return JSON.stringify(found)
    }
    const before = await present()
    const untilMs = context.clock.monotonicMs() + personPauseMs
    while (context.clock.monotonicMs() < untilMs && (await present()) === before)
      await context.clock.sleep(personLookMs, this.#run.signal)
  }

  async #say(level: 'warning' | 'error', message: string): Promise<void> {
    if (message === this.#said) return
    this.#said = message
    await this.#run.log(level, message)
  }
}

function captured(source: BackupSource, name: string) {
  if (source.kind === 'items' && source.connector.abilities.isContinuous) return source
  throw new CoffreError('source.unfit', `${name} keeps no log that could be captured`, {
    hint: 'Take `continuous` out of the rules that select it, or let them select others.',
  })
}

/** The source, or its vault, was deleted. */
function isGone(error: unknown): boolean {
  return isCoffreError(error, 'object.missing')
}

function messageOf(error: unknown): string {
  if (!isCoffreError(error)) return 'the worker met an error that it does not know'
  return error.hint === undefined ? error.message : `${error.message}; ${error.hint}`
}
