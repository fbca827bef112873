import { once } from 'node:events'
import { appendFile, chmod, cp, mkdir, open, readdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { RestoreReport } from '@coffre/connector'
import { systemContext } from '@coffre/foundation'
import { type ConnectorSubject, type PostgresClient, type PostgresMajor, PostgresServer } from '@coffre/testkit'
import { applicationName } from '../config.ts'
import { createPostgresqlConnector } from '../connector.ts'
import { newCluster, templateOf } from './cluster-template.ts'

const password = 'Pr3tty-secret-of-the-test'
const wrongPassword = 'wr0ng-secret-of-the-test'
const hba = ['host all saver 127.0.0.1/32 scram-sha-256', 'host replication saver 127.0.0.1/32 scram-sha-256']
/** Beyond so many, changes are small ones: some tests make one for each file. */
const largeChangesMax = 20
const noSignal = new AbortController().signal

/** A real server that a role with a password copies and follows, with a standby that takes over when it is told to. */
export async function postgresqlSubject(major: PostgresMajor): Promise<ConnectorSubject> {
  const primary = await newCluster(major)
  // Only its port is needed, unless it is to take over.
  const standby = await PostgresServer.over(major, async (dataFolder) => void (await mkdir(dataFolder, { mode: 0o700 })))
  const servers = [primary, standby]
  let current = primary
  await primary.setHba(hba)
  await primary.start()
  await primary.query(
    `create role saver login replication password '${password}'; grant pg_monitor to saver; grant pg_read_all_settings to saver`,
  )
  await primary.query('checkpoint')
  const members = servers.map(({ port }) => ({ host: '127.0.0.1', port }))
  const config = { members, user: 'saver', database: 'postgres', tls: 'disable', keepsLog: true }
  let changes = 0
  const sessions = new Sessions()
  const describe = async (server: PostgresServer): Promise<unknown> => [await sessions.query(server, describeSql)]
  const held = async (): Promise<number> => {
    const sql = `select (select count(*) from pg_stat_activity where application_name = '${applicationName}')
      + (select count(*) from pg_replication_slots where temporary) as n`
    return Number((await sessions.query(current, sql))[0]?.['n'])
  }
  return {
    connector: createPostgresqlConnector(),
    context: systemContext,
    source: { config, secrets: { password } },
    ...spellings(config),
    unreachable: { config: { ...config, members: [{ host: '127.0.0.1', port: await closedPort() }] }, secrets: { password } },
    refused: { config, secrets: { password: wrongPassword } },
    secretTexts: [password, wrongPassword],
    change: () => change(sessions, current, changes++),
    describe: () => describe(current),
    async describeRestored(report) {
      await using server = await over(major, folderOf(report))
      await server.start()
      await using once = new Sessions()
      return [await once.query(server, describeSql)]
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
      await current.query('alter system set wal_keep_size = 0')
      await current.query('select pg_reload_conf()')
      for (let round = 0; round < 3; round++) await current.query('select pg_switch_wal()').then(() => current.query('checkpoint'))
    },
    async failOver() {
      await cp(await templateOf(major), standby.dataFolder, { recursive: true })
      await chmod(standby.dataFolder, 0o700)
      await standby.setHba(hba)
      await follow(standby, primary)
      const [end] = await primary.query('select pg_current_wal_flush_lsn()::text as lsn')
      await awaitReplay(standby, String(end?.['lsn']))
      await primary.stop('immediate')
      await standby.promote()
      current = standby
    },
    markToleranceMs: 400,
    async [Symbol.asyncDispose]() {
      await sessions[Symbol.asyncDispose]()
      for (const server of servers) await server[Symbol.asyncDispose]()
    },
  }
}

/** The same source in other words, other sources, and what is none. */
function spellings(config: { readonly members: readonly unknown[] }) {
  const { members } = config
  return {
    sameSource: [
      { ...config, members: members.toReversed() },
      { ...config, user: 'postgres', slot: 'another' },
    ],
    otherSources: [
      { ...config, members: members.slice(0, 1) },
      { ...config, members: [{ host: 'elsewhere', port: 5432 }] },
    ],
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
  } satisfies Partial<ConnectorSubject>
}

const describeSql = `select
  (select array[count(*), sum(hashtext(ledger::text))] from ledger)::text as ledger,
  (select array_agg(relname order by relname) from pg_class where relname like 'made%')::text as tables,
  (select array_agg(gid order by gid) from pg_prepared_xacts)::text as prepared,
  (select array[count(*), count(distinct loid)] from pg_largeobject)::text as large`

/** A connection to each server, kept: some tests ask a thousand times. */
class Sessions implements AsyncDisposable {
  readonly #clients = new Map<PostgresServer, PostgresClient>()

  async query(server: PostgresServer, sql: string): Promise<readonly Record<string, unknown>[]> {
    const client = this.#clients.get(server) ?? (await server.connect())
    this.#clients.set(server, client)
    const result = await client.query(sql)
    return (Array.isArray(result) ? result.at(-1) : result)?.rows ?? []
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients.values()) await client[Symbol.asyncDispose]()
    this.#clients.clear()
  }
}

/** A server over a copy of a restored folder, which stays as it was restored. */
async function over(major: PostgresMajor, folder: string): Promise<PostgresServer> {
  return PostgresServer.over(major, async (dataFolder) => {
    await cp(folder, dataFolder, { recursive: true, verbatimSymlinks: true })
    await appendFile(join(dataFolder, 'postgresql.conf'), 'hot_standby = off\n')
  })
}

async function change(sessions: Sessions, server: PostgresServer, number: number): Promise<void> {
  if (number > largeChangesMax) return void (await sessions.query(server, "insert into ledger (kind) values ('change')"))
  const kinds = [
    "insert into ledger (kind, filler) select 'many', repeat(md5(n::text), 10) from generate_series(1, 300) n",
    `create table made${number} (n int primary key); insert into made${number} select generate_series(1, 100)`,
    'update ledger set filler = reverse(filler) where n % 3 = 0; delete from ledger where n % 7 = 0',
    `begin; insert into ledger (kind) values ('prepared'); prepare transaction 'p${number}'`,
    `select lo_from_bytea(0, repeat('large', 3000)::bytea)`,
    `select pg_switch_wal()`,
  ]
  const prepared = await sessions.query(server, 'select gid from pg_prepared_xacts limit 1')
  if (number % kinds.length === 5 && prepared.length > 0) await sessions.query(server, `commit prepared '${prepared[0]?.['gid']}'`)
  await sessions.query(server, kinds[number % kinds.length] ?? 'select 1')
  // Whatever the kind, the data differ.
  await sessions.query(server, "insert into ledger (kind) values ('change')")
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
