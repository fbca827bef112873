import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { postgresqlConnector } from '@coffre/connector-postgresql'
import { type CaptureState, lockVault, planReplay, type ReplayPlan, runBackup, runCapture, runRestore } from '@coffre/engine'
import { systemContext } from '@coffre/foundation'
import { initRepository, type Repository } from '@coffre/repository'
import { LocalBackend } from '@coffre/storage'
import { fixtureContext, type PostgresMajor, PostgresServer, type SeededRandom, temporaryFolder } from '@coffre/testkit'
import { type LoggedEnd, readEnds } from './waldump.ts'

/** What is tried: a source under load whose log is captured, and instants of it that are restored. */
export interface Instants {
  readonly major: PostgresMajor
  readonly instants: number
  readonly random: SeededRandom
  readonly report: (line: string) => void
}

const source = 'shop'
const noSignal = new AbortController().signal
const clients = 3
const busyMs = 4000
const idleMs = 2500

/**
 * Captures a server while clients write to it, in bursts with idle stretches between, takes a base in the middle of it, and restores
 * instants: each must hold exactly the transactions that PostgreSQL's own `pg_waldump` lists before the first end of a transaction
 * that is stamped after the instant.
 */
export async function tryInstants({ major, instants, random, report }: Instants): Promise<void> {
  await using folder = await temporaryFolder()
  await using server = await PostgresServer.start(major, {
    settings: { wal_keep_size: '4GB', max_prepared_transactions: 10, max_slot_wal_keep_size: '8GB', synchronous_commit: 'on' },
  })
  const space = await server.makeFolder('space')
  await server.query(`create tablespace elsewhere location '${space}'`)
  await server.query('create database second')
  for (const database of ['postgres', 'second']) {
    await server.query('create table ledger (xid bigint primary key, client int, note text)', undefined, database)
    await server.query('create unlogged table gone (n int)', undefined, database)
  }
  const context = { ...fixtureContext({ workers: 2 }), clock: systemContext.clock, random: systemContext.random }
  await mkdir(join(folder.path, 'vault'))
  const backend = new LocalBackend(join(folder.path, 'vault'), context)
  const repository = await initRepository(backend, context, { password: Buffer.from('x') }, noSignal)
  const captured = new Captured(repository, server)
  await captured.until(await nowUs(server))
  const load = new Load(server, random)
  await load.burst()
  await makeBase(repository, server)
  const firstUs = await nowUs(server)
  await setTimeout(idleMs)
  await load.burst()
  await server.query("select pg_create_restore_point('before the drop'); drop table gone")
  await load.burst()
  await setTimeout(idleMs)
  const lastUs = await captured.until(await nowUs(server))
  await captured.stop()
  const ends = await readEnds(server)
  report(
    `${major}: ${ends.length} transaction ends between ${new Date(firstUs / 1000).toISOString()} and ${new Date(lastUs / 1000).toISOString()}`,
  )
  for (const us of chosen(instants, firstUs, lastUs, ends, random))
    await tryOne({ server, repository, folder: folder.path, ends, us, report })
}

/** Bounds and idle seconds are among them, and instants of commits themselves. */
function chosen(count: number, firstUs: number, lastUs: number, ends: readonly LoggedEnd[], random: SeededRandom): number[] {
  const within = ends.filter(({ us }) => us >= firstUs && us <= lastUs)
  const ofCommits = Array.from({ length: Math.floor(count / 3) }, () => within[random.integer(within.length)]?.us ?? lastUs)
  const anywhere = Array.from({ length: count }, () => firstUs + random.integer(Math.floor(lastUs - firstUs)))
  return [lastUs, firstUs, ...ofCommits, ...anywhere].slice(0, count)
}

interface Trial {
  readonly server: PostgresServer
  readonly repository: Repository
  readonly folder: string
  readonly ends: readonly LoggedEnd[]
  readonly us: number
  readonly report: (line: string) => void
}

