import assert from 'node:assert/strict'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { getStatus, type StreamView } from '@coffre/api-contract'
import { systemContext } from '@coffre/foundation'
import { freePort, PostgresServer } from '@coffre/testkit'
import pg from 'pg'
import { ServerProcess } from '../server/server-process.ts'
import { stopRestored } from './stop-restored.ts'

const password = 'Tour-Password-7'

let database: PostgresServer
let server: ServerProcess
/** Just before the table was dropped, by the database's own clock. */
let cutAt: string
let kept: readonly unknown[]

before(async () => {
  database = await PostgresServer.start(16, {
    settings: { wal_level: 'replica', max_slot_wal_keep_size: '1GB' },
    hba: ['host all coffre 127.0.0.1/32 scram-sha-256', 'host replication coffre 127.0.0.1/32 scram-sha-256'],
  })
  const client = await connected(database.port)
  await client.query(`create role coffre login superuser replication password '${password}'`)
  await client.query('create table orders (id integer primary key, what text)')
  await client.query("insert into orders select i, 'order ' || i from generate_series(1, 500) i")
  await client.end()
  server = await ServerProcess.start({ COFFRE_POSTGRESQL_16: database.installation.binFolder })
  // The account that the restored server runs as has to pass.
  await chmod(server.folder, 0o755)
})
after(async () => {
  await server?.[Symbol.asyncDispose]()
  await database?.[Symbol.asyncDispose]()
})

async function connected(port: number): Promise<pg.Client> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' })
  await client.connect()
  return client
}

async function rowsAt(port: number): Promise<unknown[]> {
  const client = await connected(port)
  try {
    return (await client.query('select id, what from orders order by id')).rows
  } finally {
    await client.end()
  }
}

/** Asks until the stream is as wanted. */
async function stream(isWanted: (row: StreamView) => boolean): Promise<StreamView> {
  const tooLong = AbortSignal.timeout(90_000)
  const client = await server.client()
  for (;;) {
    const [row] = (await client.call(getStatus, { params: {} })).streams
    if (row !== undefined && isWanted(row)) return row
    await systemContext.clock.sleep(200, tooLong)
  }
}

test('one line protects a database, and its password is nowhere to be seen', async () => {
  assert.equal((await server.cli('vault', 'create', 'main')).code, 0)
  const url = `postgres://coffre:${password}@127.0.0.1:${database.port}/`
  const more = ['--name', 'shop', '--vault', 'main', '--continuous', '--window', '7d', '--every', '24h']
  const { code, stdout, stderr } = await server.cli('protect', url, ...more)
  assert.equal(code, 0, stderr)
  assert.match(stderr, /password in a URL/)
  const shown = await server.cli('source', 'show', 'shop', '--json')
  const plan = await server.cli('plan', 'show', 'shop', '--json')
  assert.match(plan.stdout, /"windowDays": ?7/)
  const audit = await server.cli('audit', 'list', '--json')
  for (const text of [stdout, stderr, shown.stdout, plan.stdout, audit.stdout, server.output]) assert.ok(!text.includes(password))
  await stream(({ windowFrom, windowThrough }) => windowFrom !== null && windowThrough !== null && windowThrough > windowFrom)
  assert.equal((await server.cli('status', 'shop')).code, 0)
})

test('a table that is dropped is explained and restored to the moment just before, in a server that is started', async () => {
  const client = await connected(database.port)
  await client.query("insert into orders select i, 'late ' || i from generate_series(501, 600) i")
  kept = (await client.query('select id, what from orders order by id')).rows
  const { rows } = await client.query(
    'select to_char(clock_timestamp() at time zone \'UTC\', \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\') as now',
  )
  cutAt = String(rows[0].now)
  await client.query('drop table orders')
  await client.query('create table later (id integer)')
  await client.end()
  await stream(({ windowThrough }) => windowThrough !== null && Date.parse(windowThrough) > Date.parse(cutAt))
  const plan = await server.json<{ stop: { lastKept: { label: string }; firstLeftOut: { label: string } } }>(
    'explain',
    'restore',
    'shop',
    '--at',
    cutAt,
  )
  assert.match(plan.stop.lastKept.label, /commit of transaction \d+/)
  assert.match(plan.stop.firstLeftOut.label, /commit of transaction \d+/)
  const port = await freePort()
  const target = join(server.folder, 'restored')
  const { code, stdout, stderr } = await server.cli(
    'restore',
    'shop',
    '--at',
    cutAt,
    '--to',
    target,
    '--start',
    '--port',
    String(port),
    '--wait',
  )
  assert.equal(code, 0, stderr)
  try {
    assert.deepEqual(await rowsAt(port), kept)
  } finally {
    await stopRestored(stdout)
  }
})

