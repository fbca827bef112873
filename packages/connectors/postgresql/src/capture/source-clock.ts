import type { Mark } from '@coffre/connector'
import type { Clock } from '@coffre/foundation'
import type pg from 'pg'
import { ask, type MemberState } from '../cluster.ts'
import type { Member } from '../config.ts'
import { type Access, connect } from '../connection/connect.ts'
import { hangUp } from '../connection/with-client.ts'
import { formatLsn, type Lsn, parseLsn, walPlace, walPosition } from '../wal/lsn.ts'
import { recordBoundary } from '../wal/record-boundary.ts'
import { flushNudge } from './flush-nudge.ts'

const everyMs = 1000
/** Who does not answer for so long is not there any more: the capture ends, and begins anew within fifteen seconds of a cut. */
const answerWithinMs = 8000
/** More than a vault that is slow for minutes gathers, at one a second. */
const waitingMax = 3600

/**
 * Asks the primary each second for its time and then for the place where the next record will be inserted: whatever was stamped before
 * that time lies before that place. A mark waits until the log has come so far.
 */
export class SourceClock implements AsyncDisposable {
  readonly #client: pg.Client
  readonly #member: Member
  readonly #timeline: number
  readonly #segmentBytes: number
  readonly #clock: Clock
  readonly #stop = new AbortController()
  readonly #waiting: Mark[] = []
  #failure: unknown
  #hasNews = false
  #wake: (() => void) | undefined

  private constructor(client: pg.Client, member: Member, timeline: number, segmentBytes: number, clock: Clock) {
    this.#client = client
    this.#member = member
    this.#timeline = timeline
    this.#segmentBytes = segmentBytes
    this.#clock = clock
  }

  static async start(
    access: Access,
    { member, timeline, segmentBytes }: MemberState,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<SourceClock> {
    const source = new SourceClock(await connect(access, member, signal, { answerWithinMs }), member, timeline, segmentBytes, clock)
    void source.#run()
    return source
  }

  /** The newest mark that lies at or before `through`, and with it all older ones are done; undefined when none does. */
  take(through: Lsn): Mark | undefined {
    let newest: Mark | undefined
    for (let [mark] = this.#waiting; mark !== undefined && walPlace(mark.position).lsn <= through; [mark] = this.#waiting) {
      newest = mark
      this.#waiting.shift()
    }
    return newest
  }

  /** What comes, or undefined once there is a new mark. Throws what ended this clock: without marks nothing more can be proven. */
  async or<Value>(coming: Promise<Value>): Promise<Value | undefined> {
    // A race with a promise that lives for a second would keep what came alive for as long.
    const first = Promise.withResolvers<Value | undefined>()
    this.#wake = () => first.resolve(undefined)
    if (this.#hasNews) this.#wake()
    coming.then(first.resolve, first.reject)
    const value = await first.promise
    this.#wake = undefined
    if (this.#failure !== undefined) throw this.#failure
    if (value === undefined) this.#hasNews = false
    return value
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await hangUp(this.#client)
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    try {
      while (!signal.aborted) {
        await this.#nudgeIfStuck()
        this.#waiting.push(await this.#ask())
        if (this.#waiting.length > waitingMax) this.#waiting.splice(1, 1)
        this.#tell()
        await this.#clock.sleep(everyMs, signal)
      }
    } catch (error) {
      if (signal.aborted) return
      this.#failure = error
      this.#tell()
    }
  }

  #tell(): void {
    this.#hasNews = true
    this.#wake?.()
  }

  /** A mark that waits since the last time may wait for what nobody flushes. */
  async #nudgeIfStuck(): Promise<void> {
    const [oldest] = this.#waiting
    if (oldest === undefined) return
    const sql = 'select pg_current_wal_flush_lsn() < $1::pg_lsn as is_stuck'
    const { rows } = await ask(this.#client, this.#member, sql, [formatLsn(walPlace(oldest.position).lsn)])
    if (rows[0]?.['is_stuck'] === true) await ask(this.#client, this.#member, flushNudge)
  }

  /** The time is read first: what is stamped in between lies behind the place, and is not claimed. */
  async #ask(): Promise<Mark> {
    const sql = 'select extract(epoch from clock_timestamp()) * 1000 as ms, pg_current_wal_insert_lsn()::text as lsn'
    const { rows } = await ask(this.#client, this.#member, sql)
    const lsn = recordBoundary(parseLsn(String(rows[0]?.['lsn'])), this.#segmentBytes)
    const sourceMs = Number(rows[0]?.['ms'])
    return { position: walPosition(this.#timeline, lsn), sourceMs, capturedMs: this.#clock.nowMs() }
  }
}
