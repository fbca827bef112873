import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AlarmView, StatusView } from '@coffre/api-contract'
import { startScriptedServer } from '@coffre/testkit'
import { apiScript } from '../../testing/api-script.ts'
import { cliAgainst } from '../../testing/cli-against.ts'
import { exampleId } from '../../testing/example-objects.ts'

const at = '2026-11-21T12:00:00.000Z'
const alarm: AlarmView = {
  id: exampleId(1),
  kind: 'backup.failed',
  severity: 'critical',
  subject: { kind: 'source', id: exampleId(2), name: 'docs' },
  message: 'docs was not backed up',
  raisedAt: at,
  seenAt: at,
  clearedAt: null,
}

function status(health: StatusView['health'], alarms: AlarmView[] = []): StatusView {
  return {
    health,
    version: '0.1.0',
    at,
    sources: 1,
    vaults: 2,
    points: 3,
    jobs: { waiting: 4, running: 5, failedInLastDay: 6 },
    workers: [{ id: exampleId(3), hostname: 'here', pid: 7, version: '0.1.0', seenAt: at }],
    protection: [{ source: { id: exampleId(2), name: 'docs' }, state: 'late', lastPointAt: null, nextRunAt: at }],
    streams: [],
    alarms,
  }
}

async function ask(body: StatusView, args: readonly string[] = []) {
  await using server = await startScriptedServer(apiScript({ 'GET /status': { body } }))
  return await cliAgainst(server.host, ['status', ...args])
}

test('the status is shown, and its exit code says whether all is well', async () => {
  const well = await ask(status('ok'))
  assert.deepEqual([well.exitCode, well.stderr], [0, ''])
  assert.match(well.stdout, /^Coffre 0\.1\.0: ok\n1 sources, 2 vaults, 3 recovery points\n[\s\S]*here\/7\n[\s\S]*docs +late/)
  for (const health of ['warning', 'critical'] as const) {
    const ill = await ask(status(health, [alarm]))
    assert.equal(ill.exitCode, 111)
    assert.match(ill.stdout, /backup\.failed +docs .* docs was not backed up\n/)
    assert.match(ill.stderr, new RegExp(`status\\.alarm: not all is well \\(${health}\\): 1 alarms`))
  }
})

test('with --json the document is whole, and the exit code the same', async () => {
  const body = status('critical', [alarm])
  const { exitCode, stdout } = await ask(body, ['--json'])
  assert.deepEqual([exitCode, JSON.parse(stdout)], [111, body])
})

test('alarms that hold are listed, or all', async () => {
  await using server = await startScriptedServer(apiScript({ 'GET /alarms': { body: { items: [alarm] } } }))
  assert.match((await cliAgainst(server.host, ['alarms'])).stdout, /backup\.failed/)
  await cliAgainst(server.host, ['alarms', '--all'])
  assert.deepEqual(
    server.requests.map(({ url }) => new URL(url, 'http://x').searchParams.get('active')),
    ['true', null],
  )
})
