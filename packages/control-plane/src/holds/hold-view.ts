import type { HoldView, PointView } from '@coffre/api-contract'
import type { Selectable } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'
import { objectMissing } from '../catalogue/object-missing.ts'
import type { HoldTable } from '../catalogue/tables/work-tables.ts'
import type { NewestFirstKey } from '../http/newest-first-key.ts'
import type { HoldQuery } from './holds.ts'

export type HeldPoint = Pick<PointView, 'id' | 'source' | 'vault' | 'snapshotId' | 'state' | 'createdAt' | 'sizeBytes'>

interface Page {
  readonly after: NewestFirstKey | undefined
  readonly limit: number
}

/** Holds of a project, the newest first. */
export async function listHolds(
  catalogue: Catalogue,
  projectId: string,
  state: HoldView['state'] | undefined,
  { after, limit }: Page,
): Promise<HoldView[]> {
  let query = catalogue.selectFrom('hold').selectAll().where('projectId', '=', projectId)
  if (state !== undefined) query = query.where('state', '=', state)
  if (after !== undefined)
    query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('createdAt', 'id'), '<', tuple(after.createdAt, after.id)))
  return viewsOf(catalogue, await query.orderBy('createdAt', 'desc').orderBy('id', 'desc').limit(limit).execute())
}

/** `object.missing` when the project has no such hold. */
export async function findHold(catalogue: Catalogue, projectId: string, id: string): Promise<HoldView> {
  const rows = await catalogue.selectFrom('hold').selectAll().where('id', '=', id).where('projectId', '=', projectId).execute()
  const [view] = await viewsOf(catalogue, rows)
  if (view === undefined) throw objectMissing('hold', id)
  return view
}

/** What a hold binds, the newest first; points that were deleted after it was lifted too. */
export async function listHeldPoints(catalogue: Catalogue, holdId: string, { after, limit }: Page): Promise<HeldPoint[]> {
  let query = catalogue
    .selectFrom('holdPoint')
    .innerJoin('point', 'point.id', 'holdPoint.pointId')
    .selectAll('point')
    .where('holdPoint.holdId', '=', holdId)
  if (after !== undefined)
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('point.createdAt', 'point.id'), '<', tuple(after.createdAt, after.id)),
    )
  const rows = await query.orderBy('point.createdAt', 'desc').orderBy('point.id', 'desc').limit(limit).execute()
  return rows.map(({ id, sourceId, sourceName, vaultId, vaultName, snapshotId, state, createdAt, sizeBytes }) => ({
    id,
    source: { id: sourceId, name: sourceName },
    vault: { id: vaultId, name: vaultName },
    snapshotId,
    state,
    createdAt: createdAt.toISOString(),
    sizeBytes,
  }))
}

async function viewsOf(catalogue: Catalogue, rows: readonly Selectable<HoldTable>[]): Promise<HoldView[]> {
  if (rows.length === 0) return []
  const counts = await catalogue
    .selectFrom('holdPoint')
    .select(({ fn }) => ['holdId', fn.countAll<number>().as('points')])
    .where(
      'holdId',
      'in',
      rows.map(({ id }) => id),
    )
    .groupBy('holdId')
    .execute()
  const pointsOf = new Map(counts.map(({ holdId, points }) => [holdId, points]))
  return rows.map((row) => viewOf(row, pointsOf.get(row.id) ?? 0))
}

function viewOf(row: Selectable<HoldTable>, points: number): HoldView {
  const { vaults, sources, createdAfter, createdBefore } = row.query as HoldQuery
  return {
    id: row.id,
    title: row.title,
    description: row.description,
    state: row.state,
    query: { vaults: [...vaults], sources: [...sources], createdAfter, createdBefore },
    points,
    createdAt: row.createdAt.toISOString(),
    createdBy: row.createdBy,
    liftedAt: row.cancelledAt?.toISOString() ?? null,
    liftReason: row.cancelReason,
  }
}
