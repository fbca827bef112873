import { appendFile, cp, open, readdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import type { RestoreReport } from '@coffre/connector'
import { systemContext } from '@coffre/foundation'
import { type ConnectorSubject, type PostgresMajor, PostgresServer } from '@coffre/testkit'
import { applicationName } from '../config.ts'
import { createPostgresqlConnector } from '../connector.ts'
import { newCluster } from './cluster-template.ts'

const password = 'Pr3tty-secret-of-the-test'
const wrongPassword = 'wr0ng-secret-of-the-test'
const noSignal = new AbortController().signal

/** A real server that a role with a password copies and follows, with a standby that takes over when it is told to. */
export async function postgresqlSubject(major: PostgresMajor): Promise<ConnectorSubject> {
  const primary = await newCluster(major)
  const standby = await newCluster(major)
  const servers = [primary, standby]
  let current = primary
  for (const server of servers) await server.setHba(['host all saver 127.0.0.1/32 scram-sha-256', 'host replication saver 127.0.0.1/32 scram-sha-256'])
  await primary.start()
  await primary.query(`create role saver login replication password '${password}'; grant pg_monitor to saver; grant pg_read_all_settings to saver`)
  await primary.query('checkpoint')
  const members = servers.map(({ port }) => ({ host: '127.0.0.1', port }))
  const config = { members, user: 'saver', database: 'postgres', tls: 'disable', keepsLog: true }
  let changes = 0
  const describe = async (server: PostgresServer): Promise<unknown> => [
    await server.query('select count(*)::int as rows, md5(string_agg(ledger::text, chr(10) order by n)) as hash from ledger'),
    await server.query("select relname from pg_class where relname like 'made%' order by 1"),
    await server.query('select gid from pg_prepared_xacts order by 1'),
    await server.query('select loid::int, count(*)::int as pages from pg_largeobject group by 1 order by 1'),
  ]
  const held = async (): Promise<number> => {
    const sql = `select (select count(*) from pg_stat_activity where application_name = '${applicationName}')
      + (select count(*) from pg_replication_slots where temporary) as n`
    return Number((await current.query(sql))[0]?.['n'])
  }
  return {
    connector: createPostgresqlConnector(),
    context: systemContext,
    source: { config, secrets: { password } },
    sameSource: [{ ...config, members: members.toReversed() }, { ...config, user: 'postgres', slot: 'another' }],
    otherSources: [{ ...config, members: members.slice(0, 1) }, { ...config, members: [{ host: 'elsewhere', port: 5432 }] }],
    wrongConfigs: [
      [{ ...config, members: [] }, 'members'],
      [{ ...config, members: [{ host: 'a', port: 0 }] }, 'members'],
      [{ ...config, user: '' }, 'user'],
      [{ ...config, tls: 'maybe' }, 'tls'],
      [{ ...config, slot: 'No Slot' }, 'slot'],
      [{ ...config, keepsLog: 'yes' }, 'keepsLog'],
      [{ ...config, rateLimitBytes: 1000 }, 'rateLimitBytes'],
      [{ ...config, password }, 'password'],
    ],
    wrongSecrets: [{ password: 7 }, { passphrase: 'x' }, []],
    unreachable: { config: { ...config, members: [{ host: '127.0.0.1', port: await closedPort() }] }, secrets: { password } },
    refused: { config, secrets: { password: wrongPassword } },
    secretTexts: [password, wrongPassword],
    change: () => change(current, changes++),
    describe: () => describe(current),
    async describeRestored(report) {
      await using server = await over(major, folderOf(report))
      await server.start()
      return await describe(server)
    },
    async plantDifference(report) {
      const folder = join(folderOf(report), 'base')
      const [database = ''] = (await readdir(folder)).filter((name) => /^\d+$/.test(name))
      const [name = ''] = (await readdir(join(folder, database))).filter((file) => /^\d+$/.test(file))
      await using file = await open(join(folder, database, name), 'r+')
      await file.write(Buffer.from('planted'), 0, 7, 100)
    },
    passTime: (ms) => systemContext.clock.sleep(ms, noSignal),
    async held() {
      // A server notices that a connection is gone only when it next looks.
      for (let tries = 0, last = -1; ; tries++) {
        const now = await held()
        if (now === 0 || (now === last && tries > 8)) return now
        last = now
        await systemContext.clock.sleep(50, noSignal)
      }
    },
    async discardLog() {
      const sql = "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = 'coffre'"
      await current.query(sql)
      await current.query("alter system set wal_keep_size = 0; select pg_reload_conf()").catch(() => undefined)
      for (let round = 0; round < 3; round++) await current.query('select pg_switch_wal()').then(() => current.query('checkpoint'))
    },
    async failOver() {
      await follow(standby, primary)
      const [end] = await primary.query('select pg_current_wal_flush_lsn()::text as lsn')
      await awaitReplay(standby, String(end?.['lsn']))
      await primary.stop('immediate')
      await standby.promote()
      current = standby
    },
    markToleranceMs: 400,
    async [Symbol.asyncDispose]() {
      for (const server of servers) await server[Symbol.asyncDispose]()
    },
  }
}

/** A server over a copy of a restored folder, which stays as it was restored. */
async function over(major: PostgresMajor, folder: string): Promise<PostgresServer> {
  return PostgresServer.over(major, async (dataFolder) => {
    await cp(folder, dataFolder, { recursive: true, verbatimSymlinks: true })
    await appendFile(join(dataFolder, 'postgresql.conf'), "hot_standby = off\n")
  })
}

async function change(server: PostgresServer, number: number): Promise<void> {
  const kinds = [
    "insert into ledger (kind, filler) select 'many', repeat(md5(n::text), 10) from generate_series(1, 300) n",
    `create table made${number} (n int primary key); insert into made${number} select generate_series(1, 100)`,
    'update ledger set filler = reverse(filler) where n % 3 = 0; delete from ledger where n % 7 = 0',
    `begin; insert into ledger (kind) values ('prepared'); prepare transaction 'p${number}'`,
    `select lo_from_bytea(0, repeat('large', 3000)::bytea)`,
    `select pg_switch_wal()`,
  ]
  const prepared = await server.query('select gid from pg_prepared_xacts limit 1')
  if (number % kinds.length === 5 && prepared.length > 0) await server.query(`commit prepared '${prepared[0]?.['gid']}'`)
  await server.query(kinds[number % kinds.length] ?? 'select 1')
  // Whatever the kind, the data differ.
  await server.query("insert into ledger (kind) values ('change')")
}

async function follow(standby: PostgresServer, primary: PostgresServer): Promise<void> {
  await writeFile(join(standby.dataFolder, 'standby.signal'), '')
  await standby.configure({ primary_conninfo: `host=127.0.0.1 port=${primary.port} user=postgres application_name=standby` })
  await standby.own(standby.dataFolder)
  await standby.start()
}

async function awaitReplay(standby: PostgresServer, lsn: string): Promise<void> {
  for (;;) {
    const [row] = await standby.query('select pg_last_wal_replay_lsn() >= $1::pg_lsn as done', [lsn])
    if (row?.['done'] === true) return
    await systemContext.clock.sleep(20, noSignal)
  }
}

function folderOf({ target }: RestoreReport): string {
  if (target.kind !== 'folder') throw new Error('not restored into a folder')
  return target.path
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
