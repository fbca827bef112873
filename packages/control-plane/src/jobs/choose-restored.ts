import type { LogTarget } from '@coffre/api-contract'
import { CoffreError, type Context } from '@coffre/foundation'
import type { Selectable } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'
import { objectMissing } from '../catalogue/object-missing.ts'
import type { PointTable } from '../catalogue/tables/work-tables.ts'
import { findSourceRow } from '../sources/source-view.ts'
import type { LogWish } from './job-request.ts'
import { chooseLog, type KnownLog, knownLogs, namesLogTarget, noLog } from './log-wish.ts'

/** What is to be put back, as it was asked for. */
export interface RestoredOrder {
  readonly projectId: string
  readonly source: string
  readonly point: string | undefined
  readonly at: string | undefined
  /** What only a log can give. */
  readonly log?: Omit<LogTarget, 'at'>
}

/** Whose it is, where it lies, and what a job is told of it. */
export interface ChosenRestored {
  readonly about: Pick<KnownLog, 'sourceName' | 'engine' | 'accountLabel' | 'regionLabel' | 'vaultName' | 'vaultId'> & {
    readonly sourceId: string | null
  }
  readonly what: { readonly pointId: string } | { readonly wish: LogWish }
}

/** Of a source with a log any state of it, or a point as it is; of any other source a point. */
export async function chooseRestored(
  { catalogue, context }: { readonly catalogue: Catalogue; readonly context: Context },
  order: RestoredOrder,
): Promise<ChosenRestored> {
  const { projectId, at, log = { latest: false } } = order
  const target = { ...log, at }
  const logs = order.point === undefined ? await knownLogs(catalogue, projectId, order.source) : []
  if (logs.length > 0) {
    const chosen = chooseLog(logs, target, context.clock.nowMs())
    return { about: chosen.log, what: { wish: chosen.wish } }
  }
  if (namesLogTarget(target)) {
    if (order.point !== undefined) throw pointAndLog()
    const source = await findSourceRow(catalogue, projectId, order.source)
    throw source === undefined ? objectMissing('source', order.source) : noLog(source.name)
  }
  const point = await choosePoint(catalogue, order)
  return { about: point, what: { pointId: point.id } }
}

/** The one that was named; or the newest that had been completed by `at`, or by now. Copies stand in for what is gone or damaged. */
async function choosePoint(catalogue: Catalogue, order: RestoredOrder): Promise<Selectable<PointTable>> {
  const { projectId, point: pointId, at } = order
  const source = await findSourceRow(catalogue, projectId, order.source)
  const points = catalogue
    .selectFrom('point')
    .selectAll()
    .where('projectId', '=', projectId)
    .where('deletionDate', 'is', null)
    .where(({ eb }) => (source === undefined ? eb('sourceName', '=', order.source) : eb('sourceId', '=', source.id)))
  if (pointId !== undefined) {
    const point = await points.where('id', '=', pointId).executeTakeFirst()
    if (point === undefined) throw objectMissing('point', pointId)
    if (['AVAILABLE', 'COMPLETED', 'PARTIAL'].includes(point.state)) return point
    throw new CoffreError('point.not-restorable', `point ${pointId} is ${point.state}`, {
      hint: 'Choose another: `coffre points`.',
    })
  }
  let query = points.where('state', 'in', ['AVAILABLE', 'COMPLETED', 'PARTIAL']).where('verification', '<>', 'FAILED')
  if (at !== undefined) query = query.where('completedAt', '<=', new Date(at))
  const [newest] = await query
    .orderBy('completedAt', 'desc')
    .orderBy('sourcePointId', (order) => order.nullsFirst())
    .limit(1)
    .execute()
  if (newest !== undefined) return newest
  if (source === undefined) throw objectMissing('source', order.source)
  throw new CoffreError(
    'point.none',
    at === undefined ? `${source.name} has no recovery point` : `no recovery point of ${source.name} was completed by ${at}`,
    { hint: 'List what there is: `coffre points`; make one: `coffre backup`.' },
  )
}

function pointAndLog(): CoffreError {
  return new CoffreError('usage.invalid', 'a point is restored as it is', {
    hint: 'Name a point, or what to go back to: then the point is found.',
  })
}
