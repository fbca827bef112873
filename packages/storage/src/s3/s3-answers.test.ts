import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { CoffreError, type ErrorCode } from '@coffre/foundation'
import { fakeContext, type ScriptedServer, type SeenRequest, startScriptedServer } from '@coffre/testkit'
import type { Backend, FileHandle } from '../backend.ts'
import { RateLimiter } from '../rate-limiter.ts'
import { openS3Backend } from './open-s3-backend.ts'
import type { S3Options } from './s3-options.ts'

const signal = new AbortController().signal
const body = [new Uint8Array(100_000).fill(7), Uint8Array.of(1, 2, 3)]
const name = createHash('sha256')
  .update(body[0] ?? '')
  .update(body[1] ?? '')
  .digest('hex')
const pack: FileHandle = { type: 'pack', name }
const config: FileHandle = { type: 'config', name: '' }

type Answer = (request: SeenRequest, response: ServerResponse) => void

/** A backend whose store answers as told; the question for object lock, asked when it is opened, is answered as `lock` says. */
async function scripted(
  answer: Answer,
  options: Partial<S3Options> = {},
  lock = false,
): Promise<{ backend: Backend; server: ScriptedServer } & AsyncDisposable> {
  const server = await startScriptedServer((request, response) => {
    if (!request.url.includes('object-lock')) answer(request, response)
    else if (lock) response.end('<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>')
    else refuse(response, 404, 'ObjectLockConfigurationNotFoundError')
  })
  const backend = await openS3Backend(
    {
      location: { kind: 's3', host: server.host, tls: false, bucket: 'bucket', prefix: 'p' },
      credentials: async () => ({ accessKeyId: 'AK', secretAccessKey: 'very-secret', sessionToken: 'session-token' }),
      idleTimeoutMs: 500,
      ...options,
    },
    fakeContext(),
    signal,
  )
  return {
    backend,
    server,
    async [Symbol.asyncDispose]() {
      await backend[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' })
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>the store's words about very-secret</Message></Error>`)
}

const refusals: readonly (readonly [number, string, ErrorCode])[] = [
  [403, 'InvalidAccessKeyId', 'storage.credentials'],
  [403, 'SignatureDoesNotMatch', 'storage.credentials'],
  [400, 'ExpiredToken', 'storage.credentials'],
  [403, 'RequestTimeTooSkewed', 'storage.clock-skew'],
  [403, 'AccessDenied', 'storage.permission'],
  [403, 'SomethingNew', 'storage.permission'],
  [404, 'NoSuchBucket', 'storage.bucket-missing'],
  [404, 'NoSuchKey', 'storage.missing'],
  [416, 'InvalidRange', 'storage.truncated'],
  [500, 'InternalError', 'storage.unavailable'],
  [502, 'BadGateway', 'storage.unavailable'],
  [503, 'SlowDown', 'storage.unavailable'],
  [503, 'ServiceUnavailable', 'storage.unavailable'],
  [429, 'TooManyRequests', 'storage.unavailable'],
  [400, 'RequestTimeout', 'storage.unavailable'],
  [409, 'OperationAborted', 'storage.unavailable'],
  [507, 'XMinioStorageFull', 'storage.no-space'],
  [403, 'QuotaExceeded', 'storage.no-space'],
  [501, 'NotImplemented', 'storage.unsupported'],
  [400, 'AuthorizationHeaderMalformed', 'usage.invalid'],
  [405, 'SomethingElse', 'storage.unsupported'],
]

for (const [status, code, expected] of refusals) {
  test(`${code} (${status}) is ${expected}, with a hint and without secrets, after one request`, async () => {
    await using made = await scripted((_request, response) => refuse(response, status, code))
    const { backend, server } = made
    const calls = [
      () => backend.load(pack, undefined, signal),
      () => backend.save(pack, body, {}, signal),
      () => Array.fromAsync(backend.list('pack', signal)),
    ] as const
    for (const call of calls) {
      const error: unknown = await (call() as Promise<unknown>).then(
        () => undefined,
        (failure: unknown) => failure,
      )
      assert.ok(error instanceof CoffreError, String(error))
      assert.equal(error.code, expected)
      assert.match(error.message, new RegExp(`^cannot .*${code}`))
      assert.ok(error.hint)
      assert.ok(!`${error.message}${error.hint}`.includes('very-secret'))
    }
    assert.equal(server.requests.length, 4)
  })
}

test('a put carries the hash of its name as checksum and in its signature, the session, and the retention', async () => {
  await using made = await scripted((_request, response) => response.end(), {}, true)
  await made.backend.save(pack, body, { retention: { mode: 'compliance', until: new Date(Date.UTC(2030, 0)) } }, signal)
  const [, put] = made.server.requests
  assert.ok(put)
  assert.equal(put.url.split('?')[0], `/bucket/p/data/${name.slice(0, 2)}/${name}`)
  assert.equal(Buffer.compare(put.body, Buffer.concat(body)), 0)
  assert.equal(put.headers['x-amz-content-sha256'], name)
  assert.equal(put.headers['x-amz-checksum-sha256'], Buffer.from(name, 'hex').toString('base64'))
  assert.equal(put.headers['x-amz-security-token'], 'session-token')
  assert.equal(put.headers['x-amz-object-lock-mode'], 'COMPLIANCE')
  assert.equal(put.headers['x-amz-object-lock-retain-until-date'], '2030-01-01T00:00:00Z')
})

test('an answer that breaks off is unavailable, one that ends too early is truncated or unavailable, never short', async () => {
  for (const range of [undefined, { offset: 10, length: 1000 }]) {
    const wholeBytes = range?.length ?? 5000
    const headers = { 'content-length': wholeBytes, ...(range && { 'content-range': `bytes 10-1009/5000` }) }
    await using broken = await scripted((_request, response) => {
      response.writeHead(range ? 206 : 200, headers)
      response.write(Buffer.alloc(wholeBytes / 2), () => response.destroy())
    })
    await assert.rejects(broken.backend.load(pack, range, signal), { code: 'storage.unavailable' })
    await using short = await scripted((_request, response) => {
      response.writeHead(range ? 206 : 200, range && { 'content-range': 'bytes 10-509/510' })
      response.end(Buffer.alloc(500))
    })
    if (range !== undefined) await assert.rejects(short.backend.load(pack, range, signal), { code: 'storage.truncated' })
  }
})

test('a store that does not know ranges is told from one that does', async () => {
  await using made = await scripted((_request, response) => response.end(Buffer.alloc(5000)))
  await assert.rejects(made.backend.load(pack, { offset: 1, length: 10 }, signal), { code: 'storage.unsupported' })
})

test('a store that falls silent is unavailable after the idle time', async () => {
  await using silent = await scripted(() => undefined)
  await assert.rejects(silent.backend.load(pack, undefined, signal), { code: 'storage.unavailable' })
  await using halting = await scripted((_request, response) => {
    response.writeHead(200, { 'content-length': 5000 })
    response.write(Buffer.alloc(100))
  })
  await assert.rejects(halting.backend.load(pack, undefined, signal), { code: 'storage.unavailable' })
})

test('an abort ends a request and a body that is on its way', async () => {
  for (const begin of [
    (_response: ServerResponse) => undefined,
    (response: ServerResponse) => void response.writeHead(200, { 'content-length': 5000 }).write('x'),
  ]) {
    const abort = new AbortController()
    await using made = await scripted(
      (_request, response) => {
        begin(response)
        setImmediate(() => abort.abort(new CoffreError('repository.lease-lost', 'the lease is lost')))
      },
      { idleTimeoutMs: 60_000 },
    )
    await assert.rejects(made.backend.load(pack, undefined, abort.signal), { code: 'repository.lease-lost' })
  }
})

test('a store without conditional create is looked at first, then written', async () => {
  const stored = new Set<string>()
  await using made = await scripted((request, response) => {
    if (request.method === 'HEAD') response.writeHead(stored.has(request.url) ? 200 : 404).end()
    else if (request.headers['if-none-match'] !== undefined) refuse(response, 501, 'NotImplemented')
    else {
      stored.add(request.url.split('?')[0] ?? '')
      response.end()
    }
  })
  assert.equal(made.backend.abilities.conditionalCreate, false)
  await made.backend.save(config, body, { ifAbsent: true }, signal)
  await assert.rejects(made.backend.save(config, body, { ifAbsent: true }, signal), { code: 'storage.exists' })
})

test('the bucket goes into the host where it is asked for', async () => {
  const location = { kind: 's3', host: 'coffre.invalid', tls: false, bucket: 'bucket', prefix: '' } as const
  const options = { location, credentials: async () => ({ accessKeyId: 'AK', secretAccessKey: 'SK' }) }
  for (const [bucketStyle, host] of [
    ['host', 'bucket.coffre.invalid'],
    ['path', 'coffre.invalid'],
  ] as const) {
    await assert.rejects(openS3Backend({ ...options, bucketStyle }, fakeContext(), signal), (error: CoffreError) => {
      assert.equal(error.code, 'storage.unavailable')
      assert.equal((error.cause as { hostname?: string }).hostname, host)
      return true
    })
  }
})

test('limiters pace the bytes within a file', async () => {
  const context = fakeContext()
  const uploadLimiter = new RateLimiter(50_000, context.clock)
  const downloadLimiter = new RateLimiter(10_000, context.clock)
  await using made = await scripted((request, response) => response.end(request.method === 'GET' ? Buffer.alloc(100_000) : ''), {
    uploadLimiter,
    downloadLimiter,
  })
  await made.backend.save(pack, body, {}, signal)
  assert.ok(context.clock.sleepsMs.length > 0)
  const uploadedMs = context.clock.monotonicMs()
  await made.backend.load(pack, undefined, signal)
  assert.ok(context.clock.monotonicMs() - uploadedMs > 3000)
})

test('a bucket whose lock cannot be seen takes no file under retention', async () => {
  await using server = await startScriptedServer((_request, response) => refuse(response, 403, 'AccessDenied'))
  const location = { kind: 's3', host: server.host, tls: false, bucket: 'bucket', prefix: '' } as const
  const options = { location, credentials: async () => ({ accessKeyId: 'AK', secretAccessKey: 'SK' }) }
  const retention = { mode: 'governance', until: new Date(Date.UTC(2030, 0)) } as const
  await using unseen = await openS3Backend(options, fakeContext(), signal)
  await assert.rejects(unseen.save(config, body, { retention }, signal), { code: 'storage.unsupported' })
  await using told = await openS3Backend({ ...options, objectLock: true }, fakeContext(), signal)
  assert.ok(told.objectLock)
  await assert.rejects(told.save(config, body, { retention }, signal), { code: 'storage.permission' })
})
