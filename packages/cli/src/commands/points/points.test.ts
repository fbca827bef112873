import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startScriptedServer } from '@coffre/testkit'
import { apiScript, problem } from '../../testing/api-script.ts'
import { cliAgainst } from '../../testing/cli-against.ts'
import { exampleJob, examplePoint } from '../../testing/example-objects.ts'

const point = examplePoint()

test('points are listed, with what they are kept for', async () => {
  const items = [
    examplePoint({ keepLevels: ['daily', 'weekly'], tags: { 'v1.2.3': '', 'a': 'b' } }),
    examplePoint({ deleteAt: '2027-01-01T00:00:00.000Z' }),
    examplePoint({ storedBytes: null, verification: 'FAILED' }),
  ]
  await using server = await startScriptedServer(apiScript({ 'GET /points': { body: { items } } }))
  const { stdout } = await cliAgainst(server.host, ['points', 'docs', '--vault', 'main', '--limit', '3'])
  const [, , first = '', second = '', third = '', , footer] = stdout.split('\n')
  assert.match(first, /COMPLETED +SAMPLED +2\.000 KiB +1\.000 KiB +daily, weekly +v1\.2\.3 a=b$/)
  assert.match(second, / 202[67]-\d\d-\d\d \d\d:\d\d:\d\d$/)
  assert.match(third, /FAILED +2\.000 KiB +- +for ever$/)
  assert.equal(footer, 'recovery points: 3')
  const { searchParams } = new URL(server.requests[0]?.url ?? '', 'http://x')
  assert.deepEqual([searchParams.get('source'), searchParams.get('vault'), searchParams.get('limit')], ['docs', 'main', '3'])
})

test('a deletion says what goes, and the last good point needs more than a yes', async () => {
  const routes = apiScript({
    [`GET /points/${point.id}`]: { body: point },
    [`DELETE /points/${point.id}`]: ({ url }) =>
      url.searchParams.get('evenLast') === 'true'
        ? { status: 202, body: { ...point, state: 'DELETING' } }
        : problem('point.last', 'it is the last good point of docs'),
  })
  await using server = await startScriptedServer(routes)
  const refused = await cliAgainst(server.host, ['point', 'delete', point.id])
  assert.equal(refused.exitCode, 20)
  assert.match(refused.stderr, /recovery point of docs from 2026-11-2\d [\d:]+ \(2\.000 KiB\)/)
  assert.equal((await cliAgainst(server.host, ['point', 'delete', point.id, '--yes'])).exitCode, 103)
  assert.equal((await cliAgainst(server.host, ['point', 'delete', point.id, '--yes', '--even-last'])).exitCode, 0)
})

test('a verification reads as much as is wanted', async () => {
  await using server = await startScriptedServer(
    apiScript({ [`POST /points/${point.id}/verifications`]: { status: 202, body: exampleJob({ kind: 'VERIFY' }) } }),
  )
  await cliAgainst(server.host, ['point', 'verify', point.id])
  await cliAgainst(server.host, ['point', 'verify', point.id, '--read', 'sample'])
  assert.deepEqual(
    server.requests.map(({ body }) => body.toString()),
    ['{}', '{"read":"sample"}'],
  )
})

test('one point is shown with all that is known of it', async () => {
  await using server = await startScriptedServer(apiScript({ [`GET /points/${point.id}`]: { body: point } }))
  const { stdout } = await cliAgainst(server.host, ['point', 'show', point.id])
  assert.match(stdout, new RegExp(`^ID +${point.id}\\nSource +docs\\n[\\s\\S]*Snapshot +${point.snapshotId}\\n`))
})
