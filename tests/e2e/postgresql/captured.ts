import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { postgresqlConnector } from '@coffre/connector-postgresql'
import { type CaptureState, lockVault, runBackup, runCapture } from '@coffre/engine'
import { systemContext } from '@coffre/foundation'
import { initRepository, type Repository } from '@coffre/repository'
import { LocalBackend } from '@coffre/storage'
import { fixtureContext, type PostgresServer } from '@coffre/testkit'

/** What the source is called in the vault. */
export const source = 'shop'
export const vaultPassword = 'open sesame'
export const noSignal: AbortSignal = new AbortController().signal

/** A vault on the disk, in real time. */
export async function makeVault(path: string): Promise<Repository> {
  const context = { ...fixtureContext({ workers: 2 }), clock: systemContext.clock, random: systemContext.random }
  await mkdir(path)
  return initRepository(new LocalBackend(path, context), context, { password: Buffer.from(vaultPassword) }, noSignal)
}

/** Makes a base of the server in the vault. */
export async function makeBase(repository: Repository, server: PostgresServer): Promise<void> {
  await using session = await lockVault(repository, {}, noSignal)
  const items = { kind: 'items', connector: postgresqlConnector, config: configOf(server), secrets: {} } as const
  const request = { source, job: 'base', isRetry: false, programVersion: 'test' }
  const { state } = await runBackup(session, items, request, () => undefined, noSignal)
  assert.equal(state, 'complete')
}

const configOf = (server: PostgresServer) =>
  postgresqlConnector.parseConfig({ members: [{ host: '127.0.0.1', port: server.port }], keepsLog: true })

/** The server's own time, in microseconds. */
export async function nowUs(server: PostgresServer): Promise<number> {
  return Number((await server.query('select (extract(epoch from clock_timestamp()) * 1000000)::bigint as us'))[0]?.['us'])
}

/** A capture that runs beside the test. */
export class Captured {
  readonly #abort = new AbortController()
  readonly #ended: Promise<unknown>
  #state: CaptureState | undefined
  #folds = 0
  #changed = Promise.withResolvers<void>()

  constructor(repository: Repository, server: PostgresServer) {
    const vault = { repository, lock: (signal: AbortSignal) => lockVault(repository, {}, signal) }
    const times = { sealEveryMs: 500, foldEveryMs: 3000, foldBytes: 1 << 24, foldEveryMsMin: 2000, closeAfterMs: 600_000 }
    const request = { source, afresh: false, programVersion: 'test', times }
    const events = {
      sealed: (state: CaptureState) => this.#tell(state),
      folded: () => {
        this.#folds++
        this.#wake()
      },
      foldFailed: (error: unknown) => this.#changed.reject(error),
    }
    const captureSource = { connector: postgresqlConnector, config: configOf(server), secrets: {} }
    this.#ended = runCapture(vault, captureSource, request, events, this.#abort.signal).catch((error: unknown) => {
      if (!this.#abort.signal.aborted) this.#changed.reject(error)
    })
  }

  /** Resolves once the window proves this time, to where it then ends. */
  async until(us: number): Promise<number> {
    while ((this.#state?.mark?.sourceMs ?? 0) * 1000 < us) await this.#changed.promise
    return Math.floor((this.#state?.mark?.sourceMs ?? 0) * 1000)
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#ended
  }

  /** Resolves once all that is durable now is folded, too. */
  async folded(): Promise<void> {
    // The fold that is under way may have begun before.
    for (const wanted = this.#folds + 2; this.#folds < wanted; ) await this.#changed.promise
  }

  #tell(state: CaptureState): void {
    this.#state = state
    this.#wake()
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
    this.#changed.promise.catch(() => undefined)
  }
}
