import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock, startScriptedServer } from '@coffre/testkit'
import { apiScript } from '../../testing/api-script.ts'
import { cliAgainst } from '../../testing/cli-against.ts'
import { endedJob, exampleId, exampleJob } from '../../testing/example-objects.ts'

const job = exampleJob()

async function ask(route: string, args: readonly string[]) {
  await using server = await startScriptedServer(apiScript({ [route]: { status: 202, body: job } }))
  const clock = new FakeClock({ startMs: Date.UTC(2026, 10, 21, 12) })
  const end = await cliAgainst(server.host, args, { workingFolder: '/home/ada', host: { clock } })
  const [request] = server.requests
  return { ...end, body: request === undefined ? undefined : (JSON.parse(request.body.toString()) as unknown) }
}

test('a backup is asked for, with labels', async () => {
  const backup = (...args: readonly string[]) => ask('POST /sources/docs/backups', ['backup', 'docs', ...args])
  const { exitCode, stdout, body } = await backup()
  assert.deepEqual([exitCode, body], [0, { tags: {} }])
  assert.match(stdout, new RegExp(`coffre job wait ${job.id}`))
  const given = await backup('--vault', 'v', '--tag', 'v1.2.3', '--tag', 'a=b', '--delete-after', '35d', '--description', 'release')
  const tags = { 'v1.2.3': '', 'a': 'b' }
  assert.deepEqual(given.body, { vault: 'v', tags, lifecycle: { deleteAfter: '35d' }, description: 'release' })
})

test('a restore goes to a folder meant from where the user stands, as it was at a time', async () => {
  const restore = (...args: readonly string[]) => ask('POST /sources/docs/restores', ['restore', 'docs', ...args])
  const cases: readonly (readonly [args: readonly string[], body: Readonly<Record<string, unknown>>])[] = [
    [['--to', './out'], { to: '/home/ada/out', overwrite: false }],
    [['-t', '/out', '--point', exampleId(4)], { to: '/out', overwrite: false, point: exampleId(4) }],
    [['--to', '/out', '--at', '10 minutes ago'], { to: '/out', overwrite: false, at: '2026-11-21T11:50:00.000Z' }],
    [['--to', '/out', '--at', '2026-11-21 12:00+01:00'], { to: '/out', overwrite: false, at: '2026-11-21T11:00:00.000Z' }],
    [['--to', '/out', '--overwrite', '--yes'], { to: '/out', overwrite: true }],
  ]
  for (const [args, body] of cases) assert.deepEqual((await restore(...args)).body, body, args.join(' '))
  const refused = [
    [],
    ['--to', ''],
    ['--to', '/o', '--at', '2026-11-21 12:00'],
    ['--to', '/o', '--overwrite'],
    ['--to', '/o', '--point', 'x', '--at', '1 day ago'],
  ]
  for (const args of refused) {
    const { exitCode, body } = await restore(...args)
    assert.deepEqual([exitCode, body], [20, undefined], args.join(' '))
  }
})

