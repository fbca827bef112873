import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  ApiProblem,
  cancelJob,
  createSource,
  deleteSource,
  getSource,
  listSources,
  type Operation,
  type SourceView,
} from '@coffre/api-contract'
import { CoffreError, type ErrorCode } from '@coffre/foundation'
import { TestApi } from '../testing/test-api.ts'
import { startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { type ApiCall, defineHandler, type Handler } from './api-call.ts'

let its: TestCatalogue
before(async () => {
  its = await startTestCatalogue()
})
after(() => its[Symbol.asyncDispose]())

const source: SourceView = {
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  name: 'docs',
  engine: 'files',
  state: 'READY',
  config: {},
  tier: null,
  environment: null,
  region: 'local',
  account: '000000000000',
  tags: {},
  findings: [],
  checkedAt: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  lastPointAt: null,
  nextRunAt: null,
}

function start(...handlers: readonly Handler[]): Promise<TestApi> {
  return TestApi.start(its, { handlers })
}

async function problemOf(answer: Promise<unknown>): Promise<ApiProblem['problem']> {
  const error = await answer.then(
    () => assert.fail('the request was answered'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof ApiProblem, String(error))
  return error.problem
}

async function auditOf(api: TestApi) {
  const { orgId } = api.tenant
  const rows = await its.catalogue.selectFrom('auditEntry').selectAll().where('orgId', '=', orgId).orderBy('number').execute()
  return rows.map(({ principal, operation, target, outcome, code, detail, address, requestId }) => {
    return { principal, operation, target, outcome, code, detail, address, requestId }
  })
}

test('a handler gets what the request says, parsed, with who asks; the client gets what the schema names', async () => {
  const calls: ApiCall<typeof listSources>[] = []
  const api = await start(
    defineHandler(listSources, async (call) => {
      calls.push(call)
      return { items: [{ ...source, secret: 'hidden' }], next: 'x' }
    }),
  )
  const page = await api.client('reader', ['read']).call(listSources, { query: { search: 'do c&s', limit: 5 } })
  assert.deepEqual(page, { items: [source], next: 'x' })
  const [call] = calls
  assert.deepEqual(call?.query, { search: 'do c&s', limit: 5 })
  assert.equal(call.principal.id, 'user:reader')
  assert.equal(call.projectId, api.tenant.projectId)
  assert.ok(call.rights.has('read'))
  assert.equal(call.address, '192.0.2.1')
  assert.deepEqual(await auditOf(api), [])
})

test('who has no session, an expired key or no right is refused, and that is audited', async () => {
  const api = await start(defineHandler(createSource, () => assert.fail('the handler was run')))
  const body = { name: 'docs', engine: 'files', config: {} }
  const cases: readonly [Promise<unknown>, number, ErrorCode][] = [
    [api.client().call(createSource, { body }), 401, 'auth.required'],
    [api.client('reader', ['read', 'backup.run']).call(createSource, { body }), 403, 'auth.forbidden'],
  ]
  for (const [answer, status, code] of cases) {
    const problem = await problemOf(answer)
    assert.deepEqual([problem.status, problem.code], [status, code])
  }
  const expired = await api.request('/api/v1/sources', { method: 'POST', headers: { authorization: 'Bearer expired' } })
  assert.equal(expired.headers.get('www-authenticate'), 'Bearer realm="coffre"')
  const denied = { operation: 'sources.create', target: '/api/v1/sources', outcome: 'DENIED', detail: {}, address: '192.0.2.1' }
  assert.deepEqual(
    (await auditOf(api)).map(({ requestId, ...entry }) => entry),
    [
      { ...denied, principal: 'anonymous', code: 'auth.required' },
      { ...denied, principal: 'user:reader', code: 'auth.forbidden' },
      { ...denied, principal: 'anonymous', code: 'auth.expired' },
    ],
  )
})

test('a public operation is for everybody, whatever token they give', async () => {
  const operation: typeof getSource = { ...getSource, right: 'public' }
  const api = await start(
    defineHandler(operation, async ({ principal, params }) => ({ ...source, name: `${principal.id}-${params.source}` })),
  )
  assert.equal((await api.client().call(operation, { params: { source: 'a' } })).name, 'anonymous-a')
  const answer = await api.request('/api/v1/sources/a', { headers: { authorization: 'Bearer expired' } })
  assert.equal(answer.status, 200)
})

test('every wrong part of a request is named, and the handler is not run', async () => {
  const api = await start(
    defineHandler(createSource, () => assert.fail('run')),
    defineHandler(listSources, () => assert.fail('run')),
  )
  api.client('writer', ['read', 'source.write'])
  const send = async (path: string, body?: unknown): Promise<unknown> => {
    const headers = { 'authorization': 'Bearer writer', 'content-type': 'application/json' }
    const init = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) }
    const answer = await api.request(`/api/v1/sources${path}`, init)
    const { code, errors } = (await answer.json()) as ApiProblem['problem']
    assert.deepEqual([answer.status, code], [400, 'request.invalid'])
    return errors?.map(({ at }) => at)
  }
  assert.deepEqual(await send('', { name: '../etc', engine: 7, config: {}, tag: {} }), ['/body/name', '/body/engine', '/body/tag'])
  assert.deepEqual(await send('', { name: 'a', engine: 'b', config: { 'a/b~': ['x\0'] } }), ['/body/config/a~1b~0/0'])
  assert.deepEqual(await send('', { name: 'a', engine: 'b', config: { '\ud800': 1 } }), ['/body/config'])
  assert.deepEqual(await send('', [1]), ['/body'])
  assert.deepEqual(await send('?sate=READY'), ['/query/sate'])
  assert.deepEqual(await send('?limit=0&search=%00'), ['/query/search'])
  assert.deepEqual(await send('?limit=1&limit=2'), ['/query/limit'])
  assert.deepEqual(await auditOf(api), [])
})

