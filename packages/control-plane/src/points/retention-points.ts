import type { KeepLevel, Lifecycle, RetentionPoint } from '@coffre/policy'
import { type Selectable, sql, type Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import type { PointTable } from '../catalogue/tables/work-tables.ts'
import { activeJobStates } from '../jobs/job-transitions.ts'

/** What a point is to retention. */
function retentionState(point: Pick<Selectable<PointTable>, 'state' | 'quarantine' | 'verification'>): RetentionPoint['state'] {
  if (point.verification === 'FAILED' || point.quarantine !== null) return 'failed-verification'
  if (point.state === 'PARTIAL') return 'partial'
  return point.verification === 'PENDING' ? 'unverified' : 'good'
}

/** A point with what else is to be known of it when its rule changes. */
export interface ExistingPoint extends RetentionPoint {
  readonly timeZone: string
  /** It was copied here from another vault. */
  readonly isCopy: boolean
}

/** The points of a source that exist, as retention looks at them, the oldest first. */
export async function loadRetentionPoints(reader: Catalogue | Transaction<Database>, sourceId: string): Promise<ExistingPoint[]> {
  const rows = await reader
    .selectFrom('point')
    .selectAll()
    .select(
      sql<string[]>`array(select hold_id::text from hold_point join hold on hold.id = hold_id
        where point_id = point.id and hold.state in ('CREATING', 'ACTIVE', 'CANCELING'))`.as('holdIds'),
    )
    .select(
      sql<string[]>`array(select job.id::text from job where job.kind in ('COPY', 'RESTORE', 'VERIFY')
        and job.state in (${sql.join(activeJobStates)})
        and job.request->>'pointId' = point.id::text)`.as('readerIds'),
    )
    .where('sourceId', '=', sourceId)
    .where('deletionDate', 'is', null)
    .where('state', 'in', ['AVAILABLE', 'COMPLETED', 'PARTIAL'])
    .orderBy('consistentAt')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    sourceId,
    vaultId: row.vaultId,
    ...(row.ruleId === null ? {} : { ruleId: row.ruleId }),
    completedMs: (row.consistentAt ?? row.createdAt).getTime(),
    state: retentionState(row),
    lifecycle: row.lifecycle as Lifecycle,
    levelsAtCommit: row.keepLevels as KeepLevel[],
    ...(row.lockUntil === null ? {} : { lockUntilMs: row.lockUntil.getTime() }),
    holdIds: row.holdIds,
    copyJobIds: row.readerIds,
    baseOfStreamIds: [],
    timeZone: row.keepZone,
    isCopy: row.sourcePointId !== null,
  }))
}
