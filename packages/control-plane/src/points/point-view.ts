import type { PointView } from '@coffre/api-contract'
import type { Selectable } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'
import type { PointTable } from '../catalogue/tables/work-tables.ts'
import type { NewestFirstKey } from '../http/newest-first-key.ts'

export interface PointFilter {
  readonly sourceId?: string
  readonly vaultId?: string
  readonly state?: PointView['state']
  readonly createdAfter?: Date
  readonly createdBefore?: Date
}

/** Recovery points of a project, the newest first. */
export async function listPoints(
  catalogue: Catalogue,
  projectId: string,
  { sourceId, vaultId, state, createdAfter, createdBefore }: PointFilter,
  page: { readonly after?: NewestFirstKey; readonly limit: number },
): Promise<PointView[]> {
  let query = catalogue.selectFrom('point').selectAll().where('projectId', '=', projectId).where('deletionDate', 'is', null)
  if (sourceId !== undefined) query = query.where('sourceId', '=', sourceId)
  if (vaultId !== undefined) query = query.where('vaultId', '=', vaultId)
  if (state !== undefined) query = query.where('state', '=', state)
  if (createdAfter !== undefined) query = query.where('createdAt', '>', createdAfter)
  if (createdBefore !== undefined) query = query.where('createdAt', '<', createdBefore)
  const { after } = page
  if (after !== undefined) {
    query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('createdAt', 'id'), '<', tuple(after.createdAt, after.id)))
  }
  return viewsOf(catalogue, await query.orderBy('createdAt', 'desc').orderBy('id', 'desc').limit(page.limit).execute())
}

/** Undefined when the project has no such point. */
export async function findPoint(catalogue: Catalogue, projectId: string, id: string): Promise<PointView | undefined> {
  const row = await catalogue
    .selectFrom('point')
    .selectAll()
    .where('projectId', '=', projectId)
    .where('id', '=', id)
    .where('deletionDate', 'is', null)
    .executeTakeFirst()
  return row && (await viewsOf(catalogue, [row]))[0]
}

async function viewsOf(catalogue: Catalogue, rows: readonly Selectable<PointTable>[]): Promise<PointView[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const [holds, tags] = await Promise.all([
    catalogue
      .selectFrom('holdPoint')
      .innerJoin('hold', 'hold.id', 'holdPoint.holdId')
      .select(['holdPoint.pointId', 'hold.id'])
      .where('holdPoint.pointId', 'in', ids)
      .where('hold.state', 'in', ['CREATING', 'ACTIVE', 'CANCELING'])
      .execute(),
    catalogue.selectFrom('tag').select(['objectId', 'key', 'value']).where('objectId', 'in', ids).execute(),
  ])
  const holdsOf = Map.groupBy(holds, ({ pointId }) => pointId)
  const tagsOf = Map.groupBy(tags, ({ objectId }) => objectId)
  return rows.map((row) =>
    viewOf(
      row,
      (holdsOf.get(row.id) ?? []).map(({ id }) => id),
      Object.fromEntries((tagsOf.get(row.id) ?? []).map(({ key, value }) => [key, value])),
    ),
  )
}

function viewOf(row: Selectable<PointTable>, holds: string[], tags: Record<string, string>): PointView {
  return {
    id: row.id,
    source: { id: row.sourceId, name: row.sourceName },
    engine: row.engine,
    vault: { id: row.vaultId, name: row.vaultName },
    snapshotId: row.snapshotId,
    state: row.state,
    message: row.message,
    verification: row.verification,
    verifiedAt: row.verifiedAt?.toISOString() ?? null,
    consistentAt: row.consistentAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    completedAt: row.completedAt?.toISOString() ?? null,
    sizeBytes: row.sizeBytes,
    storedBytes: row.storedBytes,
    items: row.items,
    deleteAt: row.deleteAt?.toISOString() ?? null,
    lockUntil: row.lockUntil?.toISOString() ?? null,
    keepLevels: row.keepLevels,
    holds,
    rule: row.ruleName,
    tags,
  }
}
