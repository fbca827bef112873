import assert from 'node:assert/strict'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { FakeClock, startScriptedServer, temporaryFolder } from '@coffre/testkit'
import { apiScript } from '../../testing/api-script.ts'
import { cliAgainst } from '../../testing/cli-against.ts'
import { exampleId } from '../../testing/example-objects.ts'

const head = 'ab'.repeat(32)

async function verify(chain: object) {
  const body = { anchors: 2, vaultsUnread: [], ...chain }
  await using server = await startScriptedServer(apiScript({ 'GET /audit/verification': { body } }))
  return await cliAgainst(server.host, ['audit', 'verify'])
}

test('a whole chain shows its head, a broken one where it broke', async () => {
  const whole = await verify({ isIntact: true, entries: 7, head, breakCount: 0, breaks: [] })
  assert.deepEqual([whole.exitCode, whole.stdout], [0, `the audit log is intact: 7 entries\nhead: ${head}\n`])
  const breaks = [
    { number: 3, problem: 'changed' },
    { number: 5, problem: 'missing' },
    { number: 6, problem: 'detached' },
  ]
  const broken = await verify({ isIntact: false, entries: 7, head, breakCount: 3, breaks })
  assert.equal(broken.exitCode, 115)
  assert.equal(broken.stdout, 'entry 3 was changed\nentry 5 is missing\nentry 6 does not follow from the one before it\n')
  assert.match(broken.stderr, /audit\.broken: the audit log is broken at 3 of 7 entries/)
})

const entry = {
  number: 9,
  at: '2026-11-21T12:00:00.000Z',
  orgId: exampleId(1),
  projectId: null,
  principal: 'user:local',
  operation: 'vaults.create',
  target: null,
  outcome: 'DENIED',
  code: 'auth.forbidden',
  detail: {},
  address: null,
  requestId: null,
  previousHash: head,
  hash: head,
}

test('the log is exported as JSON lines, to standard output or to a new file that nobody else reads', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'audit.jsonl')
  const lines = `${JSON.stringify(entry)}\n${JSON.stringify({ ...entry, number: 10 })}\n`
  const routes = apiScript({ 'GET /audit/export': { events: [entry, { ...entry, number: 10 }] } })
  await using server = await startScriptedServer(routes)
  assert.equal((await cliAgainst(server.host, ['audit', 'export', '--operation', 'vaults.*'])).stdout, lines)
  const { exitCode, stdout, stderr } = await cliAgainst(server.host, ['audit', 'export', '--to', path])
  assert.deepEqual([exitCode, stdout], [0, ''])
  assert.match(stderr, /^2 entries are in /)
  assert.equal(await readFile(path, 'utf8'), lines)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.equal((await cliAgainst(server.host, ['audit', 'export', '--to', path])).exitCode, 20)
})

test('entries are filtered by the server', async () => {
  await using server = await startScriptedServer(apiScript({ 'GET /audit': { body: { items: [entry] } } }))
  const host = { clock: new FakeClock({ startMs: Date.UTC(2026, 10, 21) }) }
  const args = ['audit', 'list', '--operation', 'vaults.*', '--since', '2 days ago', '--limit', '5']
  const { stdout } = await cliAgainst(server.host, args, { host })
  assert.match(stdout, /\n9 +2026-11-2\d .* user:local +vaults\.create +- +DENIED auth\.forbidden +-\n/)
  const { searchParams } = new URL(server.requests[0]?.url ?? '', 'http://x')
  assert.deepEqual(Object.fromEntries(searchParams), { operation: 'vaults.*', since: '2026-11-19T00:00:00.000Z', limit: '5' })
})
