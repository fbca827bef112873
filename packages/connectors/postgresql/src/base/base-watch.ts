import { type Clock, CoffreError } from '@coffre/foundation'
import type pg from 'pg'
import { ask } from '../cluster.ts'
import { formatMember } from '../config.ts'
import { type Access, connect } from '../connection/connect.ts'
import type { ReplicationConnection } from '../connection/replication-connection.ts'
import { hangUp, withClient } from '../connection/with-client.ts'

const everyMs = 3000
/** A base that begins anew costs more than a server that is slow for a while. */
const silentMsMax = 15_000
const tidyWithinMs = 10_000

/**
 * Asks the server, beside a base, whether it is still there and still sends: a wire that is cut without a word would be read from for
 * ever. Then the connection is cut, and the server told to end its side, which would keep log for us until it notices by itself.
 */
export class BaseWatch implements AsyncDisposable {
  readonly #access: Access
  readonly #connection: ReplicationConnection
  readonly #slot: string
  readonly #clock: Clock
  readonly #stop = new AbortController()
  readonly #ended: Promise<void>
  #client: pg.Client | undefined
  #receivedBytes = -1
  /** Since when nothing has come that the server says it sends. */
  #stuckSinceMs: number | undefined

  /** The slot is one that only this base holds. */
  constructor(access: Access, connection: ReplicationConnection, slot: string, clock: Clock) {
    this.#access = access
    this.#connection = connection
    this.#slot = slot
    this.#clock = clock
    this.#ended = this.#run()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#ended
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    // Ends by the abort alone.
    const pause = () => this.#clock.sleep(everyMs, signal).catch(() => undefined)
    for (await pause(); !signal.aborted; await pause()) {
      const isSilent = (await this.#within(silentMsMax, signal, (late) => this.#look(late))) === undefined
      if (signal.aborted || !(isSilent || this.#isStuck())) continue
      const name = formatMember(this.#connection.member)
      this.#connection.cut(new CoffreError('source.unreachable', `nothing has come from ${name} for ${silentMsMax / 1000} s`))
      await this.#within(tidyWithinMs, new AbortController().signal, (late) => this.#endSender(late))
      break
    }
    if (this.#client !== undefined) await hangUp(this.#client)
  }

  /** Who refuses to answer is there: then the base itself says more. */
  async #look(signal: AbortSignal): Promise<void> {
    const { member } = this.#connection
    try {
      this.#client ??= await connect(this.#access, member, signal)
      const { rows } = await ask(this.#client, member, waitsQuery, [this.#slot])
      this.#note(rows[0]?.['waits_for_us'] !== false)
    } catch {
      this.#client = undefined
    }
  }

  /** While the vault is slow, or the server reads, nothing need come. */
  #note(waitsForUs: boolean): void {
    const { receivedBytes, isResting } = this.#connection
    const isStill = waitsForUs && !isResting && receivedBytes === this.#receivedBytes
    this.#receivedBytes = receivedBytes
    this.#stuckSinceMs = isStill ? (this.#stuckSinceMs ?? this.#clock.monotonicMs()) : undefined
  }

  #isStuck(): boolean {
    return this.#stuckSinceMs !== undefined && this.#clock.monotonicMs() - this.#stuckSinceMs >= silentMsMax - everyMs
  }

  async #endSender(signal: AbortSignal): Promise<void> {
    const { member } = this.#connection
    const sql = 'select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = $1'
    try {
      await withClient(this.#access, member, signal, (client) => ask(client, member, sql, [this.#slot]))
    } catch {
      // It is away. What it has for us goes with its side of the connection.
    }
  }

  /** Resolves to undefined when it takes longer, or nobody wants to know any more. */
  async #within(limitMs: number, signal: AbortSignal, work: (late: AbortSignal) => Promise<void>): Promise<true | undefined> {
    const done = new AbortController()
    const late = new AbortController()
    const limit = this.#clock.sleep(limitMs, AbortSignal.any([signal, done.signal])).then(
      () => late.abort(),
      () => late.abort(),
    )
    const worked = await Promise.race([work(late.signal).then(() => true as const), limit])
    done.abort()
    return worked ?? undefined
  }
}

/** A sender that is gone, or does nothing, has sent all that it will. */
const waitsQuery = `select wait_event is not distinct from 'ClientWrite' or state is distinct from 'active' as waits_for_us
  from pg_replication_slots join pg_stat_activity on pid = active_pid where slot_name = $1`
