import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { getStatus, listJobs, listPlans, listPoints, listSources, listVaults } from '@coffre/api-contract'
import { systemContext } from '@coffre/foundation'
import { type PostgresServer, postgresInstallation } from '@coffre/testkit'
import pg from 'pg'
import { newCluster } from '../../../packages/connectors/postgresql/src/testing/cluster-template.ts'
import { ServerProcess } from '../server/server-process.ts'
import { OlderServer } from './older-server.ts'

const major = 15
const password = 'Refused-Secret-3'
const wrongPassword = 'Wrong-Secret-4'
const sendersMax = 2
const slotsMax = 2

/** Captured from the beginning: what is restored. */
let source: PostgresServer
/** What cannot be protected, for one reason after the other. */
let unfit: PostgresServer
let older: OlderServer
let server: ServerProcess

before(async () => {
  await Promise.all([startSource(), startUnfit(), startServer()])
  const { code, stderr } = await server.cli('protect', source.url(), '--name', 'shop', '--vault', 'main', '--continuous')
  assert.equal(code, 0, stderr)
  await untilRestorable()
})
after(async () => {
  await server?.[Symbol.asyncDispose]()
  await older?.[Symbol.asyncDispose]()
  await unfit?.[Symbol.asyncDispose]()
  await source?.[Symbol.asyncDispose]()
})

async function startSource(): Promise<void> {
  source = await newCluster(major)
  await source.start()
}

async function startUnfit(): Promise<void> {
  unfit = await newCluster(major)
  await unfit.setHba(['host all saver 127.0.0.1/32 scram-sha-256', 'host replication refused 127.0.0.1/32 reject'])
  await unfit.configure({ max_wal_senders: sendersMax, max_replication_slots: slotsMax, synchronous_commit: 'local' })
  await unfit.start()
  await unfit.query(`create role saver login replication password '${password}'; create role weak login`)
  await unfit.query('create role refused login replication')
  older = await OlderServer.before(unfit)
}

async function startServer(): Promise<void> {
  server = await ServerProcess.start({ COFFRE_POSTGRESQL_15: (await postgresInstallation(major)).binFolder })
  await mkdir(join(server.folder, 'full'))
  await writeFile(join(server.folder, 'full/file'), 'somebody needs it')
  assert.equal((await server.cli('vault', 'create', 'main')).code, 0)
}

async function untilRestorable(): Promise<void> {
  const client = await server.client()
  const tooLong = AbortSignal.timeout(90_000)
  const isRestorable = async () => {
    const [row] = (await client.call(getStatus, {})).streams
    return row?.windowFrom != null && row.windowThrough != null && row.windowThrough > row.windowFrom
  }
  while (!(await isRestorable())) await systemContext.clock.sleep(100, tooLong)
}

/** What is wrong, what is typed, and what the one sentence and the hint have to name. */
interface Case {
  readonly what: string
  /** Makes it so, and resolves to what puts it back. */
  readonly arrange?: () => Promise<AsyncDisposable>
  readonly line: () => readonly string[]
  readonly exit: number
  readonly code: string
  readonly names: RegExp
  readonly hint: RegExp
}

const protect = (url: string) => ['protect', url, '--name', 'new', '--vault', 'main', '--continuous']
const asSaver = (secret: string) => `postgres://saver:${secret}@127.0.0.1:${unfit.port}/`
const unfitSource = { exit: 97, code: 'source.unfit' } as const

