import { dayMs } from '@coffre/foundation'
import { windowNeeds } from '@coffre/policy'
import { type Selectable, sql } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'
import type { HoldTable, PointTable } from '../catalogue/tables/work-tables.ts'
import type { HoldQuery } from '../holds/holds.ts'
import { logBaseOf } from '../points/retention-points.ts'
import { LogWindows } from './log-windows.ts'
import { isUsableBase } from './usable-base.ts'

/** A log in a vault, by its name there. Sources that were deleted may have had one of the same name before. */
export interface LogPlace {
  readonly projectId: string
  readonly vaultId: string
  readonly logName: string
}

/** What of a log somebody needs. */
export interface NeededLog {
  /** Nobody captures it, and there is no base left that it could be replayed on. */
  readonly isAbandoned: boolean
  /** Log after this is needed, whatever bases there are. */
  readonly windowBeginMs: number
  /** Log after the beginning of any of these is needed. Undefined when nothing can be said yet: then all of it is. */
  readonly bases: readonly NeededBase[] | undefined
  readonly holds: readonly LogHold[]
}

export interface NeededBase {
  readonly beginMs: number
  readonly branch: string
  readonly offset: string
}

/**
 * What a legal hold binds of a log: everything from the first base on that it binds, to the end of the time that it is for; so that any
 * second of that time stays restorable, and with a base that is held too.
 */
export interface LogHold {
  readonly id: string
  /** In the vault's state. */
  readonly name: string
  readonly title: string
  readonly isLifted: boolean
  readonly fromMs: number
  readonly untilMs: number
}

/** What is needed of a log at a time, as the vault's storage tells it. */
export async function neededLog(catalogue: Catalogue, place: LogPlace, nowMs: number): Promise<NeededLog> {
  const { projectId } = place
  const windows = await LogWindows.load(catalogue, projectId)
  const rows = await basesOf(catalogue, place)
  const wanted = (await sourcesOf(catalogue, place)).flatMap((sourceId) => windows.get(sourceId, place.vaultId) ?? [])
  const windowDays = Math.max(0, ...wanted.map((stream) => stream.windowDays ?? 0))
  const needed = [...Map.groupBy(rows, ({ sourceId }) => sourceId)].flatMap(([sourceId, own]) => {
    const days = windows.get(sourceId ?? '', place.vaultId)?.windowDays
    // One that is going may come back: what locks or holds it is known to its vault alone.
    const staying = own.filter(({ state }) => state !== 'DELETING').map(logBaseOf)
    const { baseIds } = windowNeeds(staying, days, nowMs)
    return baseIds.size === 0 ? own : own.filter(({ id }) => baseIds.has(id))
  })
  return {
    isAbandoned: wanted.length === 0 && rows.length === 0,
    windowBeginMs: nowMs - windowDays * dayMs,
    bases: needed.length === 0 ? undefined : needed.map(neededBaseOf),
    holds: await holdsOf(catalogue, place),
  }
}

type BaseRow = Selectable<PointTable> & { readonly isOfPresentLog: boolean }

/** Bases of all sources whose log this is or was, good ones or not. */
async function basesOf(catalogue: Catalogue, { vaultId, logName }: LogPlace): Promise<BaseRow[]> {
  return catalogue
    .selectFrom('point')
    .innerJoin('stream', (join) =>
      join.onRef('stream.sourceId', '=', 'point.sourceId').onRef('stream.vaultId', '=', 'point.vaultId'),
    )
    .selectAll('point')
    .select(sql<boolean>`coalesce(${isUsableBase}, false)`.as('isOfPresentLog'))
    .where('stream.vaultId', '=', vaultId)
    .where('stream.logName', '=', logName)
    .where('point.deletionDate', 'is', null)
    .where('point.state', 'in', ['AVAILABLE', 'COMPLETED', 'PARTIAL', 'DELETING'])
    .where(sql<boolean>`point.manifest->'begin' is not null`)
    .execute()
}

function neededBaseOf({ createdAt, manifest }: BaseRow): NeededBase {
  const { begin } = manifest as { readonly begin: Omit<NeededBase, 'beginMs'> }
  return { beginMs: createdAt.getTime(), ...begin }
}

async function sourcesOf(catalogue: Catalogue, { vaultId, logName }: LogPlace): Promise<string[]> {
  const rows = await catalogue
    .selectFrom('stream')
    .select('sourceId')
    .where('vaultId', '=', vaultId)
    .where('logName', '=', logName)
    .execute()
  return rows.map(({ sourceId }) => sourceId)
}

async function holdsOf(catalogue: Catalogue, { vaultId, logName }: LogPlace): Promise<LogHold[]> {
  const { rows } = await sql<Pick<Selectable<HoldTable>, 'id' | 'recordName' | 'title' | 'state'> & Bound>`
    select hold.id, hold.record_name, hold.title, hold.state, hold.query, min(point.created_at) as first_at
    from hold
    join hold_point on hold_point.hold_id = hold.id
    join point on point.id = hold_point.point_id
    join stream on stream.source_id = point.source_id and stream.vault_id = point.vault_id
    where stream.vault_id = ${vaultId} and stream.log_name = ${logName} and hold.state <> 'CANCELED'
      and point.deletion_date is null and point.manifest->'begin' is not null
    group by hold.id
    order by hold.id`.execute(catalogue)
  return rows.map(({ id, recordName, title, state, query: { createdBefore }, firstAt }) => ({
    id,
    name: recordName ?? id,
    title,
    isLifted: state === 'CANCELING',
    fromMs: firstAt.getTime(),
    untilMs: createdBefore === null ? Number.POSITIVE_INFINITY : Date.parse(createdBefore),
  }))
}

interface Bound {
  readonly query: HoldQuery
  readonly firstAt: Date
}
