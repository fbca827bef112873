import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { cancelJob, deleteSource, getSource, getVault, problemSchema, startBackup } from '@coffre/api-contract'
import { CoffreError } from '@coffre/foundation'
import { newCatalogue, newPool } from '../catalogue/database.ts'
import { TestApi } from '../testing/test-api.ts'
import { startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { defineHandler } from './api-call.ts'

let its: TestCatalogue
let api: TestApi

const handlers = [
  defineHandler(deleteSource, async () => ({ findings: [] })),
  defineHandler(getVault, () => Promise.reject(new CoffreError('storage.bucket-missing', 'there is no such bucket'))),
  defineHandler(getSource, () => Promise.reject(new CoffreError('source.unreachable', 'it is down'))),
  defineHandler(startBackup, () => Promise.reject(new CoffreError('source.credentials', 'refused'))),
  defineHandler(cancelJob, () => Promise.reject(new CoffreError('source.credentials', 'refused'))),
]

before(async () => {
  its = await startTestCatalogue()
  api = await TestApi.start(its, { handlers })
  api.client('all', ['read', 'source.write', 'backup.run'])
})
after(() => its[Symbol.asyncDispose]())

const authorization = 'Bearer all'

async function codeOf(answer: Response): Promise<string> {
  assert.equal(answer.headers.get('content-type'), 'application/problem+json')
  const problem = problemSchema.parse(await answer.json())
  assert.equal(problem.status, answer.status)
  assert.equal(problem.requestId, answer.headers.get('x-request-id'))
  return problem.code
}

test('paths and methods that are not there are told apart', async () => {
  const cases: readonly [string, string, number, string | undefined, string | null][] = [
    ['GET', '/api/v1/nothing', 404, 'request.no-such-path', null],
    ['GET', '/api/v1/sources/a/', 404, 'request.no-such-path', null],
    ['GET', '/api/v1/sources/a%2Fb/backups/x', 404, 'request.no-such-path', null],
    ['DELETE', '/', 405, 'request.method', 'GET, HEAD, OPTIONS'],
    ['PATCH', '/api/v1/sources/a', 405, 'request.method', 'DELETE, GET, HEAD, OPTIONS'],
    ['GET', '/api/v1/sources/a/backups', 405, 'request.method', 'OPTIONS, POST'],
    ['BREW', '/docs', 405, 'request.method', 'GET, HEAD, OPTIONS'],
    ['OPTIONS', '/api/v1/sources/a', 204, undefined, 'DELETE, GET, HEAD, OPTIONS'],
    ['OPTIONS', '/healthz', 204, undefined, 'GET, HEAD, OPTIONS'],
  ]
  for (const [method, path, status, code, allow] of cases) {
    const answer = await api.request(path, {
      method,
      headers: { 'authorization': authorization, 'origin': 'https://evil.example' },
    })
    assert.equal(answer.status, status, `${method} ${path}`)
    assert.equal(answer.headers.get('allow'), allow)
    assert.equal(answer.headers.get('access-control-allow-origin'), null)
    if (code !== undefined) assert.equal(await codeOf(answer), code)
  }
})

test('HEAD is GET without its content', async () => {
  for (const [path, status] of [
    ['/healthz', 200],
    ['/docs', 200],
    ['/api/v1/sources/a', 503],
    ['/api/v1/sources/a/backups', 405],
  ] as const) {
    const answer = await api.request(path, { method: 'HEAD', headers: { authorization } })
    assert.deepEqual([answer.status, await answer.text()], [status, ''], path)
  }
})

test('every answer has the headers of security, and an id that is the client’s own when it is a plain one', async () => {
  for (const path of ['/healthz', '/docs', '/openapi.json', '/api/v1/sources/a', '/nothing']) {
    const { headers } = await api.request(path, { headers: { 'x-request-id': 'mine-1' } })
    assert.equal(headers.get('x-request-id'), 'mine-1', path)
    assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none'; frame-ancestors 'none'/)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('referrer-policy'), 'no-referrer')
    assert.equal(headers.get('cache-control'), path === '/docs' || path === '/openapi.json' ? 'no-cache' : 'no-store', path)
  }
  for (const id of ['a b', 'x'.repeat(65), '<script>']) {
    const { headers } = await api.request('/healthz', { headers: { 'x-request-id': id } })
    assert.match(headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/)
  }
})

test('bodies that cannot be read are refused, each kind by its code', async () => {
  const json = 'application/json'
  const large = `{"description":"${'x'.repeat(1024 * 1024)}"}`
  const cases: readonly [string | null, string | Uint8Array | ReadableStream, number, string][] = [
    [json, '{"tags":', 400, 'request.malformed'],
    [json, '{} {}', 400, 'request.malformed'],
    [json, new Uint8Array([0x22, 0xff, 0x22]), 400, 'request.malformed'],
    [json, '['.repeat(500_000), 400, 'request.malformed'],
    [json, `{"tags":${'{"a":'.repeat(70)}1${'}'.repeat(70)}}`, 400, 'request.malformed'],
    [json, `{"description":"\\"${'['.repeat(100)}"}`, 403, 'source.credentials'],
    [json, 'null', 400, 'request.invalid'],
    ['Application/JSON; charset="UTF-8"', '{}', 403, 'source.credentials'],
    [null, new Uint8Array([0x7b, 0x7d]), 415, 'request.media-type'],
    ['text/plain', '{}', 415, 'request.media-type'],
    ['application/json; charset=latin1', '{}', 415, 'request.media-type'],
    ['application/x-www-form-urlencoded', 'a=b', 415, 'request.media-type'],
    [json, large, 413, 'request.too-large'],
    [json, new Blob([large]).stream(), 413, 'request.too-large'],
    [null, '', 403, 'source.credentials'],
  ]
  for (const [i, [type, body, status, code]] of cases.entries()) {
    const headers = { authorization, ...(type === null ? {} : { 'content-type': type }) }
    const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit
    const answer = await api.request('/api/v1/sources/a/backups', init)
    assert.deepEqual([answer.status, await codeOf(answer)], [status, code], `case ${i}`)
  }
})

test('a body that declares itself too large is refused before anybody is asked who they are', async () => {
  const headers = { 'content-length': String(1024 * 1024 + 1) }
  const answer = await api.request(`/api/v1/jobs/${api.tenant.orgId}/cancel`, { method: 'POST', headers })
  assert.equal(await codeOf(answer), 'request.too-large')
})

test('the message about a body that is no JSON does not quote it', async () => {
  const headers = { authorization, 'content-type': 'application/json' }
  const answer = await api.request('/api/v1/sources/a/backups', { method: 'POST', headers, body: '{"password": hunter2}' })
  assert.ok(!(await answer.text()).includes('hunter'))
})

test('too many requests are told when to come again, by address before the sign-in and by principal after it', async () => {
  const rateLimits = { address: { perSecond: 1, burst: 50 }, principal: { perSecond: 1, burst: 3 } }
  const limited = await TestApi.start(its, { handlers, rateLimits })
  limited.client('one', ['read'])
  const ask = (token: string) => limited.request('/api/v1/sources/a', { headers: { authorization: `Bearer ${token}` } })
  const statuses = []
  for (let i = 0; i < 4; i++) statuses.push((await ask('one')).status)
  assert.deepEqual(statuses, [503, 503, 503, 429])
  const refused = []
  for (let i = 0; i < 4; i++) refused.push((await ask('guess')).status)
  assert.deepEqual(refused, [401, 401, 401, 429])
  const answer = await ask('one')
  // Three wrong tokens cost 20 each and one more by themselves, four right ones one each: 67 of 50.
  assert.equal(answer.headers.get('retry-after'), '18')
  assert.equal(await codeOf(answer), 'request.rate')
  limited.address = '192.0.2.2'
  assert.equal((await ask('guess')).status, 401)
  limited.address = '192.0.2.1'
  limited.clock.advance(18_000)
  assert.equal((await ask('one')).status, 503)
})

test('health, readiness and metrics', async () => {
  assert.equal(await (await api.request('/healthz')).text(), 'ok\n')
  assert.equal(await (await api.request('/readyz')).text(), 'ready\n')
  assert.equal((await api.request('/metrics')).status, 401)
  const forbidden = await api.request('/metrics', { headers: { authorization: 'Bearer nobody' } })
  assert.equal(await codeOf(forbidden), 'auth.required')
  assert.equal((await api.request('/metrics', { headers: { authorization } })).status, 200)
  api.address = '127.0.0.1'
  assert.equal((await api.request('/metrics', { headers: { 'x-forwarded-for': '192.0.2.1' } })).status, 401)
  assert.equal((await api.request('http://rebound.example/metrics')).status, 401)
  const answer = await api.request('/metrics')
  api.address = '192.0.2.1'
  const text = await answer.text()
  assert.match(text, /^coffre_http_requests_total\{operation="sources.get",status="503"\} [1-9]/m)
  assert.match(text, /^coffre_http_request_duration_seconds_bucket\{operation="none",le="\+Inf"\} [1-9]/m)
  assert.match(text, /^process_resident_memory_bytes [1-9]\d{6,}$/m)
})

test('without its catalogue the server is alive, not ready, and says so to clients', async () => {
  // Nothing listens on the port of discard.
  const catalogue = newCatalogue(newPool({ host: '127.0.0.1', port: 9, user: 'a', database: 'a' }, 1))
  const own = await TestApi.start(its, { handlers, catalogue })
  own.client('all', ['read', 'source.write'])
  assert.equal((await own.request('/healthz')).status, 200)
  assert.equal((await own.request('/readyz')).status, 503)
  const answer = await own.request('/api/v1/sources/a', { method: 'DELETE', headers: { authorization } })
  assert.deepEqual([answer.status, await codeOf(answer)], [503, 'catalogue.unavailable'])
  assert.equal(answer.headers.get('retry-after'), '2')
  await catalogue.destroy()
  const stopped = await own.request('/api/v1/sources/a', { method: 'DELETE', headers: { authorization } })
  assert.equal(await codeOf(stopped), 'catalogue.unavailable')
})
