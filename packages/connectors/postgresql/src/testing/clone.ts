import type { PostgresServer } from '@coffre/testkit'
import pg from 'pg'
import { runningServer } from '../restore/data-folder.ts'
import { findEngineAccount } from '../restore/engine-account.ts'
import { findEngineBinaries } from '../restore/engine-binaries.ts'
import { stopEngine } from '../restore/start-engine.ts'
import type { PostgresqlSettings } from '../settings.ts'

/** Where the programs of a test's server are, for whoever starts another one of its version. */
export function settingsLike(server: PostgresServer): PostgresqlSettings {
  return { engineFolders: { [server.major]: server.installation.binFolder }, engineAccount: 'nobody' }
}

/** A server that a restore has started: asked, and ended when the test is over. */
export class Clone implements AsyncDisposable {
  readonly #source: PostgresServer
  readonly folder: string
  readonly #port: number

  constructor(source: PostgresServer, folder: string, port: number) {
    this.#source = source
    this.folder = folder
    this.#port = port
  }

  async query(sql: string, database = 'postgres'): Promise<readonly Record<string, unknown>[]> {
    const client = new pg.Client({ host: '127.0.0.1', port: this.#port, user: 'postgres', database })
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows
    } finally {
      await client.end()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if ((await runningServer(this.folder)) === undefined) return
    const settings = settingsLike(this.#source)
    const binaries = await findEngineBinaries(this.#source.major, settings, new AbortController().signal)
    await stopEngine(this.folder, binaries, await findEngineAccount(settings.engineAccount))
  }
}
