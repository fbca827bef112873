import { explainRestore, listTimeline } from '@coffre/api-contract'
import { objectMissing } from '../catalogue/object-missing.ts'
import { defineHandler, type Handler } from '../http/api-call.ts'
import { findJob } from './job-view.ts'
import { restoreOrder, targetOf } from './restore-body.ts'
import { startTimeline } from './start-log-look.ts'
import { type RestoreParts, startExplanation } from './start-restore.ts'

/** Answers what is asked of continuous logs: by jobs, as it takes reading a vault. */
export function logHandlers(parts: RestoreParts): readonly Handler[] {
  const found = async (projectId: string, id: string) => {
    const job = await findJob(parts.catalogue, projectId, id)
    if (job === undefined) throw objectMissing('job', id)
    return job
  }
  return [
    defineHandler(explainRestore, async ({ projectId, principal, params: { source }, body, audit }) => {
      const id = await startExplanation(parts, { ...restoreOrder(body), projectId, source, createdBy: principal.id })
      await audit({ target: `job:${id}`, detail: { source, ...targetOf(body) } })
      return found(projectId, id)
    }),
    defineHandler(listTimeline, async ({ projectId, principal, params: { source }, body, audit }) => {
      const { vault, since, until } = body
      const id = await startTimeline(parts, { projectId, source, vault, since, until, createdBy: principal.id })
      await audit({ target: `job:${id}`, detail: { source } })
      return found(projectId, id)
    }),
  ]
}