const refusedSources: readonly Case[] = [
  {
    what: 'a wrong password',
    line: () => protect(asSaver(wrongPassword)),
    ...unfitSource,
    names: /password authentication failed for user "saver"/,
    hint: /password is wrong/,
  },
  {
    what: 'a role without the right to replicate',
    line: () => protect(unfit.url('postgres', 'weak')),
    ...unfitSource,
    names: /no right to replicate from 127\.0\.0\.1:\d+/,
    hint: /ALTER ROLE … REPLICATION/,
  },
  {
    what: 'a pg_hba.conf that lets nobody replicate',
    line: () => protect(unfit.url('postgres', 'refused')),
    ...unfitSource,
    names: /pg_hba\.conf of 127\.0\.0\.1:\d+ .*replication/,
    hint: /host replication ROLE/,
  },
  {
    what: 'no free slot',
    arrange: async () => {
      await unfit.query(`select pg_create_physical_replication_slot('held' || n) from generate_series(1, ${slotsMax}) n`)
      return undo(() => unfit.query('select pg_drop_replication_slot(slot_name) from pg_replication_slots'))
    },
    line: () => protect(unfit.url()),
    ...unfitSource,
    names: /2 of 2 replication slots are in use .* 2 more are needed/,
    hint: /max_replication_slots = 8/,
  },
  {
    what: 'no free connection for replication',
    arrange: async () => {
      const held = await Promise.all(Array.from({ length: sendersMax }, replicating))
      return undo(() => Promise.all(held.map((client) => client.end())))
    },
    line: () => protect(unfit.url()),
    ...unfitSource,
    names: /2 of 2 connections for replication are in use/,
    hint: /max_wal_senders = 6/,
  },
  {
    what: 'commits that would wait for us',
    arrange: () => setOn(unfit, 'synchronous_standby_names', '*'),
    line: () => protect(unfit.url()),
    ...unfitSource,
    names: /synchronous_standby_names is '\*' .* commits would wait/,
    hint: /ALTER SYSTEM SET synchronous_standby_names/,
  },
  {
    what: 'a slot that might fill the disk',
    arrange: () => setOn(unfit, 'max_slot_wal_keep_size', '-1'),
    line: () => protect(unfit.url()),
    ...unfitSource,
    names: /max_slot_wal_keep_size is unlimited at 127\.0\.0\.1:\d+/,
    hint: /ALTER SYSTEM SET max_slot_wal_keep_size/,
  },
  {
    what: 'a version that is not supported',
    line: () => protect(`postgres://postgres@127.0.0.1:${older.port}/`),
    ...unfitSource,
    names: /is 14\.\S+.*15 to 18 are supported/,
    hint: /pg_dump/,
  },
  {
    what: 'a port that nobody listens on',
    line: () => protect('postgres://postgres@127.0.0.1:1/'),
    ...unfitSource,
    names: /127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED/,
    hint: /listen_addresses/,
  },
  {
    what: 'a host that nobody knows',
    line: () => protect('postgres://postgres@no-such-host.invalid/'),
    ...unfitSource,
    names: /no-such-host\.invalid:5432 cannot be reached/,
    hint: /firewall/,
  },
  {
    // The last one: it takes a restart.
    what: 'wal_level = minimal',
    arrange: async () => {
      await unfit.stop()
      await unfit.configure({ wal_level: 'minimal', max_wal_senders: 0 })
      await unfit.start()
      return undo(() => Promise.resolve())
    },
    line: () => protect(unfit.url()),
    ...unfitSource,
    names: /wal_level is minimal at 127\.0\.0\.1:\d+/,
    hint: /wal_level = 'replica'/,
  },
]

const bounds = /shop can be restored from \d{4}-\S+Z through \d{4}-\S+Z/
const folder = (...more: readonly string[]) => ['restore', 'shop', '--to', './out', '--wait', ...more]
const intoTables = (url: string) => ['restore', 'shop', '--tables', 'public.nothing', '--into', url, '--wait']

const refusedRestores: readonly Case[] = [
  {
    what: 'a target in the future',
    line: () => folder('--at', '2199-01-01T00:00:00Z'),
    exit: 120,
    code: 'journal.outside-window',
    names: new RegExp(`2199-01-01.* in the future: ${bounds.source}`),
    hint: /./,
  },
  {
    what: 'a target before the window',
    line: () => folder('--at', '2001-01-01T00:00:00Z'),
    exit: 120,
    code: 'journal.outside-window',
    names: new RegExp(`2001-01-01.*: ${bounds.source}`),
    hint: /./,
  },
  {
    what: 'a folder that is not empty',
    line: () => folder().with(3, './full'),
    exit: 51,
    code: 'target.not-empty',
    names: /something in \S+\/full already/,
    hint: /Nothing was changed/,
  },
  {
    what: 'a port in use',
    line: () => folder('--start', '--port', String(unfit.port)),
    exit: 122,
    code: 'engine.failed',
    names: /port \d+ of 127\.0\.0\.1 cannot be had: EADDRINUSE/,
    hint: /Nothing was changed/,
  },
  {
    // Of all file systems this one has room for nothing on every machine.
    what: 'a disk that is too small',
    line: () => folder().with(3, '/proc/out'),
    exit: 32,
    code: 'storage.no-space',
    names: /needs \d+ MiB, and \/proc\/out has room for 0 MiB/,
    hint: /Nothing was changed\. Make room/,
  },
  {
    what: 'a wrong password of the server that tables go to',
    line: () => intoTables(`${asSaver(wrongPassword)}postgres`),
    exit: 49,
    code: 'source.credentials',
    names: /password authentication failed for user "saver"/,
    hint: /password is wrong/,
  },
  {
    what: 'tables that are not there',
    line: () => intoTables(unfit.url()),
    exit: 20,
    code: 'usage.invalid',
    names: /no table public\.nothing /,
    hint: /./,
  },
]

