import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { findTool } from '@coffre/testkit'
import { ServerProcess } from './server-process.ts'

const run = promisify(execFile)

let server: ServerProcess
let recoveryKey: string
const text = (name: string): Promise<string> => readFile(join(server.folder, name), 'utf8')

before(async () => {
  server = await ServerProcess.start()
  await mkdir(join(server.folder, 'folder/inner'), { recursive: true })
  await writeFile(join(server.folder, 'folder/one.txt'), 'first\n')
  await writeFile(join(server.folder, 'folder/inner/two.bin'), Buffer.alloc(3 << 20, 7))
  await utimes(join(server.folder, 'folder'), 1_700_000_000, 1_700_000_000.5)
})
after(() => server[Symbol.asyncDispose]())

test('the server says where it is, and how the first user signs in', () => {
  assert.match(server.output, /Coffre is running at http:\/\/127\.0\.0\.1:\d+/)
  assert.match(server.output, /\.\/coffre login http:\/\/127\.0\.0\.1:\d+ --first-user \S{20,}/)
})

test('a vault is made, and its recovery key shown', async () => {
  const { code, stdout } = await server.cli('vault', 'create', 'main')
  assert.equal(code, 0)
  recoveryKey = /^([0-9A-Z]{5}-){7}[0-9A-Z]{5}$/m.exec(stdout)?.[0] ?? ''
  assert.notEqual(recoveryKey, '')
  assert.ok((await readdir(join(server.stateFolder, 'vaults/main'))).includes('config'))
})

test('a folder is protected, backed up and listed', async () => {
  const made = await server.cli('protect', './folder', '--name', 'docs', '--vault', 'main', '--every', '6h', '--keep', '7d,4w,12m')
  assert.deepEqual([made.code, made.stderr], [0, ''])
  assert.equal((await server.cli('backup', 'docs', '--wait')).code, 0)
  const points = await server.json<{ state: string; keepLevels: string[]; source: { name: string } }[]>('points', 'docs')
  assert.deepEqual(
    points.map(({ state, keepLevels, source }) => [state, keepLevels, source.name]),
    [['COMPLETED', ['daily', 'weekly', 'monthly'], 'docs']],
  )
})

test('it comes back: the content and the own metadata of the folder, directly', async () => {
  assert.equal((await server.cli('restore', 'docs', '--to', './out', '--wait')).code, 0)
  assert.equal(await text('out/one.txt'), 'first\n')
  assert.equal((await stat(join(server.folder, 'out/inner/two.bin'))).size, 3 << 20)
  assert.equal((await stat(join(server.folder, 'out'))).mtimeMs, 1_700_000_000_500)
})

test('without a stream, a time means the newest point that was completed by then', async () => {
  const betweenMs = Date.now()
  await writeFile(join(server.folder, 'folder/one.txt'), 'second\n')
  assert.equal((await server.cli('backup', 'docs', '--wait', '--tag', 'v1.2.3')).code, 0)
  const between = new Date(betweenMs).toISOString()
  assert.equal((await server.cli('restore', 'docs', '--to', './then', '--at', between, '--wait')).code, 0)
  assert.equal(await text('then/one.txt'), 'first\n')
  assert.equal((await server.cli('restore', 'docs', '--to', './now', '--wait')).code, 0)
  assert.equal(await text('now/one.txt'), 'second\n')
  const [newest, oldest] = await server.json<{ id: string; tags: Record<string, string> }[]>('points', 'docs')
  assert.deepEqual(newest?.tags, { 'v1.2.3': '' })
  assert.equal((await server.cli('restore', 'docs', '--to', './chosen', '--point', oldest?.id ?? '', '--wait')).code, 0)
  assert.equal(await text('chosen/one.txt'), 'first\n')
  const early = await server.cli('restore', 'docs', '--to', './none', '--at', '10 minutes ago', '--wait')
  assert.match(early.stderr, /point\.none/)
})

