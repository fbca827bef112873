import assert from 'node:assert/strict'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { postgresqlConnector } from '@coffre/connector-postgresql'
import { lockVault, planReplay, type ReplayPlan, runRestore } from '@coffre/engine'
import type { Repository } from '@coffre/repository'
import { type PostgresMajor, PostgresServer, type SeededRandom, temporaryFolder } from '@coffre/testkit'
import { Captured, makeBase, makeVault, noSignal, nowUs, source } from './captured.ts'
import { type LoggedEnd, readEnds } from './waldump.ts'

/** What is tried: a source under load whose log is captured, and instants of it that are restored. */
export interface Instants {
  readonly major: PostgresMajor
  readonly instants: number
  /** How long each of the three bursts of writing lasts; each of its tables is a file that every restore makes. */
  readonly busyMs: number
  readonly random: SeededRandom
  readonly report: (line: string) => void
}

const clients = 3
const idleMs = 2500

/**
 * Captures a server while clients write to it, in bursts with idle stretches between, takes a base in the middle of it, and restores
 * instants: each must hold exactly the transactions that PostgreSQL's own `pg_waldump` lists before the first end of a transaction
 * that is stamped after the instant.
 */
export async function tryInstants({ major, instants, busyMs, random, report }: Instants): Promise<void> {
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
  const repository = await makeVault(join(folder.path, 'vault'))
  const captured = new Captured(repository, [server])
  await captured.until(await nowUs(server))
  const load = new Load(server, random, busyMs)
  await load.burst()
  await makeBase(repository, [server])
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

/** Clients that write rows under their own transaction numbers, in every way that PostgreSQL has. */
class Load {
  readonly #server: PostgresServer
  readonly #random: SeededRandom
  readonly #busyMs: number

  constructor(server: PostgresServer, random: SeededRandom, busyMs: number) {
    this.#server = server
    this.#random = random
    this.#busyMs = busyMs
  }

  async burst(): Promise<void> {
    await Promise.all(Array.from({ length: clients }, (_, client) => this.#write(client)))
  }

  async #write(client: number): Promise<void> {
    const databases = ['postgres', 'second'] as const
    await using connection = await this.#server.connect(databases[client % 2])
    const insert = `insert into ledger select pg_current_xact_id()::text::bigint, ${client}, repeat('x', (random() * 2000)::int)`
    const endMs = performance.now() + this.#busyMs
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
