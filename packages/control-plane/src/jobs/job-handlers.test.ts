import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type AnswerOf, watchJob } from '@coffre/api-contract'
import { type Context, systemContext } from '@coffre/foundation'
import { newId } from '../catalogue/new-id.ts'
import type { ApiCall, StreamEvent } from '../http/api-call.ts'
import { makeProject, startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { jobHandlers } from './job-handlers.ts'
import { JobStore } from './job-store.ts'
import { listJobs } from './job-view.ts'

let its: TestCatalogue
let projectId: string
let store: JobStore
/** What happens while a follower sleeps. */
let meanwhile: (() => Promise<unknown>)[] = []
const context: Context = {
  ...systemContext,
  clock: {
    ...systemContext.clock,
    sleep: async () => {
      await meanwhile.shift()?.()
    },
  },
}

before(async () => {
  its = await startTestCatalogue()
  ;({ projectId } = await makeProject(its.catalogue, context, 'followed'))
  store = new JobStore(its.catalogue, context)
})
after(() => its[Symbol.asyncDispose]())

async function newJob(): Promise<string> {
  const job = { projectId, accountLabel: '000000000000', regionLabel: 'local', kind: 'VERIFY', createdBy: 'user:a' } as const
  const id = await its.catalogue
    .transaction()
    .execute((transaction) => store.create({ ...job, request: JSON.stringify({}) }, transaction))
  assert.ok(id !== undefined)
  return id
}

test('a follower sees a job as it is and every change of it, and is done when the job is', async () => {
  const id = await newJob()
  const workerId = newId(context)
  const at = new Date()
  await its.catalogue
    .insertInto('worker')
    .values({ id: workerId, hostname: 'h', pid: 1, version: '0', startedAt: at, seenAt: at })
    .execute()
  const hold = { jobId: id, workerId, attempt: 1 }
  const progress = { percent: 50, bytesDone: 5, bytesTotal: 10, itemsDone: 1, itemsTotal: 2, expectedEndAt: undefined }
  meanwhile = [
    () => store.take(id, workerId, 60_000),
    () => Promise.resolve(),
    () => store.report(hold, 60_000, progress),
    () => store.end(hold, { event: 'done' }),
  ]
  const handler = jobHandlers(its.catalogue, store, context.clock).find(({ operation }) => operation.id === watchJob.id)
  assert.equal(handler?.kind, 'stream')
  const call = { projectId, params: { job: id }, signal: new AbortController().signal } as unknown as ApiCall
  const seen: [string, number][] = []
  for await (const event of handler.run(call) as AsyncIterable<StreamEvent<AnswerOf<typeof watchJob>>>)
    seen.push([event.data.state, event.data.percent])
  assert.deepEqual(seen, [
    ['PENDING', 0],
    ['RUNNING', 0],
    ['RUNNING', 50],
    ['COMPLETED', 100],
  ])
})

test('jobs are listed newest first, in pages that neither miss nor repeat one', async () => {
  for (let n = 0; n < 5; n++) await newJob()
  const all = await listJobs(its.catalogue, projectId, {}, { limit: 100 })
  const paged: string[] = []
  for (let after: { createdAt: Date; id: string } | undefined; ; ) {
    const page = await listJobs(its.catalogue, projectId, {}, { limit: 2, ...(after === undefined ? {} : { after }) })
    paged.push(...page.map(({ id }) => id))
    const last = page.at(-1)
    if (last === undefined) break
    after = { createdAt: new Date(last.createdAt), id: last.id }
  }
  assert.deepEqual(
    paged,
    all.map(({ id }) => id),
  )
  assert.equal((await listJobs(its.catalogue, projectId, { isActive: true }, { limit: 100 })).length, 5)
  assert.equal((await listJobs(its.catalogue, projectId, { isActive: false }, { limit: 100 })).length, 1)
  const other = await makeProject(its.catalogue, context, 'other')
  assert.deepEqual(await listJobs(its.catalogue, other.projectId, {}, { limit: 100 }), [])
})
