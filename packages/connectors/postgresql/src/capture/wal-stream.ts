import { type Clock, CoffreError } from '@coffre/foundation'
import type { Member } from '../config.ts'
import type { Access } from '../connection/connect.ts'
import { messages, ReplicationConnection } from '../connection/replication-connection.ts'
import { formatLsn, type Lsn, parseLsn } from '../wal/lsn.ts'

/** What arrives: log in order, without a gap; or the end of the timeline, and where the next one begins. */
export type WalArrival =
  | { readonly kind: 'log'; readonly start: Lsn; readonly bytes: Buffer }
  | { readonly kind: 'end-of-timeline'; readonly next: number; readonly at: Lsn }

/** More often than any wal_sender_timeout, however long the reader takes. */
const statusEveryMs = 1000
/** The server's time begins in 2000. */
const epochUs = 946_684_800_000_000

/**
 * START_REPLICATION on a physical slot. Status goes to the server each second, also while nobody reads: a reader that waits for a slow
 * vault must not be taken for dead. `flushed` is what the server may discard; we never claim to have applied anything.
 */
export class WalStream implements AsyncDisposable {
  readonly #connection: ReplicationConnection
  readonly #clock: Clock
  readonly #closed = new AbortController()
  #received: Lsn
  #flushed: Lsn
  #hasEnded = false

  private constructor(connection: ReplicationConnection, clock: Clock, start: Lsn, flushed: Lsn) {
    this.#connection = connection
    this.#clock = clock
    this.#received = start
    this.#flushed = flushed
  }

  /** From `start` on, which is the beginning of a page or of a record. */
  static async begin(
    access: Access,
    member: Member,
    { start, timeline, flushed }: { readonly start: Lsn; readonly timeline: number; readonly flushed: Lsn },
    clock: Clock,
    signal: AbortSignal,
  ): Promise<WalStream> {
    const connection = await ReplicationConnection.open(access, member, signal)
    try {
      const { slot } = access.config
      connection.sendQuery(`START_REPLICATION SLOT ${slot} PHYSICAL ${formatLsn(start)} TIMELINE ${timeline}`)
      await connection.expect(messages.copyBothResponse)
      await connection.reader.body()
    } catch (error) {
      await connection[Symbol.asyncDispose]()
      throw error
    }
    const stream = new WalStream(connection, clock, start, flushed)
    void stream.#keepAlive()
    return stream
  }

  /** What the server may discard, from the next status on, which is sent at once. */
  acknowledge(flushed: Lsn): void {
    this.#flushed = Math.max(this.#flushed, flushed)
    this.#sendStatus()
  }

  /** The next piece of log, the caller's until he asks for another; or the end of the timeline, after which nothing follows. */
  async next(): Promise<WalArrival> {
    const { reader } = this.#connection
    for (;;) {
      const rest = await reader.part()
      if (rest !== undefined) return this.#log(rest)
      if (this.#hasEnded) throw new Error('the timeline has ended')
      const type = await this.#connection.expect(messages.copyData, messages.copyDone)
      if (type === messages.copyDone) return this.#endOfTimeline()
      const kind = String.fromCharCode((await reader.part(1))?.[0] ?? 0)
      if (kind === 'w') await this.#takeDataHead()
      else if (kind === 'k') this.#takeKeepalive(await reader.body())
      else throw new CoffreError('source.failed', `PostgreSQL sent a part of type ${kind} in its log, which is not known`)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    await this.#connection[Symbol.asyncDispose]()
  }

  /** XLogData: where its log begins, where the server's log ends, the server's time. */
  async #takeDataHead(): Promise<void> {
    const head = Buffer.alloc(24)
    for (let filled = 0; filled < head.length; ) {
      const part = await this.#connection.reader.part(head.length - filled)
      if (part === undefined) throw new CoffreError('source.failed', 'PostgreSQL sent a piece of log without its head')
      filled += part.copy(head, filled)
    }
    const start = readLsn(head)
    if (start === this.#received) return
    throw new CoffreError(
      'source.failed',
      `PostgreSQL sent its log from ${formatLsn(start)} on, and ${formatLsn(this.#received)} was due`,
    )
  }

  #log(bytes: Buffer): WalArrival {
    const start = this.#received
    this.#received += bytes.length
    return { kind: 'log', start, bytes }
  }

  #takeKeepalive(body: Buffer): void {
    if (body[16] === 1) this.#sendStatus()
  }

  /** The server is at the end of a timeline that another one follows: both sides end the copy, then it says where that begins. */
  async #endOfTimeline(): Promise<WalArrival> {
    this.#hasEnded = true
    this.#closed.abort()
    this.#connection.sendCopyDone()
    const [row] = await this.#connection.readRows()
    const [next, at] = row ?? []
    if (next == null || at == null) throw new CoffreError('source.failed', 'PostgreSQL ended its log without saying how it goes on')
    return { kind: 'end-of-timeline', next: Number(next), at: parseLsn(at) }
  }

  async #keepAlive(): Promise<void> {
    const { signal } = this.#closed
    while (!signal.aborted) {
      this.#sendStatus()
      // Ends by the abort alone, which is the end of this stream.
      await this.#clock.sleep(statusEveryMs, signal).catch(() => undefined)
    }
  }

  /** Written, flushed, applied, our time, and that no answer is wanted. */
  #sendStatus(): void {
    if (this.#closed.signal.aborted) return
    const status = Buffer.alloc(34)
    status.write('r', 'latin1')
    status.writeBigUInt64BE(BigInt(this.#received), 1)
    status.writeBigUInt64BE(BigInt(this.#flushed), 9)
    status.writeBigInt64BE(BigInt(Math.round(this.#clock.nowMs() * 1000 - epochUs)), 25)
    this.#connection.sendCopyData(status)
  }
}

function readLsn(head: Buffer): Lsn {
  return head.readUInt32BE(0) * 2 ** 32 + head.readUInt32BE(4)
}
