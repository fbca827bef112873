import { CoffreError } from '@coffre/foundation'
import type { Selectable, Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'
import { objectMissing } from '../catalogue/object-missing.ts'
import type { PointTable } from '../catalogue/tables/work-tables.ts'
import { Holds } from '../holds/holds.ts'
import type { ApiCall } from '../http/api-call.ts'
import { LogWindows } from '../streams/log-windows.ts'
import { type RemovalParts, removePoints } from './remove-points.ts'
import { loadRetentionPoints } from './retention-points.ts'

export interface DeletionOrder {
  readonly projectId: string
  readonly pointId: string
  /** Also the last good point of a source. */
  readonly evenLast: boolean
  readonly deletedBy: string
}

/** Decides that a point goes, unless something protects it. */
export async function deletePoint(parts: RemovalParts, order: DeletionOrder, audit: ApiCall['audit']): Promise<void> {
  const { projectId, pointId } = order
  await parts.catalogue.transaction().execute(async (transaction) => {
    await new Holds(parts.context).waitForNew(projectId, transaction)
    const point = await transaction
      .selectFrom('point')
      .selectAll()
      .where('projectId', '=', projectId)
      .where('id', '=', pointId)
      .where('deletionDate', 'is', null)
      .forUpdate()
      .executeTakeFirst()
    if (point === undefined) throw objectMissing('point', pointId)
    if (point.state === 'DELETING') return
    await refuseProtected(parts, point, order, transaction)
    await audit({ target: `point:${pointId}`, detail: { source: point.sourceName, snapshotId: point.snapshotId } }, transaction)
    await removePoints(parts, [point], order.deletedBy, transaction)
  })
}

async function refuseProtected(
  { context }: RemovalParts,
  point: Selectable<PointTable>,
  { projectId, evenLast }: DeletionOrder,
  transaction: Transaction<Database>,
): Promise<void> {
  const { id, lockUntil, sourceId, sourceName } = point
  if (lockUntil !== null && lockUntil.getTime() > context.clock.nowMs()) {
    throw new CoffreError('point.locked', `point ${id} is locked until ${lockUntil.toISOString()}`, {
      hint: 'Nobody can delete it before.',
    })
  }
  const holds = await transaction
    .selectFrom('holdPoint')
    .innerJoin('hold', 'hold.id', 'holdPoint.holdId')
    .select('hold.title')
    .where('holdPoint.pointId', '=', id)
    .where('hold.state', 'in', ['CREATING', 'ACTIVE', 'CANCELING'])
    .execute()
  if (holds.length > 0) {
    const titles = holds.map(({ title }) => title).join(', ')
    throw new CoffreError('point.held', `point ${id} is held: ${titles}`, {
      hint: 'Have the hold lifted first; that takes approval.',
    })
  }
  if (sourceId === null) return
  // Whoever deletes another point of the source waits here: of two last ones, one stays.
  await transaction.selectFrom('source').select('id').where('id', '=', sourceId).forUpdate().execute()
  const windows = await LogWindows.load(transaction, projectId)
  const all = await loadRetentionPoints(transaction, sourceId, { windows, nowMs: context.clock.nowMs() })
  const own = all.find((other) => other.id === id)
  if (own !== undefined && own.copyJobIds.length > 0) {
    throw new CoffreError('point.busy', `point ${id} is being read by job ${own.copyJobIds.join(', ')}`, {
      hint: 'Wait until the job has ended, or cancel it.',
    })
  }
  if (own !== undefined && own.baseOfStreamIds.length > 0) {
    throw new CoffreError('point.needed', `without point ${id}, some of the window of ${sourceName} could not be restored`, {
      hint: 'Make its window shorter in the rule that wants its log, or take `continuous` out of it.',
    })
  }
  const isLastGood = own?.state === 'good' && !all.some((other) => other.id !== id && other.state === 'good')
  const isLast = isLastGood || all.length === 1
  const source = await transaction.selectFrom('source').select('deletionDate').where('id', '=', sourceId).executeTakeFirst()
  if (!isLast || evenLast || source?.deletionDate !== null) return
  throw new CoffreError('point.last', `point ${id} is the last good one of ${sourceName}, which is still protected`, {
    hint: 'Say that even the last one may go, or make a new backup first.',
  })
}
