import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { type Context, systemContext } from '@coffre/foundation'
import { newId } from '../catalogue/new-id.ts'
import { MetricRegistry } from '../http/metric-registry.ts'
import { addStateMetrics } from '../status/state-metrics.ts'
import { makeProject, startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { type AlarmChange, renewAlarms } from './alarm-book.ts'
import { findTroubles } from './find-troubles.ts'
import type { Trouble } from './trouble.ts'
import { Webhook } from './webhook.ts'

let its: TestCatalogue
let nowMs = Date.UTC(2026, 0, 1)
const context: Context = { ...systemContext, clock: { ...systemContext.clock, nowMs: () => nowMs, sleep: () => Promise.resolve() } }
const signal = new AbortController().signal

before(async () => {
  its = await startTestCatalogue()
})
after(() => its[Symbol.asyncDispose]())

async function project() {
  const { orgId, projectId } = await makeProject(its.catalogue, context, newId(context))
  const trouble: Trouble = {
    projectId,
    kind: 'backup.failed',
    subjectKind: 'source',
    subjectId: newId(context),
    severity: 'warning',
    message: 'it failed',
  }
  return { own: { id: projectId, orgId }, trouble }
}

const told = (changes: readonly AlarmChange[]) => changes.map(({ alarm, change }) => `${alarm.kind} ${change}`)

test('a trouble is one alarm for as long as it stays, is cleared once it is gone, and is another one when it comes back', async () => {
  const { own, trouble } = await project()
  assert.deepEqual(told(await renewAlarms(its.catalogue, context, own, [trouble])), ['backup.failed raised'])
  nowMs += 1000
  const worse = { ...trouble, severity: 'critical', message: 'it failed again' } as const
  assert.deepEqual(told(await renewAlarms(its.catalogue, context, own, [worse])), [])
  const [alarm] = await its.catalogue.selectFrom('alarm').selectAll().where('projectId', '=', own.id).execute()
  assert.deepEqual([alarm?.severity, alarm?.message, alarm?.seenAt], ['critical', 'it failed again', new Date(nowMs)])
  assert.deepEqual(told(await renewAlarms(its.catalogue, context, own, [])), ['backup.failed cleared'])
  assert.deepEqual(told(await renewAlarms(its.catalogue, context, own, [])), [])
  assert.deepEqual(told(await renewAlarms(its.catalogue, context, own, [trouble])), ['backup.failed raised'])
  const events = await its.catalogue.selectFrom('event').select('kind').where('projectId', '=', own.id).orderBy('number').execute()
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['alarm.raised', 'alarm.cleared', 'alarm.raised'],
  )
})

test('a clock that is wrong is a trouble', async () => {
  const { own } = await project()
  const kinds = async (offMs: number) => {
    const clock = { ...systemContext.clock, nowMs: () => systemContext.clock.nowMs() + offMs }
    const troubles = await findTroubles(its.catalogue, { ...systemContext, clock }, own.id)
    return troubles.map(({ kind }) => kind)
  }
  assert.deepEqual(await kinds(0), [])
  assert.deepEqual(await kinds(60_000), ['clock.skew'])
  assert.deepEqual(await kinds(-60_000), ['clock.skew'])
})

test('an alarm is a metric for as long as it holds', async () => {
  const { own, trouble } = await project()
  await its.catalogue
    .updateTable('alarm')
    .set({ clearedAt: new Date(nowMs) })
    .execute()
  const metrics = new MetricRegistry()
  addStateMetrics(metrics, its.catalogue, context.clock)
  await renewAlarms(its.catalogue, context, own, [trouble])
  assert.match(await metrics.render(), /^coffre_alarms\{severity="warning"\} 1$/m)
  await renewAlarms(its.catalogue, context, own, [])
  assert.match(await metrics.render(), /^coffre_alarms\{severity="warning"\} 0$/m)
})

test('of many who look at once, one raises the alarm', async () => {
  const { own, trouble } = await project()
  const changes = await Promise.all(Array.from({ length: 6 }, () => renewAlarms(its.catalogue, context, own, [trouble])))
  assert.deepEqual(told(changes.flat()), ['backup.failed raised'])
})

test('a webhook is told of each change, and asked again when it does not take it; its URL is not logged', async () => {
  const { own, trouble } = await project()
  const changes = await renewAlarms(its.catalogue, context, own, [trouble])
  const bodies: { change: string; message: string }[] = []
  const statuses = [500, 200, 500, 500, 500]
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => {
      bodies.push(JSON.parse(text))
      response.writeHead(statuses.shift() ?? 500).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const lines: string[] = []
    const secret = 'only-we-know'
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${secret}`
    const webhook = new Webhook(url, context.clock, (line) => void lines.push(line))
    await webhook.tell(changes, signal)
    assert.deepEqual(
      bodies.map(({ change, message }) => [change, message]),
      [
        ['raised', 'it failed'],
        ['raised', 'it failed'],
      ],
    )
    assert.deepEqual(lines, [])
    await webhook.tell(changes, signal)
    assert.equal(bodies.length, 5)
    assert.match(lines.join('\n'), /backup\.failed.*500/)
    assert.ok(!lines.join('\n').includes(secret))
  } finally {
    server.close()
  }
})
