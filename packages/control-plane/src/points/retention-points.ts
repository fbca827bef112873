import { type KeepLevel, type Lifecycle, type LogBase, type RetentionPoint, windowNeeds } from '@coffre/policy'
import { type Selectable, sql, type Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import type { PointTable } from '../catalogue/tables/work-tables.ts'
import { activeJobStates } from '../jobs/job-transitions.ts'
import type { LogWindows } from '../streams/log-windows.ts'
import { isUsableBase } from '../streams/usable-base.ts'

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

/** What says which points windows need, and when. */
export interface PresentWindows {
  readonly windows: LogWindows
  readonly nowMs: number
}

/**
 * The points of a source that exist, as retention looks at them, the oldest first. Without `present`, none is said to be the base of a
 * window: for what only counts points.
 */
export async function loadRetentionPoints(
  reader: Catalogue | Transaction<Database>,
  sourceId: string,
  present?: PresentWindows,
): Promise<ExistingPoint[]> {
  const rows = await reader
    .selectFrom('point')
    .leftJoin('stream', (join) =>
      join.onRef('stream.sourceId', '=', 'point.sourceId').onRef('stream.vaultId', '=', 'point.vaultId'),
    )
    .selectAll('point')
    .select('stream.id as streamId')
    .select(sql<boolean>`coalesce(${isUsableBase}, false)`.as('isOfPresentLog'))
    .select(sql<boolean>`(point.manifest->'begin' is not null)`.as('isBase'))
    .select(
      sql<string[]>`array(select hold_id::text from hold_point join hold on hold.id = hold_id
        where point_id = point.id and hold.state in ('CREATING', 'ACTIVE', 'CANCELING'))`.as('holdIds'),
    )
    .select(
      sql<string[]>`array(select job.id::text from job where job.kind in ('COPY', 'RESTORE', 'VERIFY')
        and job.state in (${sql.join(activeJobStates)})
        and job.request->>'pointId' = point.id::text)`.as('readerIds'),
    )
    .where('point.sourceId', '=', sourceId)
    .where('point.deletionDate', 'is', null)
    .where('point.state', 'in', ['AVAILABLE', 'COMPLETED', 'PARTIAL'])
    .orderBy('point.consistentAt')
    .orderBy('point.id')
    .execute()
  const needed = present === undefined ? new Set<string>() : neededBases(rows, present)
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
    baseOfStreamIds: needed.has(row.id) ? [row.streamId ?? row.vaultId] : [],
    timeZone: row.keepZone,
    isCopy: row.sourcePointId !== null,
  }))
}

type BaseRow = Selectable<PointTable> & { readonly isOfPresentLog: boolean; readonly isBase: boolean }

function neededBases(rows: readonly BaseRow[], { windows, nowMs }: PresentWindows): ReadonlySet<string> {
  const bases = rows.filter(({ isBase }) => isBase)
  const needed = [...Map.groupBy(bases, ({ vaultId }) => vaultId)].flatMap(([vaultId, own]) => {
    const wanted = windows.get(own[0]?.sourceId ?? '', vaultId)
    return wanted === undefined ? [] : [...windowNeeds(own.map(logBaseOf), wanted.windowDays, nowMs).baseIds]
  })
  return new Set(needed)
}

/** A point of a captured source as the window of its log looks at it. */
export function logBaseOf(row: Omit<BaseRow, 'isBase'>): LogBase {
  return {
    id: row.id,
    state: retentionState(row),
    beginMs: row.createdAt.getTime(),
    endMs: (row.consistentAt ?? row.completedAt ?? row.createdAt).getTime(),
    isOfPresentLog: row.isOfPresentLog,
  }
}
