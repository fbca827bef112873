import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Client, type JobView, listPoints, startBackup, watchJob } from '@coffre/api-contract'
import { type PostgresServer, postgresInstallation } from '@coffre/testkit'
import { newCluster } from '../../../packages/connectors/postgresql/src/testing/cluster-template.ts'
import { CuttableProxy } from '../server/cuttable-proxy.ts'
import { ServerProcess } from '../server/server-process.ts'

const major = 15
/** A base of an empty cluster is several times as much. */
const middleBytes = 4 << 20
const names = ['torn', 'silent', 'killed'] as const
type Name = (typeof names)[number]

let database: PostgresServer
let server: ServerProcess
/** To the same database: what leads there by another port is another source. */
const wires = new Map<Name, CuttableProxy>()

before(async () => {
  database = await newCluster(major)
  await database.start()
  server = await ServerProcess.start({ COFFRE_POSTGRESQL_15: (await postgresInstallation(major)).binFolder })
  assert.equal((await server.cli('vault', 'create', 'main')).code, 0)
  for (const name of names) {
    const wire = await CuttableProxy.start({ host: '127.0.0.1', port: database.port })
    wires.set(name, wire)
    const { code, stderr } = await server.cli(
      'protect',
      `postgres://postgres@127.0.0.1:${wire.port}/`,
      '--name',
      name,
      '--vault',
      'main',
    )
    assert.equal(code, 0, stderr)
  }
})
after(async () => {
  await server?.[Symbol.asyncDispose]()
  for (const wire of wires.values()) await wire[Symbol.asyncDispose]()
  await database?.[Symbol.asyncDispose]()
})

/** A base that is under way. */
interface Base {
  readonly name: Name
  readonly job: string
  readonly wire: CuttableProxy
  /** Who sends it. */
  readonly pid: number
}

/** Begins a base, and resolves when it is in its middle. */
async function inTheMiddle(client: Client, name: Name): Promise<Base> {
  const wire = wires.get(name)
  assert.ok(wire !== undefined)
  const sending = 'select active_pid as pid from pg_replication_slots where temporary'
  const before = (await database.query(sending)).map(({ pid }) => pid)
  const middle = wire.passed(middleBytes)
  const { id } = await client.call(startBackup, { params: { source: name }, body: {} })
  await middle
  wire.stall()
  const [pid, ...others] = (await database.query(sending)).map((row) => row['pid']).filter((one) => !before.includes(one))
  assert.deepEqual(others, [])
  return { name, job: id, wire, pid: Number(pid) }
}

async function jobThat(client: Client, id: string, holds: (job: JobView) => boolean): Promise<JobView> {
  for await (const job of client.stream(watchJob, { params: { job: id } })) if (holds(job)) return job
  throw new Error(`job ${id} ended otherwise`)
}

async function untilNone(what: string): Promise<void> {
  while ((await database.query(what)).length > 0) await database.query('select pg_sleep(0.05)')
}

async function pointsOf(client: Client, source: Name): Promise<readonly string[]> {
  return (await client.call(listPoints, { query: { source } })).items.map(({ id }) => id)
}

/** The job says what happened, nothing is left of the attempt on either side, and the next one makes the point. */
async function assertMadeAgain(client: Client, { name, job, wire, pid }: Base): Promise<void> {
  const { error, attempt } = await jobThat(client, job, ({ state }) => state === 'RETRYING')
  assert.deepEqual([attempt, error?.code], [1, 'source.unreachable'])
  assert.match(error?.detail ?? '', /the connection to PostgreSQL ended/)
  assert.match(error?.hint ?? '', /network/)
  assert.deepEqual(await pointsOf(client, name), [])
  await untilNone(`select from pg_stat_activity where pid = ${pid}`)
  await untilNone(`select from pg_replication_slots where active_pid = ${pid}`)
  wire.mend()
  await assertMade(client, name, job)
}

async function assertMade(client: Client, name: Name, id: string): Promise<void> {
  const { attempt, pointId } = await jobThat(client, id, ({ state }) => state === 'COMPLETED')
  assert.equal(attempt, 2)
  assert.deepEqual(await pointsOf(client, name), [pointId])
}

async function assertNothingIsLeft(): Promise<void> {
  await untilNone("select from pg_stat_activity where application_name = 'coffre_capture'")
  await untilNone('select from pg_replication_slots')
}

test('a base whose wire is torn, or cut without a word: it is told, nothing is left, and the next attempt makes the point', async () => {
  const client = await server.client()
  const silent = await inTheMiddle(client, 'silent')
  silent.wire.freeze()
  const torn = await inTheMiddle(client, 'torn')
  torn.wire.cut()
  await Promise.all([assertMadeAgain(client, torn), assertMadeAgain(client, silent)])
  await assertNothingIsLeft()
})

test('the server of Coffre alone is killed during a base: its worker gives up, and once it is started again there is one point', async () => {
  const { job, name, pid } = await inTheMiddle(await server.client(), 'killed')
  await server.stop('SIGKILL')
  await untilNone(`select from pg_stat_activity where pid = ${pid}`)
  await server.startAgain()
  await assertMade(await server.client(), name, job)
  await assertNothingIsLeft()
  assert.equal((await server.cli('restore', name, '--to', './restored', '--wait')).code, 0)
})