for (const { what, arrange, line, exit, code, names, hint } of [...refusedSources, ...refusedRestores]) {
  test(`refused, and nothing touched: ${what}`, async () => {
    await using _ = await arrange?.()
    const before = await everything()
    const { code: exitCode, stdout, stderr } = await server.cli(...line())
    assert.deepEqual([exitCode, stderr.includes(`coffre: ${code}: `)], [exit, true], stderr)
    assert.match(stderr, names)
    assert.match(/^hint: (.*)$/m.exec(stderr)?.[1] ?? '', hint, stderr)
    for (const text of [stdout, stderr, server.output])
      for (const secret of [password, wrongPassword]) assert.ok(!text.includes(secret), text)
    assert.deepEqual(await everything(), before)
  })
}

test('what was refused is told in the jobs, and no secret with it', async () => {
  const { items } = await (await server.client()).call(listJobs, { query: { kind: 'RESTORE' } })
  assert.deepEqual(new Set(items.map(({ state }) => state)), new Set(['FAILED']))
  const told = [await server.cli('jobs', '--json'), await server.cli('audit', 'list', '--json')]
  for (const { stdout } of told) for (const secret of [password, wrongPassword]) assert.ok(!stdout.includes(secret))
})

/** All that could have been touched: the catalogue but for a restore's own job, the folders, and the server. */
async function everything(): Promise<unknown> {
  const client = await server.client()
  const [vaults, sources, plans, points, jobs] = await Promise.all([
    client.call(listVaults, {}),
    client.call(listSources, {}),
    client.call(listPlans, {}),
    client.call(listPoints, { query: { source: 'shop' } }),
    client.call(listJobs, {}),
  ])
  return {
    vaults: vaults.items.map(({ name }) => name),
    sources: sources.items.map(({ name }) => name),
    plans: plans.items.map(({ name }) => name),
    points: points.items.map(({ id }) => id),
    jobs: jobs.items.flatMap(({ id, source }) => (source?.name === 'new' ? [id] : [])),
    folders: [(await readdir(server.folder)).sort(), await readdir(join(server.folder, 'full'))],
    slots: await unfit.query('select slot_name from pg_replication_slots order by slot_name'),
    relations: await unfit.query('select oid from pg_class order by oid'),
    schemas: await unfit.query('select nspname from pg_namespace order by nspname'),
  }
}

/** Sets what counts without a restart, and resolves once new sessions have it. */
async function setOn(server: PostgresServer, name: string, value: string): Promise<AsyncDisposable> {
  const { was } = (await server.query(`select current_setting('${name}') as was`))[0] ?? {}
  const set = async (wanted: string): Promise<void> => {
    await server.query(`alter system set ${name} = '${wanted}'`)
    await server.query('select pg_reload_conf()')
    const isSet = async () => (await server.query(`select current_setting('${name}') as is`))[0]?.['is'] === wanted
    while (!(await isSet())) await server.query('select pg_sleep(0.02)')
  }
  await set(value)
  return undo(() => set(String(was)))
}

async function replicating(): Promise<pg.Client> {
  const client = new pg.Client({ ...{ replication: 'true' }, host: '127.0.0.1', port: unfit.port, user: 'postgres' })
  await client.connect()
  return client
}

function undo(what: () => Promise<unknown>): AsyncDisposable {
  return { [Symbol.asyncDispose]: async () => void (await what()) }
}
