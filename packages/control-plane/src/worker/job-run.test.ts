import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { systemContext } from '@coffre/foundation'
import { newId } from '../catalogue/new-id.ts'
import { type Hold, JobStore } from '../jobs/job-store.ts'
import { findJob } from '../jobs/job-view.ts'
import { makeProject, startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { JobRun } from './job-run.ts'

let its: TestCatalogue
let store: JobStore
let projectId: string

before(async () => {
  its = await startTestCatalogue()
  store = new JobStore(its.catalogue, systemContext)
  ;({ projectId } = await makeProject(its.catalogue, systemContext, 'runs'))
})
after(() => its[Symbol.asyncDispose]())

async function worker(): Promise<string> {
  const id = newId(systemContext)
  const at = new Date(systemContext.clock.nowMs())
  await its.catalogue.insertInto('worker').values({ id, hostname: 'h', pid: 1, version: '0', startedAt: at, seenAt: at }).execute()
  return id
}

/** A job that a worker has taken, for so long. */
async function taken(leaseMs: number, completeBy: Date | null = null): Promise<Hold> {
  const labels = { accountLabel: '000000000000', regionLabel: 'local', createdBy: 'user:a' }
  const job = { projectId, ...labels, kind: 'VERIFY', request: '{}', completeBy } as const
  const id = await its.catalogue.transaction().execute((transaction) => store.create(job, transaction))
  const hold = await store.take(id ?? '', await worker(), leaseMs)
  assert.ok(hold !== undefined)
  return hold
}

const reasons: readonly (readonly [what: string, why: JobRun['interruption'], make: () => Promise<Hold>])[] = [
  [
    'is cancelled',
    'cancelled',
    async () => {
      const hold = await taken(60_000)
      assert.equal(await store.cancel(hold.jobId), 'ABORTING')
      return hold
    },
  ],
  [
    'was taken by another worker',
    'lost',
    async () => {
      const hold = await taken(0)
      assert.ok((await store.take(hold.jobId, await worker(), 60_000)) !== undefined)
      return hold
    },
  ],
  ['is beyond its completion window', 'overdue', () => taken(60_000, new Date(systemContext.clock.nowMs() - 1))],
]

for (const [what, why, make] of reasons) {
  test(`a run whose job ${what} is interrupted, and knows why`, async () => {
    const hold = await make()
    const job = await store.find(hold.jobId)
    assert.ok(job !== undefined)
    const parts = { store, catalogue: its.catalogue, context: systemContext }
    const run = new JobRun({ hold, job }, parts, { leaseMs: 60_000, reportMs: 1 })
    const interrupted = once(run.signal, 'abort')
    const alive = run.keepAlive()
    await interrupted
    assert.equal(run.interruption, why)
    run.end()
    await alive
  })
}

test('what a run is at is told with how far it is, and no more once it has ended', async () => {
  const hold = await taken(60_000)
  const job = await store.find(hold.jobId)
  assert.ok(job !== undefined)
  const run = new JobRun(
    { hold, job },
    { store, catalogue: its.catalogue, context: systemContext },
    { leaseMs: 60_000, reportMs: 1e6 },
  )
  const amounts = { doneItems: 0, etaMs: undefined, bytesPerSecond: undefined }
  const told = async () => {
    await run.reportLast()
    const view = await findJob(its.catalogue, projectId, hold.jobId)
    return [view?.phase, view?.percent, view?.bytesDone, view?.bytesTotal]
  }
  run.onProgress({ ...amounts, state: 'preparing', doneBytes: 0, totalBytes: undefined })
  assert.deepEqual(await told(), [null, 0, 0, null])
  run.enter('laying-out')
  assert.deepEqual(await told(), ['laying-out', 0, 0, null])
  run.onProgress({ ...amounts, state: 'transferring', doneBytes: 30, totalBytes: 40 })
  assert.deepEqual(await told(), ['laying-out', 75, 30, 40])
  run.enter('replaying')
  assert.deepEqual(await told(), ['replaying', 75, 30, 40])
  assert.equal(await store.end(hold, { event: 'retry' }), true)
  assert.equal((await findJob(its.catalogue, projectId, hold.jobId))?.phase, null)
})
