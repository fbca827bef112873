import { formatPosition, type LogMinute } from '@coffre/connector'
import { logOf, mapLog, type VaultSession } from '@coffre/engine'
import { describeLog } from '@coffre/journal'
import { loadIndex } from '@coffre/repository'
import { sql } from 'kysely'
import { requestOf } from '../jobs/job-request.ts'
import type { Job } from '../jobs/job-store.ts'
import { engineNamed } from '../sources/source-engines.ts'
import type { Finish } from './backup-job.ts'
import type { JobRun } from './job-run.ts'
import { openSession } from './open-vault.ts'
import { shownEpoch } from './shown-epoch.ts'
import { instantOf } from './shown-stop.ts'
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
      ...(await mapOf(parts, job, session, signal)),
      epochs: epochs.map(shownEpoch),
      bases: bases.map(({ id, at, begin }) => ({ pointId: id, at: at.toISOString(), begin })),
    },
  }
}

/** So many rows, changed by one transaction, are worth telling. */
const massMin = 100
/** Of a map that is longer the last minutes are told: they are what is mostly looked for. */
const minutesMax = 1440

async function mapOf(parts: WorkerParts, job: Job, session: VaultSession, signal: AbortSignal): Promise<object> {
  const { map } = requestOf('TIMELINE', job)
  if (map === undefined) return {}
  const engine = engineNamed(parts.engines, map.engine)
  if (engine.kind === 'tree') return {}
  const { sinceUs, untilUs } = map
  const minutes = await mapLog(session, engine.connector, job.sourceName ?? '', { sinceUs, untilUs, massMin }, signal)
  return { minutes: minutes.slice(-minutesMax).map(shownMinute), minutesOmitted: Math.max(0, minutes.length - minutesMax) }
}

function shownMinute({ startUs, commits, aborts, events, eventsOmitted }: LogMinute): object {
  return {
    at: instantOf(startUs),
    commits,
    aborts,
    events: events.map(({ us, justBefore, ...event }) => ({ at: instantOf(us), ...event, justBefore: formatPosition(justBefore) })),
    eventsOmitted,
  }
}
