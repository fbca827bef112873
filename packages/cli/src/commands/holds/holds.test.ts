import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock, startScriptedServer } from '@coffre/testkit'
import { apiScript, problem } from '../../testing/api-script.ts'
import { cliAgainst } from '../../testing/cli-against.ts'
import { exampleApproval, exampleHold, exampleId } from '../../testing/example-objects.ts'

const hold = exampleHold()

test('a hold is made with its conditions, and never without any', async () => {
  await using server = await startScriptedServer(apiScript({ 'POST /holds': { status: 201, body: hold } }))
  const host = { clock: new FakeClock({ startMs: Date.UTC(2026, 10, 21) }) }
  const args = ['hold', 'create', 'case 7', '--description', 'the court asks', '--vault', 'main', '--since', '2 days ago']
  const { exitCode, stdout, stderr } = await cliAgainst(server.host, args, { host })
  assert.equal(exitCode, 0, stderr)
  assert.match(stdout, /Title +case 7\n[\s\S]*State +ACTIVE\n/)
  assert.deepEqual(JSON.parse(server.requests[0]?.body.toString() ?? ''), {
    title: 'case 7',
    description: 'the court asks',
    query: { vaults: ['main'], createdAfter: '2026-11-19T00:00:00.000Z' },
  })
  for (const wrong of [['case'], ['case', '--description', 'd'], ['case', '--vault', 'main']])
    assert.equal((await cliAgainst(server.host, ['hold', 'create', ...wrong])).exitCode, 20, wrong.join(' '))
  assert.equal(server.requests.length, 1)
})

test('holds are listed and shown', async () => {
  const routes = apiScript({ 'GET /holds': { body: { items: [hold] } }, [`GET /holds/${hold.id}`]: { body: hold } })
  await using server = await startScriptedServer(routes)
  assert.match((await cliAgainst(server.host, ['hold', 'list', '--active'])).stdout, /case 7 +ACTIVE +3 /)
  assert.equal(new URL(server.requests[0]?.url ?? '', 'http://x').searchParams.get('state'), 'ACTIVE')
  assert.match((await cliAgainst(server.host, ['hold', 'show', hold.id])).stdout, /Description +the court asks/)
})

test('a hold is lifted in two steps: the others are asked, then it is done with their approval, and a yes', async () => {
  const approval = exampleApproval()
  const routes = apiScript({
    [`GET /holds/${hold.id}`]: { body: hold },
    'POST /approvals': { status: 201, body: approval },
    [`POST /holds/${hold.id}/lift`]: ({ body }) =>
      (body as { approval?: string }).approval === undefined
        ? problem('approval.needed', 'this needs the approval of 2 people', 403)
        : { body: { ...hold, state: 'CANCELED' } },
  })
  await using server = await startScriptedServer(routes)
  const lift = (...args: string[]) => cliAgainst(server.host, ['hold', 'lift', hold.id, ...args])
  const alone = await lift('--yes')
  assert.equal(alone.exitCode, 112)
  assert.match(alone.stderr, /this needs the approval of 2 people\nhint: Ask the others with --reason TEXT/)
  const asked = await lift('--reason', 'the case is over')
  assert.equal(asked.exitCode, 0, asked.stderr)
  assert.match(asked.stdout, new RegExp(`coffre approval approve ${approval.id}`))
  assert.deepEqual(JSON.parse(server.requests.at(-1)?.body.toString() ?? ''), {
    operation: 'holds.lift',
    hold: hold.id,
    reason: 'the case is over',
  })
  assert.equal((await lift('--approval', approval.id)).exitCode, 20, 'it asks first')
  const done = await lift('--approval', approval.id, '--yes')
  assert.match(done.stdout, /State +CANCELED/)
  assert.deepEqual(JSON.parse(server.requests.at(-1)?.body.toString() ?? ''), { approval: approval.id })
  assert.equal((await lift('--approval', exampleId(9), '--reason', 'x')).exitCode, 20)
})
