import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startScriptedServer, temporaryFolder } from '@coffre/testkit'
import type { Person } from '../../host/host.ts'
import { apiScript } from '../../testing/api-script.ts'
import { cliAgainst } from '../../testing/cli-against.ts'
import { exampleId, exampleSource } from '../../testing/example-objects.ts'

const rule = {
  id: exampleId(6),
  name: 'main',
  schedule: 'every 6h',
  timeZone: 'UTC',
  targetVault: 'main',
  nextRuns: ['2026-11-21T18:00:00.000Z'],
}
const plan = { id: exampleId(5), name: 'docs', version: 1, versionId: exampleId(7), timeZone: 'UTC', selections: ['docs'] }
const protects = {
  'POST /protections': {
    status: 201,
    body: {
      source: exampleSource(),
      plan: { ...plan, rules: [rule], document: {}, createdAt: exampleSource().createdAt },
      findings: [],
    },
  },
}
const named = ['--name', 'docs', '--vault', 'main']

async function protect(args: readonly string[]) {
  await using server = await startScriptedServer(apiScript(protects))
  const end = await cliAgainst(server.host, ['protect', ...args], { workingFolder: '/home/ada' })
  const [request] = server.requests
  return { ...end, body: request === undefined ? undefined : (JSON.parse(request.body.toString()) as unknown) }
}

test('folders become a source of files, meant from where the user stands and in the zone of their machine', async () => {
  const usual = { name: 'docs', vault: 'main', engine: 'files', timeZone: 'Europe/Paris', tags: {}, acceptFindings: false }
  const cases: readonly (readonly [args: readonly string[], more: Readonly<Record<string, unknown>>])[] = [
    [['./folder'], { config: { paths: ['/home/ada/folder'] } }],
    [['/a/', '../b', '--every', '6h'], { config: { paths: ['/a', '/home/b'] }, schedule: 'every 6h' }],
    [
      ['a', '--schedule', '0 3 * * *', '--delete-after', '35d'],
      { config: { paths: ['/home/ada/a'] }, schedule: '0 3 * * *', deleteAfter: '35d' },
    ],
    [
      ['/a', '--keep', '7d,4w,12m', '--time-zone', 'Asia/Tokyo'],
      { config: { paths: ['/a'] }, keep: '7d,4w,12m', timeZone: 'Asia/Tokyo' },
    ],
    [
      ['/a', '--exclude', '*.tmp', '-e', 'x', '--exclude-larger-than', '1K', '--exclude-caches', '--one-file-system'],
      {
        config: {
          paths: ['/a'],
          excludes: ['*.tmp', 'x'],
          excludeLargerThanBytes: 1024,
          excludesCaches: true,
          staysOnFileSystem: true,
        },
      },
    ],
    [
      ['/a', '--tag', 'k=v', '--tier', 'gold', '--environment', 'production', '--region', 'eu', '--plan', 'p', '--accept-findings'],
      {
        config: { paths: ['/a'] },
        tags: { k: 'v' },
        tier: 'gold',
        environment: 'production',
        region: 'eu',
        planName: 'p',
        acceptFindings: true,
      },
    ],
  ]
  for (const [args, more] of cases) {
    const { body, stderr } = await protect([...args, ...named])
    assert.deepEqual(body, { ...usual, ...more }, `${args.join(' ')} ${stderr}`)
  }
})

test('the next run is told', async () => {
  const { exitCode, stdout } = await protect(['/a', ...named])
  assert.equal(exitCode, 0)
  assert.match(stdout, /^docs is protected, in vault main\nschedule: every 6h, next run at 2026-11-2[12] /)
})

test('what cannot be meant is refused before the server is asked', async () => {
  const cases = [
    named,
    ['/a', '--name', 'docs'],
    ['/a', '--vault', 'main'],
    ['mysql://host/db', ...named],
    ['/a', 'mysql://host/db', ...named],
    ['/a', '--every', '6h', '--schedule', 'x', ...named],
    ['/a', '--keep', '7d', '--delete-after', '7d', ...named],
  ]
  for (const args of cases) {
    const { exitCode, body } = await protect(args)
    assert.deepEqual([exitCode, body], [20, undefined], args.join(' '))
  }
})

