import type { Clock } from '@coffre/foundation'
import type pg from 'pg'

export const jobChannel = 'coffre_job'

/** Rings when a job was made, here or by another server. May ring for nothing, and may miss: whoever waits looks again by itself. */
export class JobBell implements AsyncDisposable {
  readonly #pool: pg.Pool
  readonly #clock: Clock
  #client: pg.PoolClient | undefined
  #waiting = Promise.withResolvers<void>()

  constructor(pool: pg.Pool, clock: Clock) {
    this.#pool = pool
    this.#clock = clock
  }

  /** Listens from now on; asked for again, it renews a connection that broke. Without one the bell is silent until the next time. */
  async listen(): Promise<void> {
    if (this.#client !== undefined) return
    try {
      const client = await this.#pool.connect()
      this.#client = client
      client.on('notification', () => this.ring())
      client.on('error', () => this.#lose(client))
      client.on('end', () => this.#lose(client))
      await client.query(`listen ${jobChannel}`)
    } catch {
      if (this.#client !== undefined) this.#lose(this.#client)
    }
  }

  ring(): void {
    this.#waiting.resolve()
  }

  /** Resolves at the next ring, or one since the last time, or after `timeoutMs`, whichever comes first; rejects when aborted. */
  async heard(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { promise } = this.#waiting
    const done = new AbortController()
    try {
      await Promise.race([promise, this.#clock.sleep(timeoutMs, AbortSignal.any([signal, done.signal]))])
    } finally {
      done.abort()
      if (this.#waiting.promise === promise) this.#waiting = Promise.withResolvers<void>()
    }
    signal.throwIfAborted()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#client !== undefined) this.#lose(this.#client)
  }

  #lose(client: pg.PoolClient): void {
    if (this.#client !== client) return
    this.#client = undefined
    client.removeAllListeners('notification')
    // Never used again by others: it listens.
    client.release(true)
  }
}