async function tryOne({ server, repository, folder, ends, us, report }: Trial): Promise<void> {
  const wish = { source, target: { kind: 'time', us } } as const
  await using session = await lockVault(repository, {}, noSignal)
  const plan = await planReplay(session, postgresqlConnector, wish, noSignal)
  const left = ends.findIndex((end) => end.us > us)
  const kept = left < 0 ? ends : ends.slice(0, left)
  assertExplains(plan, kept.at(-1), left < 0 ? undefined : ends[left])
  await using restored = await PostgresServer.over(server.major, async (dataFolder) => {
    const target = { kind: 'folder', path: dataFolder } as const
    const run = { pointId: undefined, wish, target, overwrite: false, verify: false }
    await runRestore(session, { kind: 'items', connector: postgresqlConnector }, run, () => undefined, noSignal)
  })
  await restored.start()
  await restored.logged(/archive recovery complete/)
  const expected = new Set(kept.filter(({ isCommit }) => isCommit).map(({ xid }) => xid))
  for (const database of ['postgres', 'second']) {
    const all = await server.query('select xid::text as xid from ledger', undefined, database)
    const wanted = all.map(({ xid }) => String(xid)).filter((xid) => expected.has(xid))
    const found = (await restored.query('select xid::text as xid from ledger', undefined, database)).map(({ xid }) => String(xid))
    assert.deepEqual(found.sort(), wanted.sort(), `${database} at ${us}: ${folder}`)
  }
  report(`${server.major}: ${new Date(us / 1000).toISOString()} has ${expected.size} transactions, and no other`)
}

function assertExplains({ stop }: ReplayPlan, last: LoggedEnd | undefined, next: LoggedEnd | undefined): void {
  if (stop.lastKept !== undefined) assert.equal(stop.lastKept.us, last?.us)
  assert.equal(stop.firstLeftOut?.us, next?.us)
}

async function makeBase(repository: Repository, server: PostgresServer): Promise<void> {
  await using session = await lockVault(repository, {}, noSignal)
  const items = { kind: 'items', connector: postgresqlConnector, config: configOf(server), secrets: {} } as const
  const request = { source, job: 'base', isRetry: false, programVersion: 'test' }
  const { state } = await runBackup(session, items, request, () => undefined, noSignal)
  assert.equal(state, 'complete')
}

const configOf = (server: PostgresServer) =>
  postgresqlConnector.parseConfig({ members: [{ host: '127.0.0.1', port: server.port }], keepsLog: true })

async function nowUs(server: PostgresServer): Promise<number> {
  return Number((await server.query('select (extract(epoch from clock_timestamp()) * 1000000)::bigint as us'))[0]?.['us'])
}

/** A capture that runs beside the test. */
class Captured {
  readonly #abort = new AbortController()
  readonly #ended: Promise<unknown>
  #state: CaptureState | undefined
  #changed = Promise.withResolvers<void>()

  constructor(repository: Repository, server: PostgresServer) {
    const vault = { repository, lock: (signal: AbortSignal) => lockVault(repository, {}, signal) }
    const times = { sealEveryMs: 500, foldEveryMs: 3000, foldBytes: 1 << 24, foldEveryMsMin: 2000, closeAfterMs: 600_000 }
    const request = { source, afresh: false, programVersion: 'test', times }
    const events = {
      sealed: (state: CaptureState) => this.#tell(state),
      folded: () => undefined,
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

  #tell(state: CaptureState): void {
    this.#state = state
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
    this.#changed.promise.catch(() => undefined)
  }
}

/** Clients that write rows under their own transaction numbers, in every way that PostgreSQL has. */
class Load {
  readonly #server: PostgresServer
  readonly #random: SeededRandom

  constructor(server: PostgresServer, random: SeededRandom) {
    this.#server = server
    this.#random = random
  }

  async burst(): Promise<void> {
    await Promise.all(Array.from({ length: clients }, (_, client) => this.#write(client)))
  }

  async #write(client: number): Promise<void> {
    const databases = ['postgres', 'second'] as const
    await using connection = await this.#server.connect(databases[client % 2])
    const insert = `insert into ledger select pg_current_xact_id()::text::bigint, ${client}, repeat('x', (random() * 2000)::int)`
    const endMs = performance.now() + busyMs
    for (let n = 0; performance.now() < endMs; n++) {
      const name = `g${client}_${n}_${this.#random.integer(1_000_000)}`
      const ways = [
        [insert],
        ['begin', 'savepoint a', insert, 'rollback to a', insert, 'commit'],
        ['begin', insert, 'rollback'],
        ['begin', 'set local synchronous_commit = off', insert, 'commit'],
        ['begin', insert, `prepare transaction '${name}'`, `commit prepared '${name}'`],
        ['begin', `create table t_${name} (n int) tablespace elsewhere`, insert, 'commit'],
        ['begin', insert, "select lo_from_bytea(0, 'large')", 'commit'],
      ]
      for (const sql of ways[this.#random.integer(ways.length)] ?? []) await connection.query(sql)
    }
  }
}
