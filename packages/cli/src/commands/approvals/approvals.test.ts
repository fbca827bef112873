import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startScriptedServer } from '@coffre/testkit'
import { apiScript } from '../../testing/api-script.ts'
import { cliAgainst } from '../../testing/cli-against.ts'
import { exampleApproval } from '../../testing/example-objects.ts'

const votes = [{ principal: 'user:bob', verdict: 'APPROVE', comment: 'fine', at: '2026-11-21T12:00:00.000Z' }] as const
const approval = exampleApproval({ request: { lock: { mode: 'governance' } }, votes: [...votes] })
const path = `/approvals/${approval.id}`

test('a request is shown to the letter, with its votes, and listed', async () => {
  const routes = apiScript({ [`GET ${path}`]: { body: approval }, 'GET /approvals': { body: { items: [approval] } } })
  await using server = await startScriptedServer(routes)
  const { stdout } = await cliAgainst(server.host, ['approval', 'show', approval.id])
  assert.match(stdout, /Request +\{"lock":\{"mode":"governance"\}\}\n/)
  assert.match(stdout, /Votes +1 \/ 2\n +2026-11-21 \S+ user:bob APPROVE fine\n/)
  assert.match((await cliAgainst(server.host, ['approval', 'list', '--pending'])).stdout, /PENDING +holds\.lift +hold:\S+ +1 \/ 2 /)
  assert.equal(new URL(server.requests.at(-1)?.url ?? '', 'http://x').searchParams.get('state'), 'PENDING')
})

test('votes are sent with their comment; who asked withdraws', async () => {
  const routes = apiScript({ [`POST ${path}/votes`]: { body: approval }, [`POST ${path}/withdraw`]: { body: approval } })
  await using server = await startScriptedServer(routes)
  const cases = [
    [['approve', approval.id], { verdict: 'APPROVE', comment: null }],
    [['reject', approval.id, '--comment', 'not now'], { verdict: 'REJECT', comment: 'not now' }],
  ] as const
  for (const [args, body] of cases) {
    assert.equal((await cliAgainst(server.host, ['approval', ...args])).exitCode, 0)
    assert.deepEqual(JSON.parse(server.requests.at(-1)?.body.toString() ?? ''), body)
  }
  assert.equal((await cliAgainst(server.host, ['approval', 'withdraw', approval.id])).exitCode, 0)
  assert.equal(server.requests.at(-1)?.url, `/api/v1${path}/withdraw`)
})
