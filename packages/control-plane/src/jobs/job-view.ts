import { type JobStateName, type JobView, problemSchema } from '@coffre/api-contract'
import type { Catalogue } from '../catalogue/database.ts'
import type { JobKind } from '../catalogue/tables/work-tables.ts'
import type { NewestFirstKey } from '../http/newest-first-key.ts'
import { activeJobStates } from './job-transitions.ts'

export interface JobFilter {
  readonly state?: JobStateName
  /** Only those that have not ended, or only those that have. */
  readonly isActive?: boolean
  readonly kind?: JobKind
  readonly sourceId?: string
}

/** Jobs of a project, the newest first. */
export async function listJobs(
  catalogue: Catalogue,
  projectId: string,
  { state, isActive, kind, sourceId }: JobFilter,
  page: { readonly after?: NewestFirstKey; readonly limit: number },
): Promise<JobView[]> {
  let query = jobs(catalogue).where('job.projectId', '=', projectId)
  if (state !== undefined) query = query.where('job.state', '=', state)
  if (isActive !== undefined) query = query.where('job.state', isActive ? 'in' : 'not in', activeJobStates)
  if (kind !== undefined) query = query.where('job.kind', '=', kind)
  if (sourceId !== undefined) query = query.where('job.sourceId', '=', sourceId)
  const { after } = page
  if (after !== undefined) {
    query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('job.createdAt', 'job.id'), '<', tuple(after.createdAt, after.id)))
  }
  const rows = await query.orderBy('job.createdAt', 'desc').orderBy('job.id', 'desc').limit(page.limit).execute()
  return rows.map(viewOf)
}

/** Undefined when the project has no such job. */
export async function findJob(catalogue: Catalogue, projectId: string, id: string): Promise<JobView | undefined> {
  const row = await jobs(catalogue).where('job.projectId', '=', projectId).where('job.id', '=', id).executeTakeFirst()
  return row && viewOf(row)
}

function jobs(catalogue: Catalogue) {
  return catalogue.selectFrom('job').leftJoin('point', 'point.jobId', 'job.id').selectAll('job').select('point.id as pointId')
}

type JobRow = Awaited<ReturnType<ReturnType<typeof jobs>['executeTakeFirstOrThrow']>>

function viewOf(row: JobRow): JobView {
  const { sourceId, sourceName, vaultId, vaultName, planId, planName, ruleName } = row
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    message: row.message,
    source: sourceName === null ? null : { id: sourceId, name: sourceName },
    vault: vaultName === null ? null : { id: vaultId, name: vaultName },
    plan: planId === null || planName === null ? null : { id: planId, name: planName, rule: ruleName },
    pointId: row.pointId,
    attempt: row.attempt,
    phase: row.phase,
    percent: row.percent,
    bytesDone: row.bytesDone,
    bytesTotal: row.bytesTotal,
    itemsDone: row.itemsDone,
    itemsTotal: row.itemsTotal,
    expectedEndAt: row.expectedEndAt?.toISOString() ?? null,
    startBy: row.startBy?.toISOString() ?? null,
    completeBy: row.completeBy?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    completedAt: row.completedAt?.toISOString() ?? null,
    error: row.error === null ? null : errorSchema.parse(row.error),
    result: row.result as Record<string, unknown> | null,
  }
}

const errorSchema = problemSchema.pick({ code: true, detail: true, hint: true })