test('a target that is not empty is refused, and overwritten when that is said', async () => {
  const refused = await server.cli('restore', 'docs', '--to', './then', '--wait')
  assert.equal(refused.code, 51)
  assert.match(refused.stderr, /target\.not-empty/)
  assert.equal(await text('then/one.txt'), 'first\n')
  assert.notEqual((await server.cli('restore', 'docs', '--to', './then', '--overwrite', '--wait')).code, 0)
  assert.equal((await server.cli('restore', 'docs', '--to', './then', '--overwrite', '--yes', '--wait')).code, 0)
  assert.equal(await text('then/one.txt'), 'second\n')
})

test('several roots come back under their absolute paths', async () => {
  for (const name of ['a', 'b']) {
    await mkdir(join(server.folder, name))
    await writeFile(join(server.folder, name, 'file'), name)
  }
  assert.equal((await server.cli('protect', './a', './b', '--name', 'both', '--vault', 'main')).code, 0)
  assert.equal((await server.cli('backup', 'both', '--wait')).code, 0)
  assert.equal((await server.cli('restore', 'both', '--to', './roots', '--wait')).code, 0)
  assert.equal(await text(join('roots', server.folder, 'a/file')), 'a')
  assert.equal(await text(join('roots', server.folder, 'b/file')), 'b')
})

test('the state folder and vaults are never part of a source', async () => {
  assert.equal((await server.cli('protect', '.', '--name', 'everything', '--vault', 'main')).code, 0)
  assert.ok([0, 3].includes((await server.cli('backup', 'everything', '--wait')).code))
  assert.equal((await server.cli('restore', 'everything', '--to', './all', '--wait')).code, 0)
  const found = await readdir(join(server.folder, 'all'))
  assert.ok(found.includes('folder'))
  assert.ok(!found.includes('state'))
})

test('jobs are followed until none is active', async () => {
  const { code } = await server.cli('backup', 'docs')
  assert.equal(code, 0)
  const followed = await server.cli('jobs', '--follow')
  assert.equal(followed.code, 0)
  const active = await server.json<unknown[]>('jobs', '--active')
  assert.deepEqual(active, [])
})

test('each point is checked after it was made', async () => {
  const points = await server.json<{ verification: string }[]>('points', 'docs')
  assert.deepEqual(new Set(points.map(({ verification }) => verification)), new Set(['SAMPLED']))
})

test('a plan of AWS Backup is applied; the audit log is intact; all is well but for the vaults that it names', async () => {
  const rule = {
    RuleName: 'Daily',
    TargetBackupVault: 'main',
    ScheduleExpression: 'cron(0 3 * * ? *)',
    Lifecycle: { DeleteAfterDays: 35 },
  }
  await writeFile(join(server.folder, 'plan.json'), JSON.stringify({ BackupPlan: { BackupPlanName: 'aws', Rules: [rule] } }))
  assert.equal((await server.cli('plan', 'apply', 'plan.json')).code, 0)
  assert.equal((await server.cli('audit', 'verify')).code, 0)
  const status = await server.json<{ protection: { source: { name: string }; state: string }[] }>('status')
  assert.deepEqual(status.protection.find(({ source }) => source.name === 'docs')?.state, 'ok')
})

test('stock restic opens the vault with the recovery key alone', async () => {
  const environment = { ...process.env, RESTIC_PASSWORD: recoveryKey, RESTIC_REPOSITORY: join(server.stateFolder, 'vaults/main') }
  const restic = findTool('restic', 'COFFRE_RESTIC')
  await run(restic, ['check', '--read-data', '--no-lock', '--quiet'], { env: environment })
  const { stdout } = await run(restic, ['snapshots', '--json', '--no-lock'], { env: environment })
  const snapshots = JSON.parse(stdout) as { tags: string[] }[]
  const points = await server.json<unknown[]>('points')
  assert.equal(snapshots.filter(({ tags }) => tags.includes('coffre:engine=files')).length, points.length)
})