test('tables and databases go into a running server, whose password is in no argument that is kept', async () => {
  const restore = (...args: readonly string[]) => ask('POST /sources/docs/restores', ['restore', 'docs', ...args])
  const config = { members: [{ host: 'db', port: 5433 }], user: 'keeper', database: 'shop', tls: 'prefer' }
  const into = { config, secrets: { password: 'pass word' } }
  const url = 'postgres://keeper:pass%20word@db:5433/shop'
  const base = { into, overwrite: false }
  const tables = { parts: ['public.orders', 'sales."a, b"', 'c'] }
  const cases: readonly (readonly [args: readonly string[], body: Readonly<Record<string, unknown>>])[] = [
    [['--tables', 'public.orders,sales."a, b"', '--tables', 'c'], { ...base, ...tables }],
    [
      ['--tables', 'c', '--schema', 'restored', '--database', 'old', '--lsn', '0/1'],
      { ...base, parts: ['c'], position: '0/1', options: { schema: 'restored', database: 'old' } },
    ],
    [['--databases', 'a,b'], { ...base, options: { databases: ['a', 'b'] } }],
    [['--schemas', 'a,"B, c"', '--schemas', 'd'], { ...base, options: { schemas: ['a', '"B, c"', 'd'] } }],
    [['--schemas', 'a', '--schema', 'b'], { ...base, options: { schemas: ['a'], schema: 'b' } }],
    [[], base],
  ]
  for (const [args, body] of cases) {
    const end = await restore('--into', url, ...args)
    assert.deepEqual(end.body, body, args.join(' '))
    assert.match(end.stderr, /password in a URL/)
    assert.ok(!`${end.stdout}${end.stderr}`.includes('word@'))
  }
  const refused = [
    ['--to', '/o', '--into', url],
    ['--into', url, '--overwrite', '--yes'],
    ['--into', url, '--tables', 'a', '--databases', 'b'],
    ['--into', url, '--schemas', 'a', '--databases', 'b'],
    ['--into', url, '--schemas', 'a', '--tables', 'b'],
    ['--into', url, '--schemas', 'a,b', '--schema', 'c'],
    ['--to', '/o', '--schemas', 'a'],
    ['--into', 'mysql://a:b@c/d'],
    ['--to', '/o', '--tables', 'a'],
    ['--to', '/o', '--schema', 'a'],
    ['--to', '/o', '--database', 'a'],
    ['--to', '/o', '--databases', 'a'],
  ]
  for (const args of refused) {
    const { exitCode, body, stderr } = await restore(...args)
    assert.deepEqual([exitCode, body, stderr.includes('word@')], [20, undefined, false], args.join(' '))
  }
})

/** What an explanation came to. */
const explained = {
  base: { snapshotId: 'ab', pointId: exampleId(4), consistentAt: '2026-11-21T12:00:00.000Z', bytes: 2048 },
  logBytes: 0,
  stop: null,
  log: null,
  expectedSeconds: 90,
  engine: {
    name: 'PostgreSQL 16',
    version: null as string | null,
    aside: { folder: '/scratch', neededBytes: 4096, freeBytes: 1024 },
  },
  obstacles: [
    { code: 'target.not-empty', detail: 'the target has public.orders already', hint: 'Name another schema.' },
    { code: 'far.newer', detail: 'the moon is in the way' },
  ],
}

test('what a restore would do is asked as the restore itself is, and told with all that is in its way', async () => {
  const asked: unknown[] = []
  const explain = async (
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    result: object = explained,
  ) => {
    const job = endedJob('COMPLETED', { kind: 'EXPLAIN', result: result as Record<string, unknown> })
    const answers = {
      'POST /sources/docs/explanations': { status: 202, body: job },
      [`GET /jobs/${job.id}/events`]: { events: [job] },
    }
    await using server = await startScriptedServer(apiScript(answers))
    const end = await cliAgainst(server.host, ['explain', 'restore', 'docs', ...args], { environment })
    const [request] = server.requests
    if (request !== undefined) asked.push(JSON.parse(request.body.toString()))
    return end
  }
  const into = {
    config: { members: [{ host: 'db', port: 5432 }], user: 'u', database: 'shop', tls: 'prefer' },
    secrets: { password: 'pw' },
  }
  const { exitCode, stdout } = await explain(['--tables', 'orders', '--into', 'postgres://u:pw@db/shop', '--schema', 's'])
  assert.equal(exitCode, 0)
  for (const said of [
    /2\.000 KiB {2}\S+4$/m,
    /^Expected time +1:30$/m,
    /^Engine +PostgreSQL 16: it is not there\n +started aside in \/scratch, which needs 4\.000 KiB and has 1\.000 KiB$/m,
    /^in the way: the target has public\.orders already\n {2}Name another schema\.\nin the way: the moon is in the way$/m,
  ])
    assert.match(stdout, said)
  assert.doesNotMatch(stdout, /pw|Log|First left out/)
  const found = { ...explained, engine: { ...explained.engine, version: '16.4', aside: null } }
  const french = await explain(['--to', '/out', '--start', '--port', '5499'], { LANG: 'fr_FR.UTF-8' }, found)
  assert.match(french.stdout, /^Moteur +PostgreSQL 16 : 16\.4 est là$/m)
  assert.match(french.stdout, /obstacle : .*\(the target has public\.orders already\)/)
  const json = await explain(['--json'])
  assert.deepEqual(JSON.parse(json.stdout), explained)
  assert.deepEqual(asked, [
    { into, parts: ['orders'], options: { schema: 's' }, overwrite: false },
    { to: '/out', options: { start: true, port: 5499 }, overwrite: false },
    { overwrite: false },
  ])
  for (const args of [
    ['--tables', 'a'],
    ['--to', '/o', '--into', 'postgres://u:pw@db/shop'],
    ['--start', '--to', '/o'],
  ])
    assert.equal((await explain(args)).exitCode, 20, args.join(' '))
})

