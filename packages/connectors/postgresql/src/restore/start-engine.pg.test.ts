import assert from 'node:assert/strict'
import { appendFile, cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemContext } from '@coffre/foundation'
import { freePort, PostgresServer } from '@coffre/testkit'
import { Clone, settingsLike } from '../testing/clone.ts'
import { findEngineAccount } from './engine-account.ts'
import { findEngineBinaries } from './engine-binaries.ts'
import { startEngine } from './start-engine.ts'

const noSignal = new AbortController().signal
const tooLongMs = 30_000

const settings = { wal_level: 'logical', archive_mode: 'on', archive_command: 'false' }

/** A subscription of one database of a server to another one, through the slot `shop`. */
async function subscribe(server: PostgresServer): Promise<void> {
  await server.query('create database replica')
  for (const database of ['postgres', 'replica']) await server.query('create table orders (n int primary key)', [], database)
  await server.query('create publication shop for table orders')
  // Made by CREATE SUBSCRIPTION it would wait for the transaction that makes it.
  await server.query("select pg_create_logical_replication_slot('shop', 'pgoutput')")
  const options = "create_slot = false, slot_name = 'shop', copy_data = false"
  await server.query(`create subscription shop connection '${server.url()}' publication shop with (${options})`, [], 'replica')
}

/** As a restore lays a base out: without slots. */
async function copyOf(server: PostgresServer, name: string): Promise<string> {
  const folder = join(server.folder, name)
  await cp(server.dataFolder, folder, { recursive: true })
  await rm(join(folder, 'pg_replslot', 'shop'), { recursive: true })
  const acting = "shared_preload_libraries = 'plpgsql, $libdir/pg_cron, pglogical'"
  const elsewhere = `primary_conninfo = '${server.url()}'\nsynchronous_standby_names = '*'\nlisten_addresses = '*'`
  await appendFile(join(folder, 'postgresql.conf'), `${acting}\n${elsewhere}\n`)
  await server.own(folder)
  return folder
}

async function start(server: PostgresServer, folder: string, asProduction: boolean): Promise<Clone> {
  const like = settingsLike(server)
  const binaries = await findEngineBinaries(server.major, like, noSignal)
  const account = await findEngineAccount(like.engineAccount)
  const port = await freePort()
  await startEngine({ folder, binaries, account, port, owner: 'postgres', asProduction }, systemContext.clock, noSignal)
  return new Clone(server, folder, port)
}

const slotSql = 'select active, confirmed_flush_lsn::text as flushed from pg_replication_slots'

test('a clone neither archives nor follows, and leaves the slot of its subscription alone; as production it takes it up', async () => {
  await using server = await PostgresServer.start(16, { settings })
  await subscribe(server)
  await server.stop()
  const [cloneFolder, productionFolder] = [await copyOf(server, 'clone'), await copyOf(server, 'production')]
  await server.start()
  await server.query('alter subscription shop disable', [], 'replica')
  await server.slotIdle('shop')
  await server.query('insert into orders values (1)')
  const before = await server.query(slotSql)

  {
    await using clone = await start(server, cloneFolder, false)
    assert.deepEqual(await clone.query("select current_setting('archive_mode') as archives, pg_is_in_recovery() as follows"), [
      { archives: 'off', follows: false },
    ])
    const names = ['max_logical_replication_workers', 'primary_conninfo', 'shared_preload_libraries', 'synchronous_standby_names']
    const found = await clone.query(`select setting from pg_settings where name in ('${names.join("', '")}') order by name`)
    assert.deepEqual(
      found.map(({ setting }) => setting),
      ['0', '', 'plpgsql', ''],
    )
    assert.deepEqual(await clone.query('show listen_addresses'), [{ listen_addresses: '127.0.0.1' }])
    const kinds = await clone.query('select distinct backend_type from pg_stat_activity')
    const workers = kinds.map(({ backend_type: kind }) => String(kind)).filter((kind) => /logical|archiver|walreceiver/.test(kind))
    assert.deepEqual(workers, [])
    // It was not taken out: whoever wants it can have it.
    assert.deepEqual(await clone.query('select subname, subenabled from pg_subscription'), [{ subname: 'shop', subenabled: true }])
    assert.deepEqual(await clone.query('insert into orders values (2) returning n', 'replica'), [{ n: 2 }])
    assert.deepEqual(await server.query(slotSql), before)
  }
  // Without the libraries that this machine has not.
  await appendFile(join(productionFolder, 'postgresql.conf'), "shared_preload_libraries = ''\nsynchronous_standby_names = ''\n")
  await using production = await start(server, productionFolder, true)
  assert.deepEqual(await production.query('show archive_mode'), [{ archive_mode: 'on' }])
  const giveUp = AbortSignal.timeout(tooLongMs)
  while ((await production.query('select n from orders', 'replica')).length === 0) await systemContext.clock.sleep(50, giveUp)
  assert.equal((await server.query(slotSql))[0]?.['active'], true)
})
