import { logOf } from '@coffre/engine'
import { describeLog } from '@coffre/journal'
import { loadIndex } from '@coffre/repository'
import { sql } from 'kysely'
import type { Finish } from './backup-job.ts'
import type { JobRun } from './job-run.ts'
import { openSession } from './open-vault.ts'
import { shownEpoch } from './shown-epoch.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Lists what a vault has of a source's log, and the bases that it can be replayed on. */
export async function runTimelineJob(parts: WorkerParts, { job, signal }: JobRun): Promise<Finish> {
  await using session = await openSession(parts, job.vaultId, signal)
  const index = await loadIndex(session.repository, {}, signal)
  const epochs = await describeLog(session.repository, index, logOf(job.sourceName ?? ''), signal)
  const { rows: bases } = await sql<{ id: string; at: Date; begin: string | null }>`
    select id, coalesce(consistent_at, completed_at, created_at) as at,
      manifest->'begin'->>'branch' || '@' || (manifest->'begin'->>'offset') as begin
    from point
    where vault_id = ${job.vaultId} and source_name = ${job.sourceName} and project_id = ${job.projectId}
      and deletion_date is null and state in ('COMPLETED', 'AVAILABLE')
    order by at`.execute(parts.catalogue)
  return {
    event: 'done',
    result: {
      epochs: epochs.map(shownEpoch),
      bases: bases.map(({ id, at, begin }) => ({ pointId: id, at: at.toISOString(), begin })),
    },
  }
}
