import assert from 'node:assert/strict'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startScriptedServer, temporaryFolder } from '@coffre/testkit'
import { apiScript, problem } from '../../testing/api-script.ts'
import { cliAgainst } from '../../testing/cli-against.ts'
import { endedJob, exampleJob, exampleVault } from '../../testing/example-objects.ts'

const made = { vault: exampleVault(), recoveryKey: 'AAAAA-BBBBB', recoveryKit: 'print me\n' }
const creates = { 'POST /vaults': { status: 201, body: made } }

/** What the server was asked for, and how the command ended. */
async function create(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  await using server = await startScriptedServer(apiScript(creates))
  const end = await cliAgainst(server.host, ['vault', 'create', ...args], { environment, workingFolder: '/home/ada' })
  const [request] = server.requests
  return { ...end, request, body: request === undefined ? undefined : (JSON.parse(request.body.toString()) as unknown) }
}

test('the recovery key is a line of its own, and all that --quiet leaves', async () => {
  const { exitCode, stdout, stderr, request } = await create(['main'])
  assert.equal(exitCode, 0, stderr)
  assert.ok(stdout.split('\n').includes('AAAAA-BBBBB'), stdout)
  assert.match(stderr, /Keep the recovery key/)
  assert.equal(request?.headers.authorization, 'Bearer key')
  assert.equal((await create(['main', '--quiet'])).stdout, 'AAAAA-BBBBB\n')
  assert.deepEqual(JSON.parse((await create(['main', '--json'])).stdout), made)
})

test('what is asked of the server', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'keys')
  await writeFile(file, 'aws_access_key_id = k\naws_secret_access_key = s\n')
  const keys = { accessKeyId: 'k', secretAccessKey: 's' }
  const lock = ['--lock', 'compliance', '--min-retention-days', '7', '--max-retention-days', '30', '--changeable-for-days', '3']
  const aws = { AWS_ACCESS_KEY_ID: 'k', AWS_SECRET_ACCESS_KEY: 's' }
  type Case = readonly [
    args: readonly string[],
    more: Readonly<Record<string, unknown>>,
    environment?: Readonly<Record<string, string>>,
  ]
  const cases: readonly Case[] = [
    [[], {}],
    [[], {}, aws],
    [['--at', './v/../w'], { location: '/home/ada/w' }],
    [['--at', '/abs'], { location: '/abs' }],
    [['--at', 's3:http://h/b'], { location: 's3:http://h/b' }],
    [['--at', 's3:http://h/b'], { location: 's3:http://h/b', writerCredentials: keys }, aws],
    [['--writer-credentials', file, '--keeper-credentials', file], { writerCredentials: keys, keeperCredentials: keys }],
    [lock, { lock: { mode: 'compliance', minRetentionDays: 7, maxRetentionDays: 30, changeableForDays: 3 } }],
    [
      ['--classification', 'internal', '--region', 'eu', '--tag', 'a=1', '--tag', 'b=2'],
      { classification: 'internal', region: 'eu', tags: { a: '1', b: '2' } },
    ],
  ]
  for (const [args, more, environment] of cases) {
    const { body, stderr } = await create(['main', ...args], environment)
    assert.deepEqual(body, { name: 'main', tags: {}, ...more }, `${args.join(' ')} ${stderr}`)
  }
})

test('what cannot be meant is refused before the server is asked', async () => {
  for (const args of [[], ['a', 'b'], ['a', '--min-retention-days', '7'], ['a', '--lock', 'x'], ['a', '--tag', 'x']]) {
    const { exitCode, request } = await create(args)
    assert.deepEqual([exitCode, request], [20, undefined], args.join(' '))
  }
})

test('the kit is written for its owner only, never over a file, and taken away when there is no vault', async () => {
  await using folder = await temporaryFolder()
  const kit = join(folder.path, 'kit.txt')
  assert.equal((await create(['main', '--kit', kit])).exitCode, 0)
  assert.equal(await readFile(kit, 'utf8'), 'print me\n')
  assert.equal((await stat(kit)).mode & 0o777, 0o600)
  const again = await create(['main', '--kit', kit])
  assert.deepEqual([again.exitCode, again.request], [20, undefined])
  assert.equal(await readFile(kit, 'utf8'), 'print me\n')
  await using server = await startScriptedServer(apiScript({ 'POST /vaults': problem('object.exists', 'taken') }))
  const other = await cliAgainst(server.host, ['vault', 'create', 'main', '--kit', join(folder.path, 'other.txt')])
  assert.deepEqual([other.exitCode, await readdir(folder.path)], [80, ['kit.txt']])
})