test('an error of Coffre becomes the problem of its code; any other one tells nothing but where to look', async () => {
  const secret = 'hunter2'
  const errors: readonly [unknown, number, ErrorCode, RegExp][] = [
    [
      new CoffreError('source.unreachable', 'db:5432 does not answer', { hint: 'Is it up?' }),
      503,
      'source.unreachable',
      /^db:5432/,
    ],
    [new CoffreError('source.incomplete', 'some was left out'), 500, 'source.incomplete', /^some/],
    [new Error(secret), 500, 'internal', /^the server failed/],
    [secret, 500, 'internal', /^the server failed/],
    [
      Object.assign(new Error(secret), { code: 'ECONNREFUSED', syscall: 'connect' }),
      503,
      'catalogue.unavailable',
      /^the catalogue/,
    ],
    [Object.assign(new Error(secret), { code: '57P01' }), 503, 'catalogue.unavailable', /^the catalogue/],
    [Object.assign(new Error(secret), { code: 'ENOENT', syscall: 'open' }), 500, 'internal', /^the server failed/],
  ]
  for (const [error, status, code, detail] of errors) {
    const api = await start(defineHandler(getSource, () => Promise.reject(error)))
    const problem = await problemOf(api.client('reader', ['read']).call(getSource, { params: { source: 'a' } }))
    assert.deepEqual([problem.status, problem.code, problem.type], [status, code, `/docs/problems#${code}`])
    assert.match(problem.detail, detail)
    assert.ok(!JSON.stringify(problem).includes(secret))
    const isOurs = error instanceof CoffreError && status === 503
    assert.equal(api.logged.length, isOurs ? 0 : 1, code)
    assert.ok(isOurs || api.logged[0]?.includes(problem.requestId))
  }
})

test('an answer that is not what its schema says is a bug, told to the log only', async () => {
  const api = await start(defineHandler(getSource, async () => ({ ...source, name: 'no/name', config: { password: 'hunter2' } })))
  const problem = await problemOf(api.client('reader', ['read']).call(getSource, { params: { source: 'a' } }))
  assert.equal(problem.code, 'internal')
  assert.match(api.logged.join(), /answer of sources.get .* \/name/)
  assert.ok(!api.logged.join().includes('hunter2'))
})

test('each change has one entry, within its transaction where it has one; a failed one has one too', async () => {
  const run = async ({ audit, params }: ApiCall<typeof deleteSource>): Promise<{ findings: [] }> => {
    if (params.source === 'refused') throw new CoffreError('auth.forbidden', 'it is protected')
    if (params.source === 'plain') return { findings: [] }
    await its.catalogue.transaction().execute(async (transaction) => {
      await audit({ target: `source:${params.source}`, detail: { points: 3 } }, transaction)
      if (params.source === 'undone') throw new CoffreError('source.unreachable', 'gone')
    })
    return { findings: [] }
  }
  const api = await start(defineHandler(deleteSource, run))
  const client = api.client('writer', ['source.write'])
  for (const source of ['plain', 'noted', 'undone', 'refused'])
    await client.call(deleteSource, { params: { source } }).catch(() => undefined)
  assert.deepEqual(
    (await auditOf(api)).map(({ target, outcome, code, detail }) => ({ target, outcome, code, detail })),
    [
      { target: '/api/v1/sources/plain', outcome: 'ALLOWED', code: null, detail: {} },
      { target: 'source:noted', outcome: 'ALLOWED', code: null, detail: { points: 3 } },
      { target: 'source:undone', outcome: 'FAILED', code: 'source.unreachable', detail: { points: 3 } },
      { target: '/api/v1/sources/refused', outcome: 'DENIED', code: 'auth.forbidden', detail: {} },
    ],
  )
  assert.deepEqual((await api.audit.verify(new AbortController().signal)).breaks, [])
})

test('a handler learns that its client has gone', async () => {
  const gone = new AbortController()
  const api = await start(
    defineHandler(cancelJob, async ({ signal }) => {
      gone.abort()
      assert.ok(signal.aborted)
      throw new CoffreError('interrupted', 'the client has gone')
    }),
  )
  api.client('runner', ['backup.run'])
  const path = `/api/v1/jobs/${source.id}/cancel`
  const answer = await api.request(path, { method: 'POST', headers: { authorization: 'Bearer runner' }, signal: gone.signal })
  assert.equal(answer.status, 499)
})

test('two handlers for one path, or of the wrong kind, are refused at the start', async () => {
  const handler = defineHandler(getSource, async () => source)
  const other: Operation = { ...getSource, id: 'sources.other', path: '/sources/{name}' }
  await assert.rejects(start(handler, handler), /two handlers/)
  await assert.rejects(start(handler, { ...handler, operation: other }), /two handlers/)
  await assert.rejects(start({ ...handler, operation: { ...getSource, isStream: true } }), /other kind/)
})
