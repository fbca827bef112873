import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hourMs } from '@coffre/foundation'
import { backendContract, fakeContext } from '@coffre/testkit'
import type { FileHandle } from '../backend.ts'
import { MemoryBackend } from '../memory/memory-backend.ts'
import { RateLimiter } from '../rate-limiter.ts'
import { LimitBackend } from './limit-backend.ts'

const signal = new AbortController().signal
const config: FileHandle = { type: 'config', name: '' }
const bytesPerSecond = 100 * 1024

test('contents pass at the given rate, each direction on its own', async () => {
  const { clock } = fakeContext()
  const backend = new LimitBackend(new MemoryBackend(), {
    upload: new RateLimiter(bytesPerSecond, clock),
    download: new RateLimiter(2 * bytesPerSecond, clock),
  })
  for (let round = 0; round < 10; round++) await backend.save(config, [new Uint8Array(bytesPerSecond)], {}, signal)
  const savedMs = clock.monotonicMs()
  assert.ok(savedMs > 9000 && savedMs <= 10_000, `${savedMs}`)
  for (let round = 0; round < 10; round++)
    await backend.load(config, round % 2 ? undefined : { offset: 0, length: bytesPerSecond }, signal)
  const loadedMs = clock.monotonicMs() - savedMs
  assert.ok(loadedMs > 4500 && loadedMs <= 5000, `${loadedMs}`)
})

test('callers at once share the rate, and idle time is not saved up', async () => {
  const { clock } = fakeContext()
  const limiter = new RateLimiter(bytesPerSecond, clock)
  await Promise.all([1, 2, 3, 4].map(() => limiter.take(bytesPerSecond, signal)))
  assert.ok(clock.monotonicMs() > 3000)
  clock.advance(hourMs)
  const beforeMs = clock.monotonicMs()
  await limiter.take(5 * bytesPerSecond, signal)
  assert.ok(clock.monotonicMs() - beforeMs > 4000)
})

test('without a limit nothing waits, and an abort ends a wait', async () => {
  const { clock } = fakeContext()
  await new LimitBackend(new MemoryBackend(), {}).save(config, [new Uint8Array(1 << 20)], {}, signal)
  assert.deepEqual(clock.sleepsMs, [])
  const limited = new LimitBackend(new MemoryBackend(), { upload: new RateLimiter(1, clock) })
  await assert.rejects(limited.save(config, [new Uint8Array(1 << 20)], {}, AbortSignal.abort()), { code: 'interrupted' })
})

backendContract('limited storage', async () => {
  const { clock } = fakeContext()
  const memory = new MemoryBackend()
  const backend = new LimitBackend(memory, { upload: new RateLimiter(1e6, clock), download: new RateLimiter(1e6, clock) })
  return { backend, plant: async (path, bytes) => memory.plant(path, bytes) }
})
