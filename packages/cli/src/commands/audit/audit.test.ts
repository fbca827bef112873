import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock, startScriptedServer } from '@coffre/testkit'
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

test('entries are filtered by the server', async () => {
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
  await using server = await startScriptedServer(apiScript({ 'GET /audit': { body: { items: [entry] } } }))
  const host = { clock: new FakeClock({ startMs: Date.UTC(2026, 10, 21) }) }
  const args = ['audit', 'list', '--operation', 'vaults.*', '--since', '2 days ago', '--limit', '5']
  const { stdout } = await cliAgainst(server.host, args, { host })
  assert.match(stdout, /\n9 +2026-11-2\d .* user:local +vaults\.create +- +DENIED auth\.forbidden +-\n/)
  const { searchParams } = new URL(server.requests[0]?.url ?? '', 'http://x')
  assert.deepEqual(Object.fromEntries(searchParams), { operation: 'vaults.*', since: '2026-11-19T00:00:00.000Z', limit: '5' })
})
