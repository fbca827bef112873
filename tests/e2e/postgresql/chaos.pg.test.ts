import assert from 'node:assert/strict'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  type Client,
  getStatus,
  type JobView,
  listAlarms,
  listPoints,
  type StreamView,
  startBackup,
  watchJob,
} from '@coffre/api-contract'
import { systemContext } from '@coffre/foundation'
import { freePort, type PostgresServer } from '@coffre/testkit'
import { newCluster } from '../../../packages/connectors/postgresql/src/testing/cluster-template.ts'
import { CuttableProxy } from '../server/cuttable-proxy.ts'
import { ServerProcess } from '../server/server-process.ts'
import { Ledger } from './ledger.ts'
import { stopRestored } from './stop-restored.ts'

/** A base is several times as much, and the log of the ledger a hundredth each second. */
const middleBytes = 4 << 20
let database: PostgresServer
let wire: CuttableProxy
let server: ServerProcess
let ledger: Ledger

before(async () => {
  database = await newCluster(15)
  await database.configure({ max_slot_wal_keep_size: '4GB', track_commit_timestamp: true })
  await database.start()
  wire = await CuttableProxy.start({ host: '127.0.0.1', port: database.port })
  server = await ServerProcess.start({ COFFRE_POSTGRESQL_15: database.installation.binFolder })
  ledger = await Ledger.begin(database)
  assert.equal((await server.cli('vault', 'create', 'main')).code, 0)
  const url = `postgres://postgres@127.0.0.1:${wire.port}/`
  const { code, stderr } = await server.cli('protect', url, '--name', 'shop', '--vault', 'main', '--continuous', '--every', '24h')
  assert.equal(code, 0, stderr)
  await windowThrough(await database.now())
})
after(async () => {
  await ledger?.[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
  await wire?.[Symbol.asyncDispose]()
  await database?.[Symbol.asyncDispose]()
})

/** Resolves once every second until then can be restored. */
async function windowThrough(time: Date, isWanted: (row: StreamView) => boolean = () => true): Promise<StreamView> {
  const tooLong = AbortSignal.timeout(90_000)
  for (;;) {
    const [row] = await streams()
    if (row?.windowThrough != null && Date.parse(row.windowThrough) > time.getTime() && isWanted(row)) return row
    await systemContext.clock.sleep(200, tooLong)
  }
}

async function streams(): Promise<readonly StreamView[]> {
  // A server that is being started again does not answer yet.
  return (await (await server.client()).call(getStatus, { params: {} })).streams
}

async function killWorker(client: Client): Promise<void> {
  const { workers } = await client.call(getStatus, {})
  const pid = workers.at(-1)?.pid ?? 0
  assert.ok(pid > 1)
  process.kill(pid, 'SIGKILL')
}

async function jobThat(client: Client, id: string, holds: (job: JobView) => boolean): Promise<JobView> {
  for await (const job of client.stream(watchJob, { params: { job: id } })) if (holds(job)) return job
  throw new Error(`job ${id} ended otherwise`)
}

/** Restores an instant through the command line, and holds the ledger there against what the source says was committed by then. */
async function assertRestores(at: Date): Promise<void> {
  const port = await freePort()
  const args = ['restore', 'shop', '--at', at.toISOString(), '--to', join(server.folder, `at${at.getTime()}`)]
  const { code, stdout, stderr } = await server.cli(...args, '--start', '--port', String(port), '--wait')
  assert.equal(code, 0, stderr)
  try {
    assert.deepEqual(await ledger.read(port), await ledger.committedBy(at))
  } finally {
    await stopRestored(stdout)
  }
}

test('a worker that is killed during a base and twice while it captures: the log has no gap, and every instant is right', async () => {
  const client = await server.client()
  const isInTheMiddle = wire.passed(middleBytes)
  const { id } = await client.call(startBackup, { params: { source: 'shop' }, body: {} })
  await isInTheMiddle
  wire.stall()
  await killWorker(client)
  const job = await jobThat(client, id, ({ state }) => state === 'COMPLETED')
  assert.equal(job.attempt, 2)
  for (let times = 0; times < 2; times++) {
    await windowThrough(await database.now())
    await killWorker(client)
  }
  const at = await database.now()
  await windowThrough(at)
  assert.equal((await timeline()).length, 1)
  await assertRestores(at)
})

test('server, worker and catalogue killed at once, and the network cut meanwhile: all goes on by itself, without a gap', async () => {
  const client = await server.client()
  const { workers } = await client.call(getStatus, {})
  const postmaster = Number((await readFile(join(server.stateFolder, 'catalogue/data/postmaster.pid'), 'utf8')).split('\n')[0])
  for (const { pid } of workers.slice(-1)) process.kill(pid, 'SIGKILL')
  process.kill(postmaster, 'SIGKILL')
  await server.stop('SIGKILL')
  wire.cut()
  await server.startAgain()
  const duringCut = await database.now()
  wire.mend()
  await windowThrough(await database.now())
  assert.equal((await timeline()).length, 1)
  await assertRestores(duringCut)
})

test('log that vanishes from the vault: the gap is named, what cannot be proven is refused, and a new base begins a new window', async () => {
  const client = await server.client()
  const before = await windowThrough(await database.now())
  const bases = async () => (await client.call(listPoints, { query: { source: 'shop' } })).items.length
  const basesBefore = await bases()
  await ledger.pause()
  await killWorker(client)
  const folder = join(server.stateFolder, 'vaults/main/coffre/journal/shop')
  const tails = (await readdir(folder)).toSorted()
  const lost = tails.at(-1)
  assert.ok(lost !== undefined)
  await rm(join(folder, lost))
  ledger.resume()
  const now = await database.now()
  await windowThrough(now, ({ windowFrom }) => windowFrom !== null && windowFrom !== before.windowFrom)
  const epochs = await timeline()
  assert.equal(epochs.length, 2)
  await untilAlarmed('capture.gap')
  assert.equal(await bases(), basesBefore + 1, 'a base was made by itself')
  const at = await database.now()
  await windowThrough(at)
  await assertRestores(at)
})

async function untilAlarmed(kind: string): Promise<void> {
  const tooLong = AbortSignal.timeout(90_000)
  const client = await server.client()
  while (!(await client.call(listAlarms, {})).items.some((alarm) => alarm.kind === kind))
    await systemContext.clock.sleep(500, tooLong)
}

async function timeline(): Promise<readonly unknown[]> {
  const { epochs } = await server.json<{ epochs: { gaps: unknown[] }[] }>('timeline', 'shop')
  assert.deepEqual(
    epochs.flatMap(({ gaps }) => gaps),
    [],
  )
  return epochs
}
