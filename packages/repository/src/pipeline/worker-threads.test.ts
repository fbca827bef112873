import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { FakeClock, RepositoryFixture } from '@coffre/testkit'
import { checkRepository } from '../check/check-repository.ts'
import { endWorker, WorkerThreads } from './worker-threads.ts'

test('threads that were started ahead are the ones taken, and those left over are ended', async () => {
  const threads = new WorkerThreads()
  threads.warm(2)
  threads.warm(2)
  const taken = threads.take()
  const left = threads.take()
  assert.notEqual(taken, left)
  threads.warm(1)
  const spare = threads.take()
  assert.ok(![taken, left].includes(spare))
  threads.warm(1)
  await threads[Symbol.asyncDispose]()
  const fresh = threads.take()
  const exits = [taken, left, spare, fresh].map((worker) => once(worker, 'exit'))
  // Those taken belong to the caller and were not ended.
  for (const worker of [taken, left, spare, fresh]) assert.ok(worker.threadId > 0)
  // They are still loading. To be terminated in the middle of that would end the whole process.
  await Promise.all([taken, left, spare, fresh].map(endWorker))
  await Promise.all(exits)
})

test('a thread that is given back is the next one taken, until it was idle for too long', async () => {
  const clock = new FakeClock()
  await using threads = new WorkerThreads({ clock, idleMax: 1, idleMs: 1000 })
  const kept = threads.take()
  const surplus = threads.take()
  const isEnded = once(surplus, 'exit')
  await threads.giveBack(kept)
  await threads.giveBack(surplus)
  await isEnded
  clock.advance(600)
  assert.equal(threads.take(), kept)
  await threads.giveBack(kept)
  const isExpired = once(kept, 'exit')
  // Its time begins anew with each use.
  clock.advance(600)
  await new Promise(setImmediate)
  assert.ok(kept.threadId > 0)
  clock.advance(600)
  await isExpired
  const fresh = threads.take()
  assert.notEqual(fresh, kept)
  await endWorker(fresh)
  await threads.giveBack(fresh)
  const next = threads.take()
  assert.notEqual(next, fresh)
  await endWorker(next)
})

test('where none are kept, a thread that is given back ends', async () => {
  const threads = new WorkerThreads()
  const worker = threads.take()
  await threads.giveBack(worker)
  assert.equal(worker.threadId, -1)
})

test('threads go from one vault to another with nothing left of the first; one that did much is not used again', async () => {
  await using threads = new WorkerThreads({ clock: new FakeClock(), idleMax: 1, idleMs: 1000 })
  const worker = threads.take()
  await threads.giveBack(worker)
  await using first = await RepositoryFixture.create({ workers: 1, seed: 1, context: { threads } })
  await using second = await RepositoryFixture.create({ workers: 1, seed: 2, context: { threads } })
  for (const fixture of [first, second, first]) {
    await fixture.snapshot({ 'folder/file': fixture.noise(3000, 1) })
    const { errors } = await checkRepository(fixture.repository, { readData: 'all' }, fixture.signal)
    assert.equal(errors, 0)
    const taken = threads.take()
    assert.equal(taken, worker)
    await threads.giveBack(taken)
  }
  const ended = once(worker, 'exit')
  const files = Array.from({ length: 20 }, (_, n) => [`large-${n}`, Buffer.alloc(4 << 20, n)])
  await first.snapshot(Object.fromEntries(files))
  await ended
})
