import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiProblem, Client, type JobView, watchJob } from '@coffre/api-contract'
import { CoffreError } from '@coffre/foundation'
import { FakeClock } from '@coffre/testkit'
import type { StreamEvent } from './api-call.ts'
import { eventStream } from './event-stream.ts'

const id = '01890a5d-ac96-774b-bcce-b302099a8057'
const job = (percent: number): JobView => ({
  id,
  kind: 'BACKUP',
  state: 'RUNNING',
  message: null,
  source: null,
  vault: null,
  plan: null,
  pointId: null,
  attempt: 1,
  phase: null,
  percent,
  bytesDone: 0,
  bytesTotal: null,
  itemsDone: 0,
  itemsTotal: null,
  expectedEndAt: null,
  startBy: null,
  completeBy: null,
  createdAt: '2026-01-01T00:00:00Z',
  startedAt: null,
  completedAt: null,
  error: null,
  result: null,
})

/** A source of events that the test feeds, and that tells when it was ended. */
class Feed implements AsyncIterable<StreamEvent<unknown>> {
  readonly ended = Promise.withResolvers<void>()
  readonly #waiting: ((result: IteratorResult<StreamEvent<unknown>>) => void)[] = []

  give(event: StreamEvent<unknown>): void {
    this.#waiting.shift()?.({ value: event, done: false })
  }

  [Symbol.asyncIterator](): AsyncIterator<StreamEvent<unknown>> {
    return {
      next: () => new Promise((resolve) => void this.#waiting.push(resolve)),
      return: () => {
        this.ended.resolve()
        return Promise.resolve({ value: undefined, done: true })
      },
    }
  }
}

function open(events: AsyncIterable<StreamEvent<unknown>>, checkAllowed = async (): Promise<void> => undefined) {
  const clock = new FakeClock()
  const client = new AbortController()
  const logged: string[] = []
  const log = (line: string): void => void logged.push(line)
  const { signal } = client
  const response = eventStream(events, { operation: watchJob, clock, signal, requestId: 'r1', log, checkAllowed })
  return { clock, client, logged, response }
}

/** The texts of the stream, one each time. */
function texts({ body }: Response): () => Promise<string | undefined> {
  assert.ok(body !== null)
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  return async () => (await reader.read()).value
}

/** Until the stream waits for its next event or for silence. */
async function untilAsleep(clock: FakeClock, sleeps: number): Promise<void> {
  while (clock.sleepsMs.length < sleeps) await new Promise((resolve) => setImmediate(resolve))
}

test('events come with their ids, in between is a heartbeat each 15 s', async () => {
  const feed = new Feed()
  const { clock, response } = open(feed)
  const next = texts(response)
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  assert.equal(await next(), ': stream\n\n')
  await untilAsleep(clock, 1)
  clock.advance(14_999)
  feed.give({ id: '7', data: { ...job(5), secret: 'hidden' } })
  assert.equal(await next(), `id: 7\ndata: ${JSON.stringify(job(5))}\n\n`)
  for (let i = 2; i < 5; i++) {
    await untilAsleep(clock, i)
    clock.advance(15_000)
    assert.equal(await next(), ': heartbeat\n\n')
  }
})

test('the typed client reads them, until the source ends', async () => {
  async function* source(): AsyncGenerator<StreamEvent<unknown>> {
    for (const percent of [1, 2, 100]) yield { data: job(percent) }
  }
  const client = new Client({ url: 'http://localhost', fetch: async () => open(source()).response })
  const seen = []
  for await (const { percent } of client.stream(watchJob, { params: { job: id } })) seen.push(percent)
  assert.deepEqual(seen, [1, 2, 100])
})

test('an error on the way ends the stream with a problem', async () => {
  const cases: readonly [unknown, string][] = [
    [new CoffreError('source.unreachable', 'it is down'), 'source.unreachable'],
    [new Error('hunter2'), 'internal'],
    [undefined, 'internal'],
  ]
  for (const [error, code] of cases) {
    async function* source(): AsyncGenerator<StreamEvent<unknown>> {
      yield { data: job(1) }
      if (error === undefined) yield { data: { ...job(1), percent: 'many' } }
      throw error
    }
    const { response, logged } = open(source())
    const client = new Client({ url: 'http://localhost', fetch: async () => response })
    const seen: number[] = []
    const reading = (async () => {
      for await (const { percent } of client.stream(watchJob, { params: { job: id } })) seen.push(percent)
    })()
    await assert.rejects(
      reading,
      (problem) => problem instanceof ApiProblem && problem.problem.code === code && !/hunter/.test(problem.message),
    )
    assert.deepEqual(seen, [1])
    assert.equal(logged.length, code === 'internal' ? 1 : 0)
  }
})

test('a client that goes ends the source, whichever way it goes', async () => {
  const aborted = new Feed()
  const first = open(aborted)
  const next = texts(first.response)
  await next()
  await untilAsleep(first.clock, 1)
  first.client.abort()
  assert.equal(await next(), undefined)
  await aborted.ended.promise

  const cancelled = new Feed()
  const second = open(cancelled)
  const reader = second.response.body?.getReader()
  await reader?.read()
  await untilAsleep(second.clock, 1)
  const cancelling = reader?.cancel()
  await cancelling
  await cancelled.ended.promise
})

test('who may no longer see it sees no more within a minute', async () => {
  const feed = new Feed()
  const { clock, response } = open(feed, () => Promise.reject(new CoffreError('auth.forbidden', 'no more')))
  const next = texts(response)
  await next()
  for (let i = 1; i < 4; i++) {
    await untilAsleep(clock, i)
    clock.advance(15_000)
    assert.equal(await next(), ': heartbeat\n\n')
  }
  await untilAsleep(clock, 4)
  clock.advance(15_000)
  assert.match((await next()) ?? '', /^event: problem\ndata: .*"auth.forbidden"/)
  assert.equal(await next(), undefined)
  await feed.ended.promise
})