const other = exampleJob({ id: exampleId(8), source: null, kind: 'PRUNE', createdAt: '2026-11-21T12:00:01.000Z' })
/** Two jobs that run, of which one ends, then the other. */
const script = {
  'GET /jobs': [
    { body: { items: [other, job] } },
    { body: { items: [other] } },
    { body: { items: [other] } },
    { body: { items: [] } },
  ],
  [`GET /jobs/${job.id}`]: { body: endedJob('COMPLETED') },
  [`GET /jobs/${other.id}`]: {
    body: { ...other, state: 'FAILED', completedAt: other.createdAt, error: { code: 'x.y', detail: 'no' } },
  },
}

async function follow(args: readonly string[], isTerminal = false) {
  await using server = await startScriptedServer(apiScript(script))
  const host = { clock: new FakeClock({ automatic: true }) }
  return await cliAgainst(server.host, ['jobs', '--follow', ...args], { host, isTerminal })
}

test('jobs are followed by a line for each change, until none is active', async () => {
  const { exitCode, stdout } = await follow([])
  assert.equal(exitCode, 0)
  assert.deepEqual(stdout.trimEnd().split('\n'), [
    `${job.id}  BACKUP docs  RUNNING  50.0%`,
    `${other.id}  PRUNE main  RUNNING  50.0%`,
    `${job.id}  BACKUP docs  COMPLETED  100%`,
    `${other.id}  PRUNE main  FAILED  50.0%  x.y: no`,
  ])
})

test('with --json, each change is the whole job on a line', async () => {
  const { stdout } = await follow(['--json'])
  const states = stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as typeof job).state)
  assert.deepEqual(states, ['RUNNING', 'RUNNING', 'COMPLETED', 'FAILED'])
})

test('on a terminal the table is drawn anew in its place', async () => {
  const { stdout } = await follow([], true)
  assert.match(stdout, /^Kind +Source/)
  assert.equal(stdout.split('\u001b[5A\r\u001b[J').length, 4)
  assert.match(stdout.split('\u001b[5A\r\u001b[J').at(-1) ?? '', /COMPLETED[\s\S]*FAILED/)
})

test('a capture is shown, and nobody waits for its end', async () => {
  const capture = exampleJob({ id: exampleId(9), kind: 'CAPTURE' })
  await using server = await startScriptedServer(apiScript({ 'GET /jobs': { body: { items: [capture] } } }))
  const { exitCode, stdout } = await cliAgainst(server.host, ['jobs', '--follow'])
  assert.deepEqual([exitCode, stdout], [0, `${capture.id}  CAPTURE docs  RUNNING  50.0%\n`])
})

test('when nothing is active, that is said at once', async () => {
  await using server = await startScriptedServer(apiScript({ 'GET /jobs': { body: { items: [] } } }))
  assert.equal((await cliAgainst(server.host, ['jobs', '-f'])).stdout, 'no job is active\n')
})
