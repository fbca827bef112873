import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startScriptedServer, temporaryFolder } from '@coffre/testkit'
import { apiScript } from '../../testing/api-script.ts'
import { cliAgainst } from '../../testing/cli-against.ts'
import { exampleId } from '../../testing/example-objects.ts'

const runs = ['2026-11-22T05:00:00.000Z', '2026-11-23T05:00:00.000Z']
const plan = {
  id: exampleId(1),
  name: 'nightly',
  version: 2,
  versionId: exampleId(2),
  timeZone: 'UTC',
  rules: [
    { id: exampleId(3), name: 'daily', schedule: 'cron(0 5 ? * * *)', timeZone: 'UTC', targetVault: 'main', nextRuns: runs },
    { id: exampleId(4), name: 'by hand', schedule: null, timeZone: 'UTC', targetVault: 'main', nextRuns: [] },
  ],
  selections: ['all'],
  document: {},
  createdAt: runs[0],
}
const finding = { severity: 'warning', at: '/rules/0', message: 'there is no vault named main yet', hint: 'Make it.' }

test('a document is sent as it was written, from a file or by standard input', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'plan.json')
  const document = '{ "name":\n "nightly" }\n'
  await writeFile(file, document)
  const routes = apiScript({ 'PUT /plans': { body: { plan, findings: [finding], isChanged: true } } })
  await using server = await startScriptedServer(routes)
  const { exitCode, stdout, stderr } = await cliAgainst(server.host, ['plan', 'apply', file])
  assert.equal(exitCode, 0, stderr)
  assert.match(
    stdout,
    /^plan nightly is now version 2\n[\s\S]*\ndaily +cron\(0 5 \? \* \* \*\) +UTC +main +2026-11-22 [\s\S]*\nby hand +on demand/,
  )
  assert.match(stderr, /^warning: \/rules\/0: there is no vault named main yet\n {2}Make it\.\n$/)
  const host = { readInput: () => Promise.resolve(document) }
  await cliAgainst(server.host, ['plan', 'apply', '-', '--name', 'n', '--vault', 'v'], { host })
  assert.deepEqual(
    server.requests.map(({ body }) => JSON.parse(body.toString()) as unknown),
    [{ document }, { document, name: 'n', targetVault: 'v' }],
  )
})

test('a plan that is not there to read is refused before the server is asked', async () => {
  await using server = await startScriptedServer(apiScript({}))
  for (const args of [['nowhere.json'], [], ['a', 'b']])
    assert.equal((await cliAgainst(server.host, ['plan', 'apply', ...args])).exitCode, 20, args.join(' '))
  assert.equal(server.requests.length, 0)
})

test('a plan is shown with its next runs, and listed with the first of them', async () => {
  const routes = apiScript({ 'GET /plans/nightly': { body: plan }, 'GET /plans': { body: { items: [plan] } } })
  await using server = await startScriptedServer(routes)
  assert.match(
    (await cliAgainst(server.host, ['plan', 'show', 'nightly'])).stdout,
    /next runs of daily:\n {2}2026-11-22 \S+\n {2}2026-11-23 \S+\n$/,
  )
  assert.match((await cliAgainst(server.host, ['plan', 'list'])).stdout, /\nnightly +2 +daily, by hand +UTC +2026-11-22 /)
})

test('a plan is deleted by the id that was shown', async () => {
  const routes = apiScript({ 'GET /plans/nightly': { body: plan }, [`DELETE /plans/${plan.id}`]: { status: 204 } })
  await using server = await startScriptedServer(routes)
  assert.equal((await cliAgainst(server.host, ['plan', 'delete', 'nightly'])).exitCode, 20)
  assert.equal((await cliAgainst(server.host, ['plan', 'delete', 'nightly', '--yes'])).exitCode, 0)
  assert.equal(server.requests.at(-1)?.method, 'DELETE')
})
