import type { PostgresServer } from '@coffre/testkit'
import pg from 'pg'

/** Rows that are committed one by one, all the while that a test kills what it kills. The source keeps the time of each commit. */
export class Ledger implements AsyncDisposable {
  readonly #source: PostgresServer
  #writing: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined

  private constructor(source: PostgresServer) {
    this.#source = source
  }

  /** The source has to keep the timestamps of its commits. */
  static async begin(source: PostgresServer): Promise<Ledger> {
    await source.query('create table kept (n bigint generated always as identity primary key, text text)')
    const ledger = new Ledger(source)
    ledger.resume()
    return ledger
  }

  resume(): void {
    const stop = new AbortController()
    this.#writing = { stop, ended: this.#write(stop.signal) }
  }

  async pause(): Promise<void> {
    this.#writing?.stop.abort()
    await this.#writing?.ended
    this.#writing = undefined
  }

  /** What was committed by then, as the source says. */
  async committedBy(time: Date): Promise<unknown> {
    const sql = `${digest} where pg_xact_commit_timestamp(xmin) <= $1`
    return (await this.#source.query(sql, [time.toISOString()]))[0]
  }

  /** What a restored server has. */
  async read(port: number): Promise<unknown> {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' })
    await client.connect()
    try {
      return (await client.query(digest)).rows[0]
    } finally {
      await client.end()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pause()
  }

  async #write(signal: AbortSignal): Promise<void> {
    await using client = await this.#source.connect()
    while (!signal.aborted)
      await client.query("with row as (insert into kept (text) values (repeat('kept ', 40))) select pg_sleep(0.02)")
  }
}

const digest = "select count(*)::int as rows, md5(string_agg(n || text, ',' order by n)) as digest from kept"
