import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
} from '@aws-sdk/client-s3'
import { type ErrorCode, hourMs, systemContext } from '@coffre/foundation'
import { fakeContext, loopbackCertificate, startVersitygw } from '@coffre/testkit'
import type { Backend, FileHandle } from '../backend.ts'
import { openS3Backend } from './open-s3-backend.ts'
import type { S3Options } from './s3-options.ts'

const signal = new AbortController().signal
const config: FileHandle = { type: 'config', name: '' }
const state: FileHandle = { type: 'state', name: 'state/1' }

const service = await startVersitygw()
const client = service.client()
await service.createBucket('plain')
after(async () => {
  client.destroy()
  await service[Symbol.asyncDispose]()
})

function opened(options: Partial<S3Options> = {}): Promise<Backend> {
  const settings = { location: service.location('plain', 'p'), credentials: async () => service.credentials, partBytes: 5 << 20 }
  return openS3Backend({ ...settings, ...options }, fakeContext(), signal)
}

async function unfinishedUploads(): Promise<number> {
  return (await client.send(new ListMultipartUploadsCommand({ Bucket: 'plain' }))).Uploads?.length ?? 0
}

const refusals: readonly (readonly [string, () => Partial<S3Options>, ErrorCode])[] = [
  [
    'an unknown access key',
    () => ({ credentials: async () => ({ ...service.credentials, accessKeyId: 'unknown' }) }),
    'storage.credentials',
  ],
  [
    'a wrong secret',
    () => ({ credentials: async () => ({ ...service.credentials, secretAccessKey: 'wrong' }) }),
    'storage.credentials',
  ],
  ['a missing bucket', () => ({ location: service.location('missing') }), 'storage.bucket-missing'],
  ['a clock that is an hour wrong', () => ({ clockOffsetMs: hourMs }), 'storage.clock-skew'],
  [
    'a port where nobody listens',
    () => ({ location: { ...service.location('plain'), host: '127.0.0.1:1' } }),
    'storage.unavailable',
  ],
  ['https where http is spoken', () => ({ location: { ...service.location('plain'), tls: true } }), 'storage.unavailable'],
]

for (const [what, options, code] of refusals) {
  test(`${what} is told when the vault is opened: ${code}`, async () => {
    await assert.rejects(opened(options()), { code })
  })
}

test('a bucket that vanished is told by create', async () => {
  await service.createBucket('vanishing')
  await using backend = await opened({ location: service.location('vanishing') })
  await backend.create(signal)
  await client.send(new DeleteBucketCommand({ Bucket: 'vanishing' }))
  await assert.rejects(backend.create(signal), { code: 'storage.bucket-missing' })
})

test('the store itself refuses a body that does not hash to the name of its file', async () => {
  await using backend = await opened()
  const file: FileHandle = { type: 'pack', name: 'ab'.repeat(32) }
  await assert.rejects(backend.save(file, [Uint8Array.of(1)], {}, signal), { code: 'storage.unavailable' })
  await assert.rejects(backend.save(file, [new Uint8Array(1 << 20)], {}, signal), { code: 'storage.unavailable' })
  assert.equal(await backend.stat(file, signal), undefined)
})

test('a large file is created only where none is, and refused uploads leave no parts', async () => {
  await using backend = await opened({ conditionalCreate: true })
  const body = [new Uint8Array(6 << 20).fill(1), new Uint8Array(5 << 20).fill(2)]
  await backend.save(state, body, { ifAbsent: true }, signal)
  await assert.rejects(backend.save(state, body, { ifAbsent: true }, signal), { code: 'storage.exists' })
  assert.equal((await backend.stat(state, signal))?.sizeBytes, 11 << 20)
  assert.equal(await unfinishedUploads(), 0)
})

test('an aborted upload gives up its parts', async () => {
  await using backend = await opened()
  const abort = new AbortController()
  const save = backend.save({ type: 'state', name: 'large' }, [new Uint8Array(64 << 20)], {}, abort.signal)
  while ((await unfinishedUploads()) === 0) await new Promise(setImmediate)
  abort.abort()
  await assert.rejects(save, { code: 'interrupted' })
  assert.equal(await unfinishedUploads(), 0)
})

