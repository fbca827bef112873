import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
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