test('a deletion asks, and only a written-out yes counts', async () => {
  const source = exampleSource()
  const routes = {
    'GET /sources/docs': { body: source },
    [`DELETE /sources/${source.id}`]: { status: 200, body: { findings: [] } },
  }
  const remove = async (args: readonly string[], answer?: string) => {
    await using server = await startScriptedServer(apiScript(routes))
    const questions: string[] = []
    const ask: Person['ask'] = (question) => {
      questions.push(question)
      return Promise.resolve(answer ?? '')
    }
    const host = { person: answer === undefined ? undefined : { ask, askSecret: ask } }
    const { exitCode } = await cliAgainst(server.host, ['source', 'delete', 'docs', ...args], { host })
    return { exitCode, asked: questions.length, deleted: server.requests.some(({ method }) => method === 'DELETE') }
  }
  for (const answer of ['y', 'yes', 'O', ' oui '])
    assert.deepEqual(await remove([], answer), { exitCode: 0, asked: 1, deleted: true }, answer)
  for (const answer of ['', 'n', 'yesterday'])
    assert.deepEqual(await remove([], answer), { exitCode: 130, asked: 1, deleted: false }, answer)
  assert.deepEqual(await remove([]), { exitCode: 20, asked: 0, deleted: false })
  assert.deepEqual(await remove(['--yes']), { exitCode: 0, asked: 0, deleted: true })
  assert.deepEqual(await remove(['-y'], 'n'), { exitCode: 0, asked: 0, deleted: true })
})

test('a check tells what it found, and fails on errors alone', async () => {
  const check = async (severity: 'error' | 'warning') => {
    const finding = { severity, code: 'files.missing', message: '/docs is not there', remedy: 'Mount it.' }
    const body = exampleSource({ findings: [finding] })
    await using server = await startScriptedServer(apiScript({ 'POST /sources/docs/check': { body } }))
    return await cliAgainst(server.host, ['source', 'check', 'docs'])
  }
  const bad = await check('error')
  assert.equal(bad.exitCode, 97)
  assert.match(bad.stderr, /^error: \/docs is not there\n {2}Mount it\.\n/)
  const fair = await check('warning')
  assert.deepEqual([fair.exitCode, fair.stdout], [0, 'source docs can be backed up\n'])
})

test('a source of PostgreSQL gets a new password by itself, or with a new address; what nobody mentions stays', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'secret'), 'new one\n')
  const config = {
    members: [{ host: 'db', port: 5433 }],
    user: 'ada',
    database: 'shop',
    tls: 'require',
    keepsLog: true,
    slot: 'mine',
  }
  const source = exampleSource({ name: 'shop', engine: 'postgresql', config })
  const update = async (...args: readonly string[]) => {
    await using server = await startScriptedServer(
      apiScript({ 'GET /sources/shop': { body: source }, 'PATCH /sources/shop': { body: source } }),
    )
    const end = await cliAgainst(server.host, ['source', 'update', 'shop', ...args], { workingFolder: folder.path })
    const sent = server.requests.find(({ method }) => method === 'PATCH')
    return { ...end, body: sent === undefined ? undefined : (JSON.parse(sent.body.toString()) as unknown) }
  }
  const usual = { acceptFindings: false, secrets: { password: 'new one' } }
  assert.deepEqual((await update('--password-file', 'secret')).body, { ...usual, config })
  const moved = await update('postgres://bob@[::1]:5432,other/', '--password-file', 'secret', '--slot', 'second')
  const members = [
    { host: '::1', port: 5432 },
    { host: 'other', port: 5432 },
  ]
  const changed = { ...config, members, user: 'bob', database: 'postgres', tls: 'prefer', slot: 'second' }
  assert.deepEqual(moved.body, { ...usual, config: changed })
  const wrong = await update('/srv')
  assert.deepEqual([wrong.exitCode, wrong.body], [20, undefined])
  assert.match(wrong.stderr, /shop is a source of postgresql, not of files/)
})
