import type { LogTarget } from '@coffre/api-contract'
import { CoffreError } from '@coffre/foundation'
import type { Selectable } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'
import { objectMissing } from '../catalogue/object-missing.ts'
import type { PointTable } from '../catalogue/tables/work-tables.ts'
import type { SecretStore } from '../secrets/secret-store.ts'
import { findSourceRow } from '../sources/source-view.ts'
import type { JobRequest } from './job-request.ts'
import { chooseLog, knownLogs, namesLogTarget, noLog } from './log-wish.ts'
import { type RestoreTargetOrder, restoreSecret, restoreTarget } from './restore-target.ts'
import type { StartParts } from './start-backup.ts'

export interface RestoreOrder extends RestoreTargetOrder {
  readonly projectId: string
  readonly source: string
  readonly point: string | undefined
  readonly at: string | undefined
  /** What only a log can give. */
  readonly log?: Omit<LogTarget, 'at'>
  readonly options?: Readonly<Record<string, unknown>> | undefined
  readonly overwrite: boolean
  readonly createdBy: string
}

/** Somebody waits for it, and often in need. */
const restorePriority = 20

/** Makes a job that puts a point of a source back; of a source with a log, any state of it. */
export async function startRestore(parts: StartParts & { readonly secrets: SecretStore }, order: RestoreOrder): Promise<string> {
  const { catalogue, store, machine, context, engines, secrets } = parts
  const { projectId, overwrite, options, at, log = { latest: false } } = order
  const target = { ...log, at }
  const logs = order.point === undefined ? await knownLogs(catalogue, projectId, order.source) : []
  const chosen = logs.length === 0 ? undefined : chooseLog(logs, target, context.clock.nowMs())
  if (chosen === undefined && namesLogTarget(target)) {
    if (order.point !== undefined) throw pointAndLog()
    const source = await findSourceRow(catalogue, projectId, order.source)
    throw source === undefined ? objectMissing('source', order.source) : noLog(source.name)
  }
  const about = chosen?.log ?? (await choosePoint(catalogue, order))
  const goesTo = restoreTarget(order, about.engine, engines)
  const given = order.into?.secrets
  const request: JobRequest<'RESTORE'> = {
    machine,
    ...(chosen === undefined ? { pointId: 'id' in about ? about.id : '' } : { wish: chosen.wish }),
    ...goesTo,
    overwrite,
    ...(options === undefined ? {} : { options }),
  }
  const id = await catalogue.transaction().execute(async (transaction) =>
    store.create(
      {
        projectId,
        accountLabel: about.accountLabel,
        regionLabel: about.regionLabel,
        kind: 'RESTORE',
        sourceId: about.sourceId,
        sourceName: about.sourceName,
        vaultId: about.vaultId,
        vaultName: about.vaultName,
        request: JSON.stringify(request),
        secretId:
          given === undefined ? null : await secrets.put(projectId, restoreSecret, Buffer.from(JSON.stringify(given)), transaction),
        createdBy: order.createdBy,
        priority: restorePriority,
        // What a first attempt wrote looks like somebody's files to a second one: only storage that fails is tried again.
        attemptsMax: 3,
      },
      transaction,
    ),
  )
  if (id === undefined) throw new Error('a job without an occurrence was taken for a repeated one')
  return id
}

/** The one that was named; or the newest that had been completed by `at`, or by now. Copies stand in for what is gone or damaged. */
async function choosePoint(catalogue: Catalogue, order: RestoreOrder): Promise<Selectable<PointTable>> {
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
