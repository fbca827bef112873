import type { Branch, ChangeBatch, Mark, Position, SourceLog } from '@coffre/connector'
import { type Context, throwIfAborted } from '@coffre/foundation'
import { closedByOwner, type ScriptedEngine } from './scripted-engine.ts'

const markPeriodMs = 1000

/** The log of a scripted engine over one connection. */
export class ScriptedSourceLog implements SourceLog {
  readonly #engine: ScriptedEngine
  readonly #context: Context
  readonly #connection: AbortSignal

  constructor(engine: ScriptedEngine, context: Context, connection: AbortSignal) {
    this.#engine = engine
    this.#context = context
    this.#connection = connection
  }

  async head(signal: AbortSignal): Promise<Mark> {
    await this.#meet('head', signal)
    return this.#mark()
  }

  async branches(signal: AbortSignal): Promise<readonly Branch[]> {
    await this.#meet('branches', signal)
    return this.#engine.branches
  }

  async acknowledge(position: Position, signal: AbortSignal): Promise<void> {
    await this.#meet('acknowledge', signal)
    this.#engine.acknowledge(position)
  }

  async *capture(after: Position, signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    this.#engine.held.captures++
    try {
      yield* this.#follow(after, signal)
    } catch (error) {
      // An abort is the ordinary end of a capture; a connection that broke is not.
      if (!signal.aborted && !this.#isClosed()) throw error
    } finally {
      this.#engine.held.captures--
    }
  }

  async *#follow(after: Position, signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    let at = after
    let markedMs = Number.NEGATIVE_INFINITY
    for (;;) {
      await this.#meet('capture', signal)
      const piece = this.#engine.readLog(at)
      const isMarkDue = this.#engine.clock.nowMs() - markedMs >= markPeriodMs
      if (piece === undefined && !isMarkDue) {
        await this.#waitForNews(markedMs + markPeriodMs - this.#engine.clock.nowMs(), signal)
        continue
      }
      const mark = isMarkDue ? this.#mark() : undefined
      markedMs = mark?.sourceMs ?? markedMs
      const marked = mark === undefined ? {} : { mark }
      if (piece === undefined) yield { after: at, through: at, bytes: new Uint8Array(0), ...marked }
      else if ('fork' in piece)
        yield { after: piece.through, through: piece.through, bytes: new Uint8Array(0), fork: piece.fork, ...marked }
      else yield { after: at, through: piece.through, bytes: piece.bytes, ...marked }
      at = piece?.through ?? at
    }
  }

  async #waitForNews(delayMs: number, signal: AbortSignal): Promise<void> {
    const waking = new AbortController()
    const news = this.#engine.nextChange()
    const pause = this.#context.clock.sleep(delayMs, AbortSignal.any([signal, this.#connection, waking.signal]))
    try {
      await Promise.race([news.promise, pause])
    } finally {
      news.cancel()
      waking.abort()
      // It was interrupted by us, or has been met in the race.
      await pause.catch(() => undefined)
    }
  }

  #mark(): Mark {
    return { position: this.#engine.head, sourceMs: this.#engine.clock.nowMs(), capturedMs: this.#context.clock.nowMs() }
  }

  /** Disposed of by its owner, not cut by the engine. */
  #isClosed(): boolean {
    return this.#connection.aborted && this.#connection.reason === closedByOwner
  }

  async #meet(step: 'head' | 'branches' | 'acknowledge' | 'capture', signal: AbortSignal): Promise<void> {
    const both = AbortSignal.any([signal, this.#connection])
    await this.#engine.faults.meet(step, this.#context.clock, both)
    throwIfAborted(both)
  }
}
