import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CoffreError } from '@coffre/foundation'
import { backendContract, type Fault, FaultyBackend, type FaultyMethod, fakeContext, SeededRandom, testSeed } from '@coffre/testkit'
import type { Backend, FileHandle } from '../backend.ts'
import { MemoryBackend } from '../memory/memory-backend.ts'
import { defaultRetryPolicy } from './retry.ts'
import { RetryBackend } from './retry-backend.ts'

const seed = testSeed('retry-backend')
const signal = new AbortController().signal
const config: FileHandle = { type: 'config', name: '' }
const body = [Uint8Array.of(1, 2, 3)]

function retrying() {
  const context = fakeContext()
  const memory = new MemoryBackend()
  const faulty = new FaultyBackend(memory, context)
  return { context, memory, faulty, backend: new RetryBackend(faulty, context) }
}

const calls: Readonly<Record<FaultyMethod, (backend: Backend) => Promise<unknown>>> = {
  create: (backend) => backend.create(signal),
  save: (backend) => backend.save(config, body, {}, signal),
  flush: (backend) => backend.flush(signal),
  load: (backend) => backend.load(config, undefined, signal),
  stat: (backend) => backend.stat(config, signal),
  list: (backend) => Array.fromAsync(backend.list('config', signal)),
  remove: (backend) => backend.remove(config, signal),
  removeLeftovers: (backend) => backend.removeLeftovers(0, signal),
}

for (const [method, call] of Object.entries(calls) as [FaultyMethod, (backend: Backend) => Promise<unknown>][]) {
  for (const kind of ['unavailable', 'reset', 'lost-acknowledgement'] as const) {
    test(`${method} goes on after two faults of the kind ${kind}`, async () => {
      const { backend, faulty, memory } = retrying()
      await memory.save(config, body, {}, signal)
      const undisturbed = await call(memory)
      await memory.save(config, body, {}, signal)
      faulty.queue(method, { kind }, { kind })
      assert.deepEqual(await call(backend), undisturbed)
      assert.equal(faulty.struck.length, 2)
    })
  }
}

test('pauses grow and spread, up to a bound, and attempts end', async () => {
  const { backend, context, faulty } = retrying()
  faulty.queue('stat', ...Array.from({ length: 50 }, (): Fault => ({ kind: 'unavailable' })))
  await assert.rejects(backend.stat(config, signal), { code: 'storage.unavailable' })
  assert.equal(faulty.struck.length, defaultRetryPolicy.attemptsMax)
  assert.equal(context.clock.sleepsMs.length, defaultRetryPolicy.attemptsMax - 1)
  for (const [index, pauseMs] of context.clock.sleepsMs.entries()) {
    const fullMs = Math.min(defaultRetryPolicy.delayMsMax, defaultRetryPolicy.firstDelayMs * 2 ** index)
    assert.ok(pauseMs >= fullMs / 2 && pauseMs <= fullMs + 1, `${pauseMs} of ${fullMs}`)
  }
})

test('a short file is tried again a few times only', async () => {
  const { backend, faulty, memory } = retrying()
  await memory.save(config, body, {}, signal)
  await assert.rejects(backend.load(config, { offset: 0, length: 9 }, signal), { code: 'storage.truncated' })
  faulty.queue('load', { kind: 'truncated' }, { kind: 'truncated' })
  assert.deepEqual(await backend.load(config, undefined, signal), body[0])
})

test('what cannot succeed is not tried again', async () => {
  for (const code of [
    'storage.no-space',
    'storage.permission',
    'storage.credentials',
    'storage.locked',
    'storage.missing',
    'internal',
  ] as const) {
    const { backend, context, faulty } = retrying()
    faulty.queue('save', { kind: 'error', error: new CoffreError(code, 'for good') })
    await assert.rejects(backend.save(config, body, {}, signal), { code })
    assert.equal(context.clock.sleepsMs.length, 0)
  }
})

test('an abort ends the pause', async () => {
  const abort = new AbortController()
  const { faulty, memory } = retrying()
  const context = fakeContext()
  const clock = {
    nowMs: () => 0,
    monotonicMs: () => 0,
    sleep: async (_delayMs: number, sleepSignal: AbortSignal) => {
      abort.abort(new CoffreError('repository.lease-lost', 'the lease is lost'))
      sleepSignal.throwIfAborted()
    },
  }
  faulty.queue('flush', { kind: 'unavailable' })
  await assert.rejects(new RetryBackend(faulty, { ...context, clock }).flush(abort.signal), { code: 'repository.lease-lost' })
  assert.equal(memory.operations.length, 0)
})

test('a creation whose acknowledgement was lost is recognised as our own', async () => {
  const { backend, faulty, memory } = retrying()
  faulty.queue('save', { kind: 'lost-acknowledgement' })
  await backend.save(config, [Uint8Array.of(1), Uint8Array.of(2, 3)], { ifAbsent: true }, signal)
  assert.deepEqual(await memory.load(config, undefined, signal), Uint8Array.of(1, 2, 3))
})

test('a file of another writer is not taken for our own', async () => {
  const { backend, faulty, memory } = retrying()
  await memory.save(config, [Uint8Array.of(1, 2, 4)], {}, signal)
  faulty.queue('save', { kind: 'unavailable' })
  await assert.rejects(backend.save(config, body, { ifAbsent: true }, signal), { code: 'storage.exists' })
  await memory.remove(config, signal)
  await memory.save(config, body, {}, signal)
  await assert.rejects(backend.save(config, body, { ifAbsent: true }, signal), { code: 'storage.exists' })
})

test('a listing that breaks off gives each file once', async () => {
  const { backend, faulty, memory } = retrying()
  const names = Array.from({ length: 20 }, (_, number) => number.toString(16).padStart(64, '0'))
  for (const name of names) await memory.save({ type: 'index', name }, body, {}, signal)
  faulty.queue('list', { kind: 'reset' }, { kind: 'reset' }, { kind: 'lost-acknowledgement' })
  const found = await Array.fromAsync(backend.list('index', signal))
  assert.deepEqual(found.map((file) => file.name).sort(), names)
})

backendContract('storage behind retries and faults by chance', async () => {
  const context = fakeContext(seed)
  const memory = new MemoryBackend()
  const faulty = new FaultyBackend(memory, { ...context, random: new SeededRandom(seed) })
  const lasting = [
    { kind: 'unavailable' },
    { kind: 'reset' },
    { kind: 'lost-acknowledgement' },
    { kind: 'slow', delayMs: 10 },
  ] as const
  faulty.setOdds({
    probability: 0.2,
    faults: { create: lasting, save: lasting, flush: lasting, load: lasting, stat: lasting, list: lasting, remove: lasting },
  })
  return { backend: new RetryBackend(faulty, context), plant: async (path, bytes) => memory.plant(path, bytes) }
})
