import {
  cancelJob as cancelOperation,
  finalJobStates,
  getJob as getOperation,
  type JobView,
  listJobs as listOperation,
  watchJob as watchOperation,
} from '@coffre/api-contract'
import { type Clock, CoffreError } from '@coffre/foundation'
import type { Catalogue } from '../catalogue/database.ts'
import { objectMissing } from '../catalogue/object-missing.ts'
import { defineHandler, defineStreamHandler, type Handler, type StreamEvent } from '../http/api-call.ts'
import { newestFirstKey } from '../http/newest-first-key.ts'
import { pageOfRows } from '../http/page-cursor.ts'
import { findSourceRow } from '../sources/source-view.ts'
import type { JobStore } from './job-store.ts'
import { findJob, type JobFilter, listJobs } from './job-view.ts'

/** Answers what looks at jobs, and what stops them. */
export function jobHandlers(catalogue: Catalogue, store: JobStore, clock: Clock): readonly Handler[] {
  const found = async (projectId: string, id: string) => {
    const job = await findJob(catalogue, projectId, id)
    if (job === undefined) throw objectMissing('job', id)
    return job
  }
  return [
    defineHandler(listOperation, async ({ projectId, query }) => {
      const { after, limit, state, active, kind, source } = query
      const row = source === undefined ? undefined : await findSourceRow(catalogue, projectId, source)
      if (source !== undefined && row === undefined) throw objectMissing('source', source)
      const filter: JobFilter = {
        ...(state === undefined ? {} : { state }),
        ...(active === undefined ? {} : { isActive: active }),
        ...(kind === undefined ? {} : { kind }),
        ...(row === undefined ? {} : { sourceId: row.id }),
      }
      const key = newestFirstKey(after)
      const rows = await listJobs(catalogue, projectId, filter, { limit: limit + 1, ...(key === undefined ? {} : { after: key }) })
      return pageOfRows(rows, limit, { keyOf: (job) => [job.createdAt, job.id], itemOf: (job) => job })
    }),
    defineHandler(getOperation, ({ projectId, params }) => found(projectId, params.job)),
    defineStreamHandler(watchOperation, ({ projectId, params, signal }) =>
      changesOf(() => found(projectId, params.job), clock, signal),
    ),
    defineHandler(cancelOperation, async ({ projectId, params, audit }) => {
      const { id } = await found(projectId, params.job)
      const state = await store.cancel(id)
      const job = await found(projectId, id)
      // Whoever asks again finds what they asked for.
      if (state === undefined && job.state !== 'ABORTED') {
        throw new CoffreError('job.ended', `job ${id} has ended: ${job.state}`, { hint: 'There is nothing to cancel any more.' })
      }
      await audit({ target: `job:${id}` })
      return job
    }),
  ]
}

const lookPauseMs = 500

/** The job as it is now, and each time that it has changed, until it has ended. */
async function* changesOf(look: () => Promise<JobView>, clock: Clock, signal: AbortSignal): AsyncGenerator<StreamEvent<JobView>> {
  for (let told = ''; ; ) {
    const job = await look()
    const text = JSON.stringify(job)
    if (text !== told) yield { data: job }
    if (finalJobStates.has(job.state)) return
    told = text
    await clock.sleep(lookPauseMs, signal)
  }
}