test('the table that was dropped is loaded beside the others of the running server, and nothing there is overwritten', async () => {
  const into = `postgres://coffre:${password}@127.0.0.1:${database.port}/postgres`
  const what = ['restore', 'shop', '--at', cutAt, '--tables', 'public.orders', '--into', into, '--schema', 'restored']
  const line = [...what, '--wait']
  const before = await server.json<{ engine: { version: string; aside: object }; obstacles: object[] }>('explain', ...what)
  assert.deepEqual([before.obstacles, typeof before.engine.version, typeof before.engine.aside], [[], 'string', 'object'])
  const { code, stdout, stderr } = await server.cli(...line)
  assert.equal(code, 0, stderr)
  assert.match(stderr, /password in a URL/)
  const client = await connected(database.port)
  const { rows } = await client.query('select id, what from restored.orders order by id')
  await client.query('insert into restored.orders values (601)')
  assert.deepEqual(rows, kept)
  const again = await server.cli(...line)
  assert.deepEqual([again.code, /restored\.orders/.test(again.stderr)], [51, true], again.stderr)
  const explained = await server.cli('explain', ...what)
  assert.match(explained.stdout, /in the way: the target has restored\.orders already/)
  const unknown = await server.cli(...line.with(5, 'order'))
  assert.deepEqual([unknown.code, /no table public\.order /.test(unknown.stderr)], [20, true], unknown.stderr)
  assert.equal((await client.query('select from restored.orders')).rowCount, 601)
  await client.end()
  const jobs = await server.cli('jobs', '--json')
  const audit = await server.cli('audit', 'list', '--json')
  const said = [
    stdout,
    stderr,
    again.stdout,
    again.stderr,
    explained.stdout,
    explained.stderr,
    jobs.stdout,
    audit.stdout,
    server.output,
  ]
  for (const text of said) assert.ok(!text.includes(password))
})

test('what there is of the log is listed, and what is not in it is refused with the bounds', async () => {
  const { epochs } = await server.json<{ epochs: { windows: unknown[]; gaps: unknown[] }[] }>('timeline', 'shop')
  assert.deepEqual(
    epochs.map(({ windows, gaps }) => [windows.length, gaps.length]),
    [[1, 0]],
  )
  const map = await server.cli('timeline', 'shop', '--since', '5 minutes ago')
  const [, lsn = ''] = /drop {2}postgres\.public\.orders.*just before: ([0-9A-F]+\/[0-9A-F]+)/.exec(map.stdout) ?? []
  assert.notEqual(lsn, '', map.stdout)
  const explained = await server.cli('explain', 'restore', 'shop', '--lsn', lsn, '--to', 'restored')
  assert.match(explained.stdout, /First left out +\S+ +commit of transaction \d+/)
  assert.match(explained.stdout, /in the way: there is something in \S+restored already/)
  const wrong = [
    [
      ['restore', 'shop', '--to', './x', '--at', '2199-01-01T00:00:00Z'],
      120,
      /in the future: shop can be restored from .* through /,
    ],
    [
      ['explain', 'restore', 'shop', '--at', '2001-01-01T00:00:00Z'],
      120,
      /before the oldest base: shop can be restored from .* through /,
    ],
    [['restore', 'nobody', '--to', './x', '--lsn', '0/1'], 81, /nobody/],
    [['restore', 'shop', '--to', './x', '--lsn', '0/1', '--latest'], 20, /one target/],
    [['restore', 'shop', '--to', './x', '--start'], 20, /--port/],
    [['protect', 'postgres://coffre:secret@/', '--name', 'b', '--vault', 'main'], 20, /no host/],
    [['protect', 'postgres://127.0.0.1:1/', '--name', 'b', '--vault', 'main'], 97, /cannot be protected/],
    [['protect', '/srv', '--name', 'b', '--vault', 'main', '--continuous'], 45, /no log that could be captured/],
    [['timeline', 'nobody'], 81, /nobody/],
  ] as const
  for (const [args, exitCode, message] of wrong) {
    const { code, stderr } = await server.cli(...args)
    assert.deepEqual([code, message.test(stderr)], [exitCode, true], `${args.join(' ')}: ${code} ${stderr}`)
    assert.ok(!stderr.includes('secret'))
  }
})

test('a password that was changed is entered again, and the capture goes on', async () => {
  const client = await connected(database.port)
  await client.query("alter role coffre password 'Tour-Password-8'")
  await client.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'coffre'")
  await client.end()
  await stream(({ state }) => state === 'RETRYING')
  assert.equal((await server.cli('source', 'check', 'shop')).code, 97)
  await writeFile(join(server.folder, 'password'), 'wrong\n')
  const wrong = await server.cli('source', 'update', 'shop', '--password-file', 'password')
  assert.equal(wrong.code, 97, wrong.stderr)
  await writeFile(join(server.folder, 'password'), 'Tour-Password-8\n')
  const { code, stderr } = await server.cli('source', 'update', 'shop', '--password-file', 'password')
  assert.equal(code, 0, stderr)
  await stream(({ state }) => state === 'CAPTURING')
})

test('a source that is deleted leaves nothing behind on its server', async () => {
  const slots = async (): Promise<number> => {
    const client = await connected(database.port)
    try {
      return (await client.query('select slot_name from pg_replication_slots')).rows.length
    } finally {
      await client.end()
    }
  }
  assert.equal(await slots(), 1)
  const { code, stderr } = await server.cli('source', 'delete', 'shop', '--yes')
  assert.deepEqual([code, stderr], [0, ''])
  assert.equal(await slots(), 0)
})
