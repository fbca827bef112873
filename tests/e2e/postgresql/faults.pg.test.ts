import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { postgresqlConnector } from '@coffre/connector-postgresql'
import { lockVault, logOf, runRestore } from '@coffre/engine'
import { isCoffreError } from '@coffre/foundation'
import { describeLog } from '@coffre/journal'
import { loadIndex, type Repository } from '@coffre/repository'
import { type PostgresMajor, type PostgresOptions, PostgresServer, temporaryFolder } from '@coffre/testkit'
import { ask } from '../../../packages/connectors/postgresql/src/cluster.ts'
import { ReplicationConnection } from '../../../packages/connectors/postgresql/src/connection/replication-connection.ts'
import { withClient } from '../../../packages/connectors/postgresql/src/connection/with-client.ts'
import { newCluster } from '../../../packages/connectors/postgresql/src/testing/cluster-template.ts'
import { CuttableProxy } from '../server/cuttable-proxy.ts'
import { Captured, makeBase, makeFaultyVault, makeVault, noSignal, nowUs, source } from './captured.ts'

const major: PostgresMajor = 16
const settings = { max_slot_wal_keep_size: '8GB' }
const add = "insert into orders select n, 'x' from generate_series(1, 1000) n"
/** Who waits for it until it is given up takes ten seconds for each of several looks. */
const goneWithinMs = 30_000
const count = 'select count(*)::int as n from orders'

async function started(more: PostgresOptions['settings'] = {}): Promise<PostgresServer> {
  const server = await newCluster(major)
  await server.configure({ ...settings, ...more })
  await server.start()
  return server
}

async function epochsOf(repository: Repository) {
  return describeLog(repository, await loadIndex(repository, {}, noSignal), logOf(source), noSignal)
}

/** Restores the newest instant, and asks what it has. */
async function restoredCount(repository: Repository): Promise<unknown> {
  await using session = await lockVault(repository, {}, noSignal)
  const wish = { source, target: { kind: 'latest' } } as const
  await using restored = await PostgresServer.over(major, async (path) => {
    const run = { pointId: undefined, wish, target: { kind: 'folder', path }, overwrite: false, verify: false } as const
    await runRestore(session, { kind: 'items', connector: postgresqlConnector }, run, () => undefined, noSignal)
  })
  await restored.start()
  await restored.logged(/archive recovery complete/)
  const [row] = await restored.query(count)
  return row?.['n']
}

test('a standby that takes over in the middle: the log goes on, on its timeline, and nothing that was committed is lost', async () => {
  await using folder = await temporaryFolder()
  const repository = await makeVault(join(folder.path, 'vault'))
  await using primary = await started()
  await primary.query('create table orders (n int, t text)')
  await using standby = await primary.standby(settings)
  const members = [primary, standby]
  const before = new Captured(repository, members)
  await before.until(await nowUs(primary))
  await primary.query(add)
  await makeBase(repository, members)
  await primary.query(add)
  await before.until(await nowUs(primary))
  const [row] = await primary.query('select pg_current_wal_flush_lsn()::text as lsn')
  await standby.replayed(String(row?.['lsn']))
  await primary.kill()
  assert.ok(isCoffreError(await before.failure(), 'source.unreachable'))
  await standby.promote()
  await standby.query(add)
  const after = new Captured(repository, members)
  await after.until(await nowUs(standby))
  await after.stop()
  const [epoch, ...others] = await epochsOf(repository)
  assert.deepEqual([others.length, epoch?.branches.length, epoch?.gaps], [0, 2, []])
  assert.equal(await restoredCount(repository), 3000)
})

test('a wire that is cut without a word: the capture notices, takes its own stale slot over, and goes on without a gap', async () => {
  await using folder = await temporaryFolder()
  const repository = await makeVault(join(folder.path, 'vault'))
  await using server = await started()
  await using wire = await CuttableProxy.start({ host: '127.0.0.1', port: server.port })
  await server.query('create table orders (n int, t text)')
  const before = new Captured(repository, [wire])
  await before.until(await nowUs(server))
  await makeBase(repository, [wire])
  wire.freeze()
  await server.query(add)
  assert.ok(isCoffreError(await before.failure(), 'source.unreachable'))
  const [slot] = await server.query('select active from pg_replication_slots')
  assert.equal(slot?.['active'], true, 'the server still believes in the connection')
  const after = new Captured(repository, [wire])
  await after.until(await nowUs(server))
  await after.stop()
  const [epoch, ...others] = await epochsOf(repository)
  assert.deepEqual([others.length, epoch?.gaps], [0, []])
  assert.equal(await restoredCount(repository), 1000)
})

