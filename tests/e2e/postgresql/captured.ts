import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { postgresqlConnector } from '@coffre/connector-postgresql'
import { type CaptureState, lockVault, runBackup, runCapture } from '@coffre/engine'
import { systemContext } from '@coffre/foundation'
import { initRepository, type Repository } from '@coffre/repository'
import { LocalBackend } from '@coffre/storage'
import { FaultyBackend, fixtureContext, type PostgresServer } from '@coffre/testkit'

/** What the source is called in the vault. */
export const source = 'shop'
export const vaultPassword = 'open sesame'
export const noSignal: AbortSignal = new AbortController().signal

/** A vault on the disk, in real time. */
export async function makeVault(path: string): Promise<Repository> {
  return (await makeFaultyVault(path)).repository
}

/** The same, with the faults that a test puts before its disk. */
export async function makeFaultyVault(path: string): Promise<{ readonly repository: Repository; readonly disk: FaultyBackend }> {
  const context = { ...fixtureContext({ workers: 2 }), clock: systemContext.clock, random: systemContext.random }
  await mkdir(path)
  const disk = new FaultyBackend(new LocalBackend(path, context), context)
  return { repository: await initRepository(disk, context, { password: Buffer.from(vaultPassword) }, noSignal), disk }
}

/** Makes a base of the server in the vault. */
export async function makeBase(repository: Repository, members: readonly Member[]): Promise<void> {
  await using session = await lockVault(repository, {}, noSignal)
  const items = { kind: 'items', connector: postgresqlConnector, config: configOf(members), secrets: {} } as const
  const request = { source, job: 'base', isRetry: false, programVersion: 'test' }
  const { state } = await runBackup(session, items, request, () => undefined, noSignal)
  assert.equal(state, 'complete')
}

/** Somebody on loopback who is, or leads to, a server of the cluster. */
interface Member {
  readonly port: number
}

const configOf = (members: readonly Member[]) =>
  postgresqlConnector.parseConfig({ members: members.map(({ port }) => ({ host: '127.0.0.1', port })), keepsLog: true })

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
  readonly #failed = Promise.withResolvers<unknown>()
  #changed = Promise.withResolvers<void>()

  constructor(repository: Repository, members: readonly Member[], { afresh = false } = {}) {
    const vault = { repository, lock: (signal: AbortSignal) => lockVault(repository, {}, signal) }
    const times = { sealEveryMs: 500, foldEveryMs: 3000, foldBytes: 1 << 24, foldEveryMsMin: 2000, closeAfterMs: 600_000 }
    const request = { source, afresh, programVersion: 'test', times }
    const events = {
      sealed: (state: CaptureState) => this.#tell(state),
      folded: () => {
        this.#folds++
        this.#wake()
      },
      foldFailed: (error: unknown) => this.#changed.reject(error),
    }
    const captureSource = { connector: postgresqlConnector, config: configOf(members), secrets: {} }
    this.#changed.promise.catch(() => undefined)
    this.#ended = runCapture(vault, captureSource, request, events, this.#abort.signal).catch((error: unknown) => {
      if (this.#abort.signal.aborted) return
      this.#changed.reject(error)
      this.#failed.resolve(error)
    })
  }

  /** Resolves to what ended it. */
  failure(): Promise<unknown> {
    return this.#failed.promise
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