test('unfinished uploads of the vault are leftovers, those of others are not', async () => {
  for (const Key of ['p/config', 'p/coffre/journal/shop/x', 'p/coffre/journal/x', 'elsewhere/config', 'p/notes'])
    await client.send(new CreateMultipartUploadCommand({ Bucket: 'plain', Key }))
  const context = fakeContext()
  const settings = { location: service.location('plain', 'p'), credentials: async () => service.credentials }
  const nowMs = systemContext.clock.nowMs()
  const at = (ms: number) => ({ ...context, clock: { ...systemContext.clock, nowMs: () => ms } })
  await using now = await openS3Backend(settings, at(nowMs), signal)
  assert.equal(await now.removeLeftovers(hourMs, signal), 0)
  await using later = await openS3Backend(settings, at(nowMs + 2 * hourMs), signal)
  assert.equal(await later.removeLeftovers(hourMs, signal), 2)
  assert.equal(await unfinishedUploads(), 3)
})

test('a retention that the bucket itself gives is told', async () => {
  await service.createBucket('default', { objectLock: true })
  const Rule = { DefaultRetention: { Mode: 'GOVERNANCE', Days: 3 } } as const
  await client.send(
    new PutObjectLockConfigurationCommand({ Bucket: 'default', ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule } }),
  )
  await using backend = await opened({ location: service.location('default') })
  assert.deepEqual(await backend.objectLock?.defaultRetention(signal), { mode: 'governance', days: 3 })
})

test('a version that a plain put shadows stays readable', async () => {
  await service.createBucket('shadowed', { objectLock: true })
  await using backend = await opened({ location: service.location('shadowed') })
  const lock = backend.objectLock
  assert.ok(lock)
  const { versionId } = await backend.save(
    config,
    [Uint8Array.of(1)],
    { retention: { mode: 'compliance', until: new Date((await lock.storeTime(signal)).getTime() + hourMs) } },
    signal,
  )
  assert.ok(versionId)
  await client.send(new PutObjectCommand({ Bucket: 'shadowed', Key: 'config', Body: 'shadow' }))
  assert.equal(Buffer.from(await backend.load(config, undefined, signal)).toString(), 'shadow')
  assert.deepEqual(await lock.loadVersion(config, versionId, undefined, signal), Uint8Array.of(1))
  const [top] = await lock.versionsOf(config, signal)
  assert.ok(top?.isLatest && top.versionId !== versionId)
  await lock.removeVersion(config, top.versionId, signal)
  assert.deepEqual(await backend.load(config, undefined, signal), Uint8Array.of(1))
})

test('https is verified against the given authority, or not at all when that is asked for', async () => {
  await using tlsService = await startVersitygw({ tls: loopbackCertificate })
  const settings = { location: tlsService.location('plain'), credentials: async () => tlsService.credentials }
  await assert.rejects(openS3Backend(settings, fakeContext(), signal), { code: 'storage.unavailable', message: /certificate/ })
  await assert.rejects(openS3Backend({ ...settings, tls: { caFile: '/nonexistent' } }, fakeContext(), signal), {
    code: 'usage.invalid',
  })
  for (const tls of [{ caFile: loopbackCertificate.certFile, minVersion: 'TLSv1.3' }, { skipVerify: true }] as const) {
    await assert.rejects(openS3Backend({ ...settings, tls }, fakeContext(), signal), { code: 'storage.bucket-missing' })
  }
  await tlsService.createBucket('plain')
  await using backend = await openS3Backend({ ...settings, tls: { caFile: loopbackCertificate.certFile } }, fakeContext(), signal)
  const shared = new Uint8Array(new SharedArrayBuffer(3 << 20)).fill(9)
  await backend.save(state, [shared], {}, signal)
  assert.equal(Buffer.compare(await backend.load(state, undefined, signal), shared), 0)
})
