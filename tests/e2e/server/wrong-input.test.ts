import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { listJobs, listPlans, listPoints, listSources, listVaults } from '@coffre/api-contract'
import { ServerProcess } from './server-process.ts'

let server: ServerProcess

before(async () => {
  server = await ServerProcess.start({ AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' })
  await mkdir(join(server.folder, 'folder'))
  await writeFile(join(server.folder, 'folder/file'), 'x')
  await writeFile(join(server.folder, 'no-json'), '{')
  const rule = { name: 'a', targetVault: 'main', schedule: 'cron(0 25 * * ? *)', lifecycle: {} }
  await writeFile(join(server.folder, 'no-cron.json'), JSON.stringify({ name: 'p', rules: [rule] }))
  assert.equal((await server.cli('vault', 'create', 'main')).code, 0)
  assert.equal((await server.cli('protect', './folder', '--name', 'docs', '--vault', 'main', '--every', '6h')).code, 0)
})
after(() => server[Symbol.asyncDispose]())

/** What is typed, the code that answers it, and what the message must name. */
const wrong: readonly (readonly [line: string, code: string, names: RegExp])[] = [
  ['vault create main', 'object.exists', /main/],
  ['vault create a/b', 'request.invalid', /name/],
  ['vault create other --at /proc/none/vault', 'storage', /\/proc/],
  ['vault create other --lock governance --min-retention-days 9 --max-retention-days 3', 'policy.retention-invalid', /9/],
  ['vault create other --at s3:http://127.0.0.1:1/bucket', 'storage.unavailable', /ECONNREFUSED/],
  ['protect ./folder --name docs --vault main', 'object.exists', /docs/],
  ['protect ./nowhere --name new --vault main', 'source.unfit', /nowhere/],
  ['protect ./folder/file --name new --vault none', 'object.missing', /none/],
  ['protect ./folder/file --name new --vault main --schedule nonsense', 'policy', /nonsense/],
  ['protect ./folder/file --name new --vault main --keep 7x', 'policy', /7x/],
  ['protect ./folder/file --name new --vault main --every 6h --time-zone Mars/Base', 'policy', /Mars/],
  ['backup none', 'object.missing', /none/],
  ['backup docs --vault none', 'object.missing', /none/],
  ['backup docs --delete-after soon', 'policy', /soon/],
  ['restore none --to ./x', 'object.missing', /none/],
  ['restore docs --to ./x', 'point.none', /docs/],
  ['points none', 'object.missing', /none/],
  ['point show 00000000-0000-7000-8000-000000000000', 'object.missing', /00000000/],
  ['point show nonsense', 'request.invalid', /point/],
  ['job cancel 00000000-0000-7000-8000-000000000000', 'object.missing', /00000000/],
  ['plan apply no-json', 'policy.plan-invalid', /JSON/],
  ['plan apply no-cron.json', 'policy', /25/],
  ['plan delete none --yes', 'object.missing', /none/],
  ['source delete docs', 'usage', /--yes/],
  ['prune none', 'object.missing', /none/],
]

for (const [line, code, names] of wrong) {
  test(`refused, with what is wrong: ${line}`, async () => {
    const before = await everything()
    const { code: exit, stdout, stderr } = await server.cli(...line.split(' '))
    assert.notEqual(exit, 0)
    assert.equal(stdout, '')
    assert.ok(stderr.includes(`coffre: ${code}`), stderr)
    assert.match(stderr, names)
    // What is wrong with a word of a request is said by the word itself.
    if (code !== 'request.invalid') assert.match(stderr, /^hint: ./m)
    assert.deepEqual(await everything(), before)
  })
}

/** What the server does by itself, whenever it is time for it. */
const ownJobs = ['RECORD', 'CATALOGUE_BACKUP']

/** All that a command could have changed. */
async function everything(): Promise<unknown> {
  const client = await server.client()
  const jobs = await client.call(listJobs, {})
  return [
    await client.call(listVaults, {}),
    await client.call(listSources, {}),
    await client.call(listPlans, {}),
    jobs.items.filter(({ kind }) => !ownJobs.includes(kind)),
    await client.call(listPoints, {}),
  ]
}

test('without a server, or with a wrong token, the command line says so', async () => {
  const gone = await server.cli('status', '--json')
  assert.equal(gone.code, 0)
  await server.stop()
  const { code, stderr } = await server.cli('status')
  assert.notEqual(code, 0)
  assert.match(stderr, /server\.unreachable/)
  assert.match(stderr, /npm start/)
})