test('a list is followed over all of its pages, or to its limit', async () => {
  const pages = apiScript({
    'GET /vaults': ({ url }) => {
      const from = Number(url.searchParams.get('after') ?? 0)
      const until = Math.min(5, from + Math.min(2, Number(url.searchParams.get('limit'))))
      const items = Array.from({ length: until - from }, (_, i) => exampleVault({ name: `v${from + i}` }))
      return { body: { items, ...(until < 5 ? { next: String(until) } : {}) } }
    },
  })
  await using server = await startScriptedServer(pages)
  const names = async (...args: readonly string[]) => {
    const { stdout } = await cliAgainst(server.host, ['vault', 'list', '--json', ...args])
    return (JSON.parse(stdout) as readonly { readonly name: string }[]).map(({ name }) => name)
  }
  assert.deepEqual(await names(), ['v0', 'v1', 'v2', 'v3', 'v4'])
  assert.deepEqual(await names('--limit', '3'), ['v0', 'v1', 'v2'])
  assert.match((await cliAgainst(server.host, ['vault', 'list'])).stdout, /^Name +State.*\n-+\nv0 .*\nv1 [\s\S]*\nv4 /)
})

test('a lock that nobody but Coffre holds is said to be that', async () => {
  const lock = { mode: 'governance' as const, minRetentionDays: 7, lockDate: null, isEnforcedByStorage: false }
  await using server = await startScriptedServer(apiScript({ 'GET /vaults/main': { body: exampleVault({ lock }) } }))
  const { stdout } = await cliAgainst(server.host, ['vault', 'show', 'main'])
  assert.match(stdout, /\nLock +governance 7–∞ d \(Coffre’s word only\)\n/)
})

test('a vault is healed, or only looked at, and waited for like other jobs', async () => {
  const job = exampleJob({ kind: 'HEAL', source: null })
  const left = { code: 'job.partial', detail: '2 files are not as they should be' }
  const routes = apiScript({
    'POST /vaults/main/heals': { status: 202, body: job },
    [`GET /jobs/${job.id}/events`]: [
      { events: [job, { ...endedJob('COMPLETED'), kind: 'HEAL', source: null }] },
      { events: [{ ...endedJob('PARTIAL'), kind: 'HEAL', source: null, error: left }] },
    ],
    'POST /vaults/gone/heals': problem('object.missing', 'there is no vault gone', 404),
  })
  await using server = await startScriptedServer(routes)
  const heal = (...args: readonly string[]) => cliAgainst(server.host, ['vault', 'heal', ...args])
  const asked = () => server.requests.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body.toString()))
  const begun = await heal('main')
  assert.deepEqual([begun.exitCode, asked()], [0, [{ dryRun: false }]], begun.stderr)
  assert.match(begun.stdout, new RegExp(`^HEAL .*coffre job wait ${job.id}`))
  assert.deepEqual(JSON.parse((await heal('main', '--dry-run', '--json')).stdout), job)
  assert.deepEqual(asked().at(-1), { dryRun: true })
  const done = await heal('main', '--wait')
  assert.equal(done.exitCode, 0, done.stderr)
  assert.match(done.stdout, /^HEAL main: COMPLETED/)
  const partial = await heal('main', '--wait')
  assert.equal(partial.exitCode, 3)
  assert.match(partial.stderr, /2 files are not as they should be/)
  assert.match((await heal('gone')).stderr, /object\.missing: there is no vault gone/)
  assert.equal((await heal()).exitCode, 20)
})

test('the policies of the two credentials are printed each as a document that can be pasted, or both as one', async () => {
  const policyOf = (Sid: string) => ({
    Version: '2012-10-17',
    Statement: [{ Sid, Effect: 'Deny', Action: ['s3:DeleteBucket'], Resource: ['arn:aws:s3:::b'] }],
  })
  const policies = { writer: policyOf('NeverDestroy'), keeper: policyOf('NeverBreakALock') }
  const routes = apiScript({
    'GET /vaults/main/policies': { body: policies },
    'GET /vaults/disk/policies': problem('storage.unsupported', 'vault disk is a folder'),
  })
  await using server = await startScriptedServer(routes)
  const ask = (...args: readonly string[]) => cliAgainst(server.host, ['vault', 'policies', ...args])
  const { exitCode, stdout, stderr } = await ask('main')
  assert.equal(exitCode, 0, stderr)
  const [, writer, keeper] = /^writer: .*\n(\{[\s\S]*\n\})\nkeeper: .*\n(\{[\s\S]*\n\})\n$/.exec(stdout) ?? []
  assert.deepEqual({ writer: JSON.parse(writer ?? ''), keeper: JSON.parse(keeper ?? '') }, policies)
  assert.match((await ask('main', '--quiet')).stdout, /^\{[\s\S]*\n\}\n\{[\s\S]*\n\}\n$/)
  assert.deepEqual(JSON.parse((await ask('main', '--json')).stdout), policies)
  const refused = await ask('disk')
  assert.match(refused.stderr, /storage\.unsupported: vault disk is a folder/)
  assert.notEqual(refused.exitCode, 0)
})
