import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock, startScriptedServer } from '@coffre/testkit'
import { apiScript, problem, type ScriptedAnswer } from '../testing/api-script.ts'
import { endedJob, exampleId, exampleJob } from '../testing/example-objects.ts'
import { type CliOptions, runCli } from '../testing/run-cli.ts'

const job = exampleJob()
const events = `GET /jobs/${job.id}/events`
const started = { 'POST /sources/docs/backups': { status: 202, body: job } }
/** Pauses take no time. */
function hasty() {
  return { clock: new FakeClock({ automatic: true }) }
}

async function backup(answers: ScriptedAnswer | readonly ScriptedAnswer[], args: readonly string[] = [], options: CliOptions = {}) {
  await using server = await startScriptedServer(apiScript({ ...started, [events]: answers }))
  return await runCli(['backup', 'docs', '--wait', ...args], {
    environment: { COFFRE_URL: `http://${server.host}` },
    host: hasty(),
    ...options,
  })
}

test('the exit code tells how the job ended', async () => {
  const error = (code: string) => ({ code, detail: 'the disk said no', hint: 'Try another.' })
  const cases: readonly (readonly [end: ReturnType<typeof endedJob>, exitCode: number, says: RegExp])[] = [
    [
      endedJob('COMPLETED', { pointId: exampleId(9) }),
      0,
      /^BACKUP docs: COMPLETED, 1 items, 512 B in 0:05\nrecovery point \S+9\n$/,
    ],
    [endedJob('PARTIAL', { message: '3 files were not read' }), 3, /job\.partial: .*3 files were not read\nhint: `coffre job log/],
    [endedJob('FAILED', { error: error('source.unreachable') }), 48, /source\.unreachable: the disk said no\nhint: Try another\./],
    [endedJob('FAILED', { error: error('far.newer') }), 1, /far\.newer: the disk said no/],
    [endedJob('FAILED'), 108, /job\.failed/],
    [endedJob('ABORTED'), 109, /job\.aborted/],
    [endedJob('EXPIRED'), 110, /job\.expired/],
  ]
  for (const [end, exitCode, says] of cases) {
    const run = await backup({ events: [job, end] })
    assert.equal(run.exitCode, exitCode, run.stderr)
    assert.match(run.stdout + run.stderr, says)
  }
})

test('with --json, the job as it ended is one document', async () => {
  const end = endedJob('COMPLETED')
  const { stdout, stderr } = await backup({ events: [job, end] }, ['--json'])
  assert.deepEqual([JSON.parse(stdout), stderr], [end, ''])
})

test('a server that goes away in between is waited for', async () => {
  const run = await backup([{ events: [job] }, { events: [] }, { events: [job, endedJob('COMPLETED')] }])
  assert.equal(run.exitCode, 0, run.stderr)
})

test('a server that stays away ends the waiting', async () => {
  const host = hasty()
  const run = await backup([{ events: [job] }, problem('catalogue.unavailable', 'not now', 503)], [], { host })
  assert.equal(run.exitCode, 52, run.stderr)
  assert.ok(host.clock.monotonicMs() > 60_000, `it gave up after ${host.clock.monotonicMs()} ms`)
})

test('whoever stops waiting is told that the job runs on', async () => {
  const interrupted = new AbortController()
  const watch = (): ScriptedAnswer => {
    setImmediate(() => interrupted.abort())
    return { events: [job], staysOpen: true }
  }
  await using server = await startScriptedServer(apiScript({ ...started, [events]: watch }))
  const environment = { COFFRE_URL: `http://${server.host}` }
  const { exitCode, stderr } = await runCli(['backup', 'docs', '--wait'], { environment, signal: interrupted.signal })
  assert.equal(exitCode, 130)
  assert.match(stderr, new RegExp(`runs on: .coffre job wait ${job.id}`))
})