test('questions that are cut off without a word are given up after ten seconds, whoever asks them', async () => {
  await using server = await started()
  await using wire = await CuttableProxy.start({ host: '127.0.0.1', port: server.port })
  const member = { host: '127.0.0.1', port: wire.port }
  const access = { config: postgresqlConnector.parseConfig({ members: [member], tls: 'disable' }), secrets: {} }
  await using replication = await ReplicationConnection.open(access, member, noSignal)
  const isUnreachable = (error: unknown) => isCoffreError(error, 'source.unreachable')
  await withClient(access, member, noSignal, async (client) => {
    wire.freeze()
    await Promise.all([
      assert.rejects(ask(client, member, 'select 1'), isUnreachable),
      assert.rejects(replication.query('IDENTIFY_SYSTEM'), isUnreachable),
    ])
  })
})

test('a standby that is gone without a word holds up nothing', async () => {
  await using folder = await temporaryFolder()
  const repository = await makeVault(join(folder.path, 'vault'))
  await using server = await started()
  await using gone = await CuttableProxy.start({ host: '127.0.0.1', port: server.port })
  gone.swallow()
  const captured = new Captured(repository, [gone, server])
  const tooLong = AbortSignal.timeout(goneWithinMs)
  const isLate = new Promise((_, reject) => tooLong.addEventListener('abort', () => reject(tooLong.reason)))
  for (let seals = 0; seals < 3; seals++) await Promise.race([captured.until(await nowUs(server)), isLate])
  await captured.stop()
})

test('log that the server has discarded is a gap that is named; a new window begins with a new base', async () => {
  await using folder = await temporaryFolder()
  const repository = await makeVault(join(folder.path, 'vault'))
  await using server = await started({ wal_keep_size: 0, min_wal_size: '2MB', max_wal_size: '3MB' })
  await server.query('create table orders (n int, t text)')
  const before = new Captured(repository, [server])
  await before.until(await nowUs(server))
  await makeBase(repository, [server])
  await before.stop()
  await server.slotIdle('coffre')
  await server.query("select pg_drop_replication_slot('coffre')")
  for (let n = 0; n < 6; n++) await server.query(`${add}; select pg_switch_wal(); checkpoint`)
  assert.ok(isCoffreError(await new Captured(repository, [server]).failure(), 'source.position-lost'))
  const after = new Captured(repository, [server], { afresh: true })
  await after.until(await nowUs(server))
  await makeBase(repository, [server])
  await server.query(add)
  await after.until(await nowUs(server))
  await after.stop()
  assert.equal((await epochsOf(repository)).length, 2)
  assert.equal(await restoredCount(repository), 7000)
})

test('a vault whose disk is full: the server keeps what is not stored, and all of it is there once there is room again', async () => {
  await using folder = await temporaryFolder()
  const { repository, disk } = await makeFaultyVault(join(folder.path, 'vault'))
  await using server = await started()
  await server.query('create table orders (n int, t text)')
  const before = new Captured(repository, [server])
  await before.until(await nowUs(server))
  await makeBase(repository, [server])
  disk.limitSpace(0)
  const slot = async () => (await server.query('select restart_lsn::text as lsn from pg_replication_slots'))[0]?.['lsn']
  await server.query('insert into orders select n, md5(n::text) from generate_series(1, 20000) n')
  assert.ok(isCoffreError(await before.failure(), 'storage.no-space'))
  const kept = await slot()
  await server.query(add)
  assert.ok(isCoffreError(await new Captured(repository, [server]).failure(), 'storage.no-space'))
  assert.equal(await slot(), kept, 'nothing is acknowledged that is not stored')
  disk.addSpace(1e9)
  const after = new Captured(repository, [server])
  await after.until(await nowUs(server))
  await after.stop()
  const [epoch, ...others] = await epochsOf(repository)
  assert.deepEqual([others.length, epoch?.gaps], [0, []])
  assert.equal(await restoredCount(repository), 21_000)
})
