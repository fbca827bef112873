import type { ChangeBatch, LogFormat, Mark, SourceLog } from '@coffre/connector'
import { CoffreError, hourMs, interruption, minuteMs } from '@coffre/foundation'
import { type FoldSession, foldJournal, Journal, type TailHead } from '@coffre/journal'
import type { Repository } from '@coffre/repository'
import type { VaultSession } from '../vault-session.ts'
import type { CaptureEvents, CaptureRequest, CaptureSource, CaptureTimes } from './capture-request.ts'
import { logOf } from './log-of.ts'

const defaultTimes: CaptureTimes = {
  sealEveryMs: 2000,
  foldEveryMs: hourMs,
  foldBytes: 64 * 1024 * 1024,
  foldEveryMsMin: minuteMs,
  closeAfterMs: 10 * minuteMs,
}

/**
 * Captures a source's log until it is told to end: batch by batch into the journal, sealed every few seconds, and only then
 * acknowledged to the source; folded into recovery points in the background, each fold in a session of its own: a prune waits for
 * sessions to end, and a capture does not. It ends with the interruption on an abort; what was not sealed then is captured again.
 * `source.position-lost` when the source has no longer what comes next, `journal.*` when the vault's log cannot be
 * continued: then a run `afresh` begins a new epoch, and a new base closes the gap.
 */
export async function runCapture(
  vault: CaptureVault,
  source: CaptureSource,
  request: CaptureRequest,
  events: CaptureEvents,
  signal: AbortSignal,
): Promise<never> {
  const { repository } = vault
  await using opened = await source.connector.open(source.config, source.secrets, repository.context, signal)
  const { log } = opened
  if (log === undefined) {
    throw new CoffreError('source.unfit', `${request.source} keeps no log that could be captured`, {
      hint: 'Set keepsLog in its configuration, as `coffre protect --continuous` does.',
    })
  }
  const { anchor, afresh } = request
  const options = { stream: logOf(request.source), afresh, ...(anchor === undefined ? {} : { anchor }) }
  await using journal = await Journal.open(repository, options, signal)
  const capture = new Capture(vault, journal, log, await log.format?.(signal), request, events)
  try {
    await capture.run(signal)
  } finally {
    await capture.end()
  }
  throw interruption(signal)
}

/** A vault that log goes to. */
export interface CaptureVault {
  readonly repository: Repository
  /** Locks it for one fold, and says how long the log of a day is to be locked where the vault has a lock. */
  lock(signal: AbortSignal): Promise<VaultSession & FoldSession & AsyncDisposable>
}

/** One run over an open journal. */
class Capture {
  readonly #vault: CaptureVault
  readonly #journal: Journal
  readonly #log: SourceLog
  readonly #format: LogFormat | undefined
  readonly #request: CaptureRequest
  readonly #events: CaptureEvents
  readonly #times: CaptureTimes
  readonly #folding = new AbortController()
  /** Aborted when a seal has failed: the capture, which may be waiting, has nowhere to go. */
  readonly #broken = new AbortController()
  #sealing: Promise<void> | undefined
  #sealedMs: number
  #foldedMs: number
  #fold: Promise<void> | undefined
  #failure: unknown
  #mark: Mark | undefined
  #capturedBytes = 0

  constructor(
    vault: CaptureVault,
    journal: Journal,
    log: SourceLog,
    format: LogFormat | undefined,
    request: CaptureRequest,
    events: CaptureEvents,
  ) {
    this.#vault = vault
    this.#journal = journal
    this.#log = log
    this.#format = format
    this.#request = request
    this.#events = events
    this.#times = request.times ?? defaultTimes
    this.#sealedMs = this.#nowMs()
    this.#foldedMs = this.#nowMs()
  }

  /** Resolves when the source ends its log, which it does on an abort alone. */
  async run(signal: AbortSignal): Promise<void> {
    const both = AbortSignal.any([signal, this.#broken.signal])
    try {
      const after = this.#journal.durable ?? (await this.#beginEpoch(both))
      for await (const batch of this.#log.capture(after, both)) {
        await this.#take(batch)
        this.#sealIfDue(both)
        this.#foldIfDue(both)
      }
    } catch (error) {
      // What broke it says more than that it was broken off.
      throw this.#failure ?? error
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Gives up the fold that is under way, and waits for what is on its way to the vault. */
  async end(): Promise<void> {
    this.#folding.abort()
    await this.#sealing
    await this.#fold
  }

  /** From the beginning of a native file on, so that the first one is whole: the source still has it. */
  async #beginEpoch(signal: AbortSignal): Promise<ChangeBatch['after']> {
    const { position } = await this.#log.head(signal)
    const begin = this.#format?.fileStart(position) ?? position
    this.#journal.beginEpoch(begin, await this.#log.branches(signal))
    return begin
  }

  async #take(batch: ChangeBatch): Promise<void> {
    await this.#journal.append(batch)
    this.#capturedBytes += batch.bytes.length
    this.#mark = batch.mark ?? this.#mark
  }

  /** One seal at a time, while the capture goes on: what comes meanwhile is in the next one. */
  #sealIfDue(signal: AbortSignal): void {
    if (this.#sealing !== undefined || this.#nowMs() - this.#sealedMs < this.#times.sealEveryMs) return
    this.#sealedMs = this.#nowMs()
    const mark = this.#mark
    this.#sealing = this.#seal(mark, signal)
      .catch((error: unknown) => {
        this.#failure ??= error
        this.#broken.abort()
      })
      .finally(() => {
        this.#sealing = undefined
      })
  }

  async #seal(mark: Mark | undefined, signal: AbortSignal): Promise<void> {
    const durable = await this.#journal.seal(signal)
    await this.#log.acknowledge(durable, signal)
    const { epoch, head, unfoldedBytes } = this.#journal
    this.#events.sealed({ epoch, durable, mark, head, capturedBytes: this.#capturedBytes, unfoldedBytes })
  }

  #foldIfDue(signal: AbortSignal): void {
    const sinceMs = this.#nowMs() - this.#foldedMs
    const { foldEveryMs, foldBytes, foldEveryMsMin } = this.#times
    const isDue = sinceMs >= foldEveryMs || (this.#journal.unfoldedBytes >= foldBytes && sinceMs >= foldEveryMsMin)
    const format = this.#format
    if (!isDue || this.#fold !== undefined || format === undefined) return
    this.#foldedMs = this.#nowMs()
    this.#fold = this.#foldNow(format, AbortSignal.any([signal, this.#folding.signal])).finally(() => {
      this.#fold = undefined
    })
  }

  async #foldNow(format: LogFormat, signal: AbortSignal): Promise<void> {
    const { source, tags, hostname, programVersion } = this.#request
    const options = {
      stream: logOf(source),
      paths: [`/${source}/log`],
      programVersion,
      closeAfterMs: this.#times.closeAfterMs,
      ...(tags === undefined ? {} : { tags }),
      ...(hostname === undefined ? {} : { hostname }),
    }
    try {
      await using session = await this.#vault.lock(signal)
      const outcome = await foldJournal(session, format, options, signal)
      const { tail } = outcome
      if (tail !== undefined) this.#folded(tail)
      this.#events.folded(outcome)
    } catch (error) {
      if (!signal.aborted) this.#events.foldFailed(error)
    }
  }

  #folded(tail: TailHead): void {
    this.#journal.folded(tail)
  }

  #nowMs(): number {
    return this.#vault.repository.context.clock.monotonicMs()
  }
}
