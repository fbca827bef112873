import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createSource, createVault, deleteSource, type Operation, type Problem, type SourceView } from '@coffre/api-contract'
import { CoffreError } from '@coffre/foundation'
import { TestApi } from '../testing/test-api.ts'
import { startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { defineHandler, type Handler } from './api-call.ts'

let its: TestCatalogue
before(async () => {
  its = await startTestCatalogue()
})
after(() => its[Symbol.asyncDispose]())

type Deletion = typeof deleteSource
const day = 24 * 3600_000

/** An operation without much of an answer, which counts its runs. */
function counting(run: (times: number) => Promise<void> = async () => undefined): { handler: Handler; times: () => number } {
  let times = 0
  const handler = defineHandler<Deletion>(deleteSource, async () => {
    times += 1
    await run(times)
    return { findings: [] }
  })
  return { handler, times: () => times }
}

async function send(api: TestApi, token: string, { path = '/sources/a', method = 'DELETE', body = '', user = 'writer' } = {}) {
  api.client(user, ['source.write', 'vault.write'])
  const headers = { 'authorization': `Bearer ${user}`, 'idempotency-key': token, 'content-type': 'application/json' }
  const init = body === '' ? { method, headers } : { method, headers, body }
  const answer = await api.request(`/api/v1${path}`, init)
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, text, code: /"code":"([^"]+)"/.exec(text)?.[1] }
}

test('the same request with the same key happens once; another one, and somebody else’s, happens for itself', async () => {
  const { handler, times } = counting()
  const api = await TestApi.start(its, { handlers: [handler] })
  assert.equal((await send(api, 'k1')).status, 200)
  const again = await send(api, 'k1')
  assert.deepEqual([again.status, again.headers.get('idempotency-replayed')], [200, 'true'])
  assert.equal(times(), 1)
  assert.deepEqual([(await send(api, 'k1', { path: '/sources/b' })).code, times()], ['request.repeated', 1])
  assert.deepEqual([(await send(api, 'k1', { user: 'other' })).status, times()], [200, 2])
  assert.deepEqual([(await send(api, 'k2')).status, times()], [200, 3])
  assert.deepEqual([(await send(api, 'é')).code, times()], ['request.invalid', 3])
})

test('the answer is the one that was given, by body', async () => {
  let made = 0
  const handler = defineHandler(createSource, async ({ body: { name, engine }, projectId }): Promise<SourceView> => {
    made += 1
    const none = { tier: null, environment: null, checkedAt: null, lastPointAt: null, nextRunAt: null }
    const at = { region: 'local', account: '0', createdAt: '2026-01-01T00:00:00Z' }
    return { ...none, ...at, id: projectId, name, engine, state: 'READY', config: {}, tags: {}, findings: [] }
  })
  const api = await TestApi.start(its, { handlers: [handler] })
  const request = { path: '/sources', method: 'POST', body: JSON.stringify({ name: 'a', engine: 'files', config: {} }) }
  const first = await send(api, 'k', request)
  const second = await send(api, 'k', request)
  assert.deepEqual([first.status, second.status, made], [201, 201, 1])
  assert.deepEqual(JSON.parse(second.text), JSON.parse(first.text))
  const other = await send(api, 'k', { ...request, body: request.body.replace('"a"', '"b"') })
  assert.deepEqual([other.status, other.code, made], [422, 'request.repeated', 1])
})

test('a request that is still at work is told so, and one that failed may be tried again', async () => {
  const started = Promise.withResolvers<void>()
  const failing = Promise.withResolvers<void>()
  const { handler, times } = counting(async (time) => {
    if (time > 1) return
    started.resolve()
    await failing.promise
  })
  const api = await TestApi.start(its, { handlers: [handler] })
  const first = send(api, 'k')
  await started.promise
  const second = await send(api, 'k')
  assert.deepEqual([second.status, second.code, second.headers.get('retry-after')], [409, 'request.in-progress', '2'])
  failing.reject(new CoffreError('source.unreachable', 'it is down'))
  assert.equal((await first).code, 'source.unreachable')
  assert.deepEqual([(await send(api, 'k')).status, times()], [200, 2])
})

test('of many at once, one runs', async () => {
  const { handler, times } = counting()
  const api = await TestApi.start(its, { handlers: [handler] })
  const answers = await Promise.all(Array.from({ length: 20 }, () => send(api, 'many')))
  assert.equal(times(), 1)
  for (const { status, code } of answers) assert.ok(status === 200 || code === 'request.in-progress', `${status} ${code}`)
})

test('a secret is neither stored nor shown again', async () => {
  const recoveryKey = 'correct-horse-battery-staple'
  const operation: Operation = { ...createVault, answer: createVault.answer.pick({ recoveryKey: true }) }
  const handler: Handler = { kind: 'answer', operation, run: async () => ({ recoveryKey }) }
  const api = await TestApi.start(its, { handlers: [handler] })
  const request = { path: '/vaults', method: 'POST', body: '{"name":"main"}' }
  assert.ok((await send(api, 'secret', request)).text.includes(recoveryKey))
  const again = await send(api, 'secret', request)
  assert.deepEqual([again.status, (JSON.parse(again.text) as Problem).code], [409, 'request.answered'])
  assert.ok(!again.text.includes(recoveryKey))
  const rows = await its.catalogue.selectFrom('idempotency').selectAll().where('token', '=', 'secret').execute()
  assert.deepEqual(
    rows.map(({ status, answer }) => ({ status, answer })),
    [{ status: 201, answer: null }],
  )
})

test('keys are forgotten after a day', async () => {
  const { handler, times } = counting()
  const api = await TestApi.start(its, { handlers: [handler] })
  await send(api, 'old')
  api.clock.advance(day - 1)
  await send(api, 'old')
  assert.equal(times(), 1)
  api.clock.advance(3600_001)
  await send(api, 'old')
  assert.equal(times(), 2)
})

test('what its server did not end is not done a second time', async () => {
  const { handler, times } = counting()
  const api = await TestApi.start(its, { handlers: [handler] })
  await send(api, 'killed')
  await its.catalogue.updateTable('idempotency').set({ status: null, answer: null }).where('token', '=', 'killed').execute()
  assert.deepEqual([(await send(api, 'killed')).code, times()], ['request.in-progress', 1])
})
