import { type CopyOutcome, runCopy } from '@coffre/engine'
import { dayMs } from '@coffre/foundation'
import type { Selectable, Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'
import { newHexId, newId } from '../catalogue/new-id.ts'
import type { VaultTable } from '../catalogue/tables/policy-tables.ts'
import type { PointTable } from '../catalogue/tables/work-tables.ts'
import { Holds } from '../holds/holds.ts'
import { type JobRequest, requestOf } from '../jobs/job-request.ts'
import { newFollowUp } from '../jobs/new-follow-up.ts'
import { type PointTerms, pointTerms } from '../points/point-terms.ts'
import { loadRetentionPoints } from '../points/retention-points.ts'
import type { Finish } from './backup-job.ts'
import { bringLock } from './bring-lock.ts'
import type { JobRun } from './job-run.ts'
import { openSession } from './open-vault.ts'
import { pointOf } from './point-of.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Copies a point to another vault, where it is a point with a life of its own. */
export async function runCopyJob(parts: WorkerParts, run: JobRun): Promise<Finish> {
  const { job, signal } = run
  const request = requestOf('COPY', job)
  const point = await pointOf(parts.catalogue, request.pointId)
  await using from = await openSession(parts, point.vaultId, signal)
  await using to = await openSession(parts, job.targetVaultId, signal)
  await bringLock(to, to.row, signal)
  const atMs = (point.consistentAt ?? point.createdAt).getTime()
  const own = point.sourceId === null ? [] : await loadRetentionPoints(parts.catalogue, point.sourceId)
  const earlier = own.filter(({ vaultId, ruleId }) => vaultId === to.row.id && ruleId === (point.ruleId ?? undefined))
  const terms = pointTerms(request.lifecycle, request.timeZone, atMs, earlier, to.row)
  const lockDays =
    terms.lockUntilMs === undefined ? {} : { lockDays: Math.ceil((terms.lockUntilMs - parts.context.clock.nowMs()) / dayMs) }
  const outcome = await runCopy(from, to, { pointId: point.snapshotId, ...lockDays }, run.onProgress, signal)
  return {
    event: 'done',
    result: { snapshotId: outcome.pointId, bytesTransferred: outcome.bytesTransferred },
    commit: (transaction) => recordCopy(parts, run, { point, vault: to.row, request, outcome, terms }, transaction),
  }
}

interface Copied {
  readonly point: Selectable<PointTable>
  readonly vault: Selectable<VaultTable>
  readonly request: JobRequest<'COPY'>
  readonly outcome: CopyOutcome
  readonly terms: PointTerms
}

async function recordCopy(
  { context, store }: WorkerParts,
  { job }: JobRun,
  { point, vault, request, outcome, terms }: Copied,
  transaction: Transaction<Database>,
): Promise<void> {
  const known = await transaction
    .selectFrom('point')
    .select('id')
    .where('vaultId', '=', vault.id)
    .where('snapshotId', '=', outcome.pointId)
    .where('deletionDate', 'is', null)
    .executeTakeFirst()
  // Another job copied the same point before: then it is there once.
  if (known !== undefined) return
  const id = newId(context)
  const now = new Date(context.clock.nowMs())
  const { verifiedAt: _verifiedAt, lastRestoreAt: _lastRestoreAt, ...same } = point
  await transaction
    .insertInto('point')
    .values({
      ...same,
      id,
      hexId: newHexId(context),
      accountLabel: vault.accountLabel,
      regionLabel: vault.regionLabel,
      vaultId: vault.id,
      vaultName: vault.name,
      snapshotId: outcome.pointId,
      sourceVaultId: point.vaultId,
      sourcePointId: point.id,
      initiatedAt: job.createdAt,
      completedAt: now,
      storedBytes: outcome.dataAddedPacked,
      verification: 'PENDING',
      manifest: point.manifest === null ? null : JSON.stringify(point.manifest),
      restoreMetadata: null,
      scanResult: null,
      lifecycle: JSON.stringify(request.lifecycle),
      keepLevels: [...terms.levels],
      keepZone: request.timeZone,
      deleteAt: terms.deleteAtMs === undefined ? null : new Date(terms.deleteAtMs),
      moveToColdAt: terms.moveToColdAtMs === undefined ? null : new Date(terms.moveToColdAtMs),
      lockUntil: terms.lockUntilMs === undefined ? null : new Date(terms.lockUntilMs),
      jobId: job.id,
    })
    .execute()
  await new Holds(context).bindNew({ ...same, id, vaultId: vault.id }, transaction)
  const tags = await transaction.selectFrom('tag').selectAll().where('objectId', '=', point.id).execute()
  if (tags.length > 0)
    await transaction
      .insertInto('tag')
      .values(tags.map((tag) => ({ ...tag, objectId: id })))
      .execute()
  const verification = newFollowUp('VERIFY', job, { machine: request.machine, pointId: id, read: 'sample' })
  await store.create({ ...verification, vaultId: vault.id, vaultName: vault.name }, transaction)
}
