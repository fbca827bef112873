import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Context, systemContext } from '@coffre/foundation'
import { newId } from '../catalogue/new-id.ts'
import { makeProject, startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { JobStore, type NewJob } from './job-store.ts'

const leaseMs = 30_000
let its: TestCatalogue
let projectId: string
let nowMs = Date.UTC(2026, 0, 1)
const context: Context = { ...systemContext, clock: { ...systemContext.clock, nowMs: () => nowMs } }
let store: JobStore
const workers: string[] = []

before(async () => {
  its = await startTestCatalogue()
  ;({ projectId } = await makeProject(its.catalogue, context, 'jobs'))
  store = new JobStore(its.catalogue, context)
  for (let n = 0; n < 20; n++) {
    const id = newId(context)
    workers.push(id)
    const at = new Date(nowMs)
    await its.catalogue
      .insertInto('worker')
      .values({ id, hostname: 'h', pid: n, version: '0', startedAt: at, seenAt: at })
      .execute()
  }
})
after(() => its[Symbol.asyncDispose]())

async function newJob(more: Partial<NewJob> = {}): Promise<string> {
  const job = {
    projectId,
    accountLabel: '000000000000',
    regionLabel: 'local',
    kind: 'VERIFY',
    createdBy: 'user:a',
    ...more,
  } as const
  const id = await its.catalogue
    .transaction()
    .execute((transaction) => store.create({ ...job, request: JSON.stringify({}) }, transaction))
  assert.ok(id !== undefined)
  return id
}

async function historyOf(id: string): Promise<string[]> {
  const rows = await its.catalogue.selectFrom('jobState').select('state').where('jobId', '=', id).orderBy('number').execute()
  return rows.map(({ state }) => state)
}

const worker = (n: number): string => workers[n] ?? ''

test('of many workers that want a job, one gets it', async () => {
  const id = await newJob()
  const holds = await Promise.all(workers.map((workerId) => store.take(id, workerId, leaseMs)))
  const got = holds.filter((hold) => hold !== undefined)
  assert.equal(got.length, 1)
  assert.deepEqual(await historyOf(id), ['PENDING', 'RUNNING'])
})

test('a worker that is not heard of is replaced, and what it says afterwards counts for nothing', async () => {
  const id = await newJob()
  const lost = await store.take(id, worker(0), leaseMs)
  assert.ok(lost !== undefined)
  nowMs += leaseMs - 1
  assert.equal(await store.take(id, worker(1), leaseMs), undefined)
  assert.equal(await store.report(lost, leaseMs), true)
  nowMs += leaseMs
  const next = await store.take(id, worker(1), leaseMs)
  assert.deepEqual(next, { jobId: id, workerId: worker(1), attempt: 2 })
  assert.equal(await store.report(lost, leaseMs), false)
  let committed = 0
  const commit = (): Promise<void> => {
    committed++
    return Promise.resolve()
  }
  assert.equal(await store.end(lost, { event: 'done' }, commit), false)
  assert.equal(await store.end(next as NonNullable<typeof next>, { event: 'done', result: { point: 'x' } }, commit), true)
  assert.equal(committed, 1)
  assert.equal(await store.end(next as NonNullable<typeof next>, { event: 'done' }, commit), false)
  assert.equal(committed, 1)
  const job = await store.find(id)
  assert.deepEqual([job?.state, job?.percent, job?.workerId, job?.result], ['COMPLETED', 100, null, { point: 'x' }])
  assert.deepEqual(await historyOf(id), ['PENDING', 'RUNNING', 'RUNNING', 'COMPLETED'])
})

test('a commit that fails leaves the job running, for another attempt', async () => {
  const id = await newJob()
  const hold = await store.take(id, worker(0), leaseMs)
  assert.ok(hold !== undefined)
  await assert.rejects(
    store.end(hold, { event: 'done' }, () => Promise.reject(new Error('no'))),
    /no/,
  )
  assert.equal((await store.find(id))?.state, 'RUNNING')
  assert.equal(await store.end(hold, { event: 'retry', notBefore: new Date(nowMs + 5000) }), true)
  assert.equal((await store.find(id))?.state, 'RETRYING')
  assert.equal(await store.take(id, worker(0), leaseMs), undefined)
  nowMs += 5000
  assert.equal((await store.take(id, worker(0), leaseMs))?.attempt, 2)
})

test('attempts are counted: after the last one a failure is final', async () => {
  const id = await newJob({ attemptsMax: 2 })
  for (const expected of ['RETRYING', 'FAILED']) {
    const hold = await store.take(id, worker(0), leaseMs)
    assert.ok(hold !== undefined)
    const error = { code: 'storage.unavailable', detail: 'the store does not answer' }
    await store.end(hold, { event: 'retry', error, message: 'the store does not answer' })
    assert.equal((await store.find(id))?.state, expected)
  }
  assert.equal(await store.take(id, worker(0), leaseMs), undefined)
  assert.deepEqual((await store.find(id))?.error, { code: 'storage.unavailable', detail: 'the store does not answer' })
})

test('a job that waits is cancelled at once; one that runs is asked to stop, and its worker hears of it', async () => {
  const waiting = await newJob()
  assert.equal(await store.cancel(waiting), 'ABORTED')
  assert.equal(await store.cancel(waiting), undefined)
  assert.equal(await store.take(waiting, worker(0), leaseMs), undefined)

  const running = await newJob()
  const hold = await store.take(running, worker(0), leaseMs)
  assert.ok(hold !== undefined)
  assert.equal(await store.cancel(running), 'ABORTING')
  assert.equal(await store.cancel(running), 'ABORTING')
  assert.equal(await store.report(hold, leaseMs), false)
  assert.equal(await store.end(hold, { event: 'stopped' }), true)
  assert.deepEqual(await historyOf(running), ['PENDING', 'RUNNING', 'ABORTING', 'ABORTED'])

  const orphan = await newJob()
  await store.take(orphan, worker(0), leaseMs)
  await store.cancel(orphan)
  nowMs += leaseMs + 1
  assert.equal(await store.take(orphan, worker(1), leaseMs), undefined)
  assert.equal((await store.find(orphan))?.state, 'ABORTED')
})

test('a job that is not begun in its start window expires, one that was begun may be taken over later', async () => {
  const startBy = new Date(nowMs + 1000)
  const late = await newJob({ startBy })
  const begun = await newJob({ startBy })
  await store.take(begun, worker(0), leaseMs)
  nowMs += leaseMs + 2000
  assert.equal(await store.take(late, worker(0), leaseMs), undefined)
  const job = await store.find(late)
  assert.deepEqual([job?.state, job?.message], ['EXPIRED', `it was not begun by ${startBy.toISOString()}`])
  assert.equal((await store.take(begun, worker(1), leaseMs))?.attempt, 2)
})

test('a job for later waits for its time', async () => {
  const id = await newJob({ notBefore: new Date(nowMs + 60_000) })
  assert.equal((await store.find(id))?.state, 'CREATED')
  assert.equal(await store.take(id, worker(0), leaseMs), undefined)
  nowMs += 60_000
  assert.equal((await store.take(id, worker(0), leaseMs))?.attempt, 1)
})
