import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { ApiProblem, Client, cancelJob, startBackup, watchJob } from '@coffre/api-contract'
import { CoffreError } from '@coffre/foundation'
import { createAdaptorServer, type ServerType } from '@hono/node-server'
import { TestApi } from '../testing/test-api.ts'
import { startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { defineHandler, defineStreamHandler } from './api-call.ts'

const id = '01890a5d-ac96-774b-bcce-b302099a8057'
const arrived = Promise.withResolvers<AbortSignal>()
const watched = Promise.withResolvers<string | undefined>()
const ended = Promise.withResolvers<void>()

const handlers = [
  defineHandler(startBackup, ({ address }) => Promise.reject(new CoffreError('source.credentials', `you are at ${address}`))),
  defineHandler(cancelJob, async ({ signal }) => {
    arrived.resolve(signal)
    await once(signal, 'abort')
    throw new CoffreError('interrupted', 'the client has gone')
  }),
  defineStreamHandler(watchJob, ({ lastEventId }) => {
    watched.resolve(lastEventId)
    const never = new Promise<never>(() => undefined)
    const end = async () => {
      ended.resolve()
      return { value: undefined, done: true as const }
    }
    return { [Symbol.asyncIterator]: () => ({ next: () => never, return: end }) }
  }),
]

let its: TestCatalogue
let server: ServerType
let url: string
let client: Client
before(async () => {
  its = await startTestCatalogue()
  const api = await TestApi.start(its, { handlers })
  api.client('all', ['read', 'backup.run'])
  server = createAdaptorServer({ fetch: api.app.fetch })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  client = new Client({ url, token: 'all' })
})
after(async () => {
  if ('closeAllConnections' in server) server.closeAllConnections()
  server.close()
  await its[Symbol.asyncDispose]()
})

test('the address is that of the connection, whatever headers say', async () => {
  const headers = { 'authorization': 'Bearer all', 'x-forwarded-for': '203.0.113.9' }
  const answer = await fetch(`${url}/api/v1/sources/a/backups`, { method: 'POST', headers })
  assert.match(await answer.text(), /you are at 127\.0\.0\.1"/)
  assert.equal((await fetch(`${url}/metrics`)).status, 200)
})

test('a body that grows past the limit is refused before it has come whole', async () => {
  let sent = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 1
      if (sent > 1000) controller.close()
      else controller.enqueue(new Uint8Array(65_536).fill(0x20))
    },
  })
  const headers = { 'authorization': 'Bearer all', 'content-type': 'application/json' }
  const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit
  // The server closes the connection, and whether the answer is read before that is a matter of luck.
  const status = await fetch(`${url}/api/v1/sources/a/backups`, init).then(
    (answer) => answer.status,
    () => 413,
  )
  assert.equal(status, 413)
  assert.ok(sent < 1000, `${sent} parts were taken`)
})

test('who hangs up interrupts what was asked for', async () => {
  const hangUp = new AbortController()
  const call = client.call(cancelJob, { params: { job: id } }, { signal: hangUp.signal })
  const signal = await arrived.promise
  hangUp.abort()
  await assert.rejects(call, { name: 'AbortError' })
  if (!signal.aborted) await once(signal, 'abort')
})

test('who leaves a stream ends it', async () => {
  const leave = new AbortController()
  const headers = { 'authorization': 'Bearer all', 'last-event-id': '41' }
  const answer = await fetch(`${url}/api/v1/jobs/${id}/events`, { headers, signal: leave.signal })
  assert.equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  const first = await answer.body?.getReader().read()
  assert.equal(Buffer.from(first?.value ?? []).toString(), ': stream\n\n')
  assert.equal(await watched.promise, '41')
  leave.abort()
  await ended.promise
})

test('a stream that is refused is a problem, not a stream', async () => {
  const stranger = new Client({ url })
  const reading = stranger.stream(watchJob, { params: { job: id } }).next()
  await assert.rejects(reading, (error) => error instanceof ApiProblem && error.problem.code === 'auth.required')
  const head = await fetch(`${url}/api/v1/jobs/${id}/events`, { method: 'HEAD', headers: { authorization: 'Bearer all' } })
  assert.equal(head.headers.get('content-type'), 'text/event-stream; charset=utf-8')
})
