import type { StatusView } from '@coffre/api-contract'
import { sql } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'
import { runsBySource } from './runs-by-source.ts'

type Protection = StatusView['protection'][number]

const sourcesMax = 1000
/** Those that need somebody come first. */
const order: readonly Protection['state'][] = ['failed', 'late', 'never', 'unprotected', 'running', 'ok']

/** How well each source is protected: by its last backup, and by what its rules will do next. */
export async function protectionOf(catalogue: Catalogue, projectId: string, now: Date): Promise<Protection[]> {
  const { rows } = await sql<{
    id: string
    name: string
    lastPointAt: Date | null
    lastState: string | null
    isRunning: boolean
    createdAt: Date
  }>`
    select source.id, source.name, source.created_at,
      (select max(completed_at) from point where point.source_id = source.id and point.deletion_date is null
        and point.state in ('COMPLETED', 'AVAILABLE') and point.verification <> 'FAILED') as last_point_at,
      (select state from job where job.source_id = source.id and job.kind = 'BACKUP'
        and job.state in ('COMPLETED', 'PARTIAL', 'FAILED', 'EXPIRED') order by created_at desc limit 1) as last_state,
      exists (select from job where job.source_id = source.id and job.kind = 'BACKUP'
        and job.state in ('RUNNING', 'ABORTING')) as is_running
    from source
    where source.project_id = ${projectId} and source.deletion_date is null
    order by source.name
    limit ${sourcesMax}`.execute(catalogue)
  const runsOf = await runsBySource(catalogue, projectId)
  const all = rows.map(({ id, name, lastPointAt, lastState, isRunning }): Protection => {
    const { next, isPlanned = false } = runsOf.get(id) ?? {}
    const state = stateOf({ lastPointAt, lastState, isRunning, next, isPlanned, now })
    const iso = (at: Date | null | undefined): string | null => at?.toISOString() ?? null
    return { source: { id, name }, state, lastPointAt: iso(lastPointAt), nextRunAt: iso(next) }
  })
  return all.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state))
}

interface Seen {
  readonly lastPointAt: Date | null
  readonly lastState: string | null
  readonly isRunning: boolean
  readonly next: Date | undefined
  readonly isPlanned: boolean
  readonly now: Date
}

function stateOf({ lastPointAt, lastState, isRunning, next, isPlanned, now }: Seen): Protection['state'] {
  if (isRunning) return 'running'
  if (lastState === 'FAILED' || lastState === 'PARTIAL') return 'failed'
  if (lastState === 'EXPIRED' || (next !== undefined && next < now)) return 'late'
  if (!isPlanned) return 'unprotected'
  return lastPointAt === null ? 'never' : 'ok'
}
