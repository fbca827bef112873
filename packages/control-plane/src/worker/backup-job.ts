import { type BackupOutcome, type BackupSource, runBackup } from '@coffre/engine'
import { CoffreError, dayMs } from '@coffre/foundation'
import type { Selectable, Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'
import { newHexId, newId } from '../catalogue/new-id.ts'
import type { SourceTable } from '../catalogue/tables/policy-tables.ts'
import { Holds } from '../holds/holds.ts'
import { type JobRequest, requestOf } from '../jobs/job-request.ts'
import type { Job, JobEnd } from '../jobs/job-store.ts'
import { machineFor } from '../jobs/machine-for.ts'
import { newFollowUp } from '../jobs/new-follow-up.ts'
import { type PointTerms, pointTerms } from '../points/point-terms.ts'
import { loadRetentionPoints } from '../points/retention-points.ts'
import { sourceSecret } from '../sources/create-source.ts'
import { engineNamed } from '../sources/source-engines.ts'
import { LogWindows } from '../streams/log-windows.ts'
import { bringLock } from './bring-lock.ts'
import { hiddenPaths } from './hidden-paths.ts'
import type { JobRun } from './job-run.ts'
import { openSession } from './open-vault.ts'
import { shownPath } from './shown-path.ts'
import type { WorkerParts } from './worker-parts.ts'

/** What an attempt came to, and what is recorded together with its end. */
export type Finish = JobEnd & { readonly commit?: (transaction: Transaction<Database>) => Promise<void> }

/** So many of the skipped are named in the job's log. */
const skippedNamedMax = 100

/** Makes a point of a source, which counts together with the end of the job. */
export async function runBackupJob(parts: WorkerParts, run: JobRun): Promise<Finish> {
  const { job, signal } = run
  const request = requestOf('BACKUP', job)
  const source = await sourceOf(parts, job)
  const startMs = parts.context.clock.nowMs()
  await using session = await openSession(parts, job.vaultId, signal)
  await bringLock(session, session.row, signal)
  const own = await loadRetentionPoints(parts.catalogue, source.id)
  const earlier = own.filter(({ ruleId, vaultId }) => vaultId === session.row.id && ruleId === (job.ruleId ?? undefined))
  const windowDays = (await LogWindows.load(parts.catalogue, job.projectId)).get(source.id, session.row.id)?.windowDays
  const terms = pointTerms(request.lifecycle, request.timeZone, startMs, earlier, session.row, windowDays)
  const engine = await backupSourceOf(parts, source)
  const outcome = await runBackup(
    session,
    engine,
    {
      source: source.name,
      job: job.id,
      ...(job.planName === null ? {} : { plan: job.planName }),
      ...(job.ruleName === null ? {} : { rule: job.ruleName }),
      tags: Object.entries(request.tags).map(([key, value]) => (value === '' ? key : `${key}=${value}`)),
      isRetry: job.attempt > 1,
      excludedPaths: await hiddenPaths(parts),
      ...(terms.lockUntilMs === undefined ? {} : { lockDays: Math.ceil((terms.lockUntilMs - startMs) / dayMs) }),
      programVersion: `coffre ${parts.version}`,
    },
    run.onProgress,
    signal,
  )
  for (const { path, reason } of outcome.skipped.slice(0, skippedNamedMax))
    await run.log('warning', `${shownPath(path)}: ${reason}`)
  return {
    event: outcome.state === 'complete' ? 'done' : 'partial',
    ...messageOf(outcome),
    result: { snapshotId: outcome.pointId, skipped: outcome.skippedCount },
    commit: (transaction) => recordPoint(parts, run, { request, source, outcome, terms, startMs }, transaction),
  }
}

export async function sourceOf({ catalogue }: WorkerParts, job: Job): Promise<Selectable<SourceTable>> {
  const source = await catalogue.selectFrom('source').selectAll().where('id', '=', job.sourceId).executeTakeFirst()
  if (source !== undefined && source.deletionDate === null) return source
  throw new CoffreError('object.missing', `there is no source ${job.sourceName ?? job.sourceId} any more`, {
    hint: 'It was deleted after this job was made.',
  })
}

export async function backupSourceOf(parts: WorkerParts, source: Selectable<SourceTable>): Promise<BackupSource> {
  const engine = engineNamed(parts.engines, source.engine)
  const config = engine.connector.parseConfig(source.config)
  if (engine.kind === 'tree') return { kind: 'tree', connector: engine.connector, config }
  if (source.state === 'CREDENTIALS_NEEDED') throw credentialsNeeded(source.name)
  const secrets = source.secretId === null ? {} : JSON.parse((await parts.secrets.get(source.secretId, sourceSecret)).toString())
  return { kind: 'items', connector: engine.connector, config, secrets: engine.connector.parseSecrets(secrets) }
}

function credentialsNeeded(name: string): CoffreError {
  return new CoffreError('source.credentials', `the credentials of ${name} are not known`, {
    hint: 'The catalogue was rebuilt from its vaults, which hold no secrets: enter them again.',
  })
}

function messageOf({ state, skippedCount, findings }: BackupOutcome): { readonly message?: string } {
  if (state === 'complete') return {}
  if (state === 'partial') return { message: `${skippedCount} items could not be read; all others are in the point` }
  return { message: findings.map(({ message }) => message).join('; ') || 'what was read is damaged in the source itself' }
}

interface Made {
  readonly request: JobRequest<'BACKUP'>
  readonly source: Selectable<SourceTable>
  readonly outcome: BackupOutcome
  readonly terms: PointTerms
  readonly startMs: number
}

async function recordPoint(
  parts: WorkerParts,
  { job }: JobRun,
  { request, source, outcome, terms, startMs }: Made,
  transaction: Transaction<Database>,
): Promise<void> {
  const { context, store } = parts
  const now = new Date(context.clock.nowMs())
  const id = newId(context)
  const { summary, manifest, state } = outcome
  const message = messageOf(outcome).message ?? null
  const createdAt = new Date(outcome.isAdopted ? outcome.time : startMs)
  await transaction
    .insertInto('point')
    .values({
      id,
      hexId: newHexId(context),
      projectId: job.projectId,
      accountLabel: job.accountLabel,
      regionLabel: job.regionLabel,
      sourceId: source.id,
      sourceName: source.name,
      engine: source.engine,
      vaultId: job.vaultId ?? '',
      vaultName: job.vaultName ?? '',
      snapshotId: outcome.pointId,
      state: state === 'complete' ? 'COMPLETED' : 'PARTIAL',
      message,
      quarantine: state === 'suspect' ? message : null,
      initiatedAt: job.createdAt,
      createdAt,
      completedAt: now,
      consistentAt: new Date(manifest?.consistentAt ?? outcome.time),
      sizeBytes: summary?.totalBytesProcessed ?? 0,
      storedBytes: summary?.dataAddedPacked ?? null,
      items: summary?.totalFilesProcessed ?? null,
      manifest: manifest === undefined ? null : JSON.stringify(manifest),
      lifecycle: JSON.stringify(request.lifecycle),
      keepLevels: [...terms.levels],
      keepZone: request.timeZone,
      deleteAt: dateOf(terms.deleteAtMs),
      moveToColdAt: dateOf(terms.moveToColdAtMs),
      lockUntil: dateOf(terms.lockUntilMs),
      isOnDemand: request.isOnDemand,
      description: request.description,
      planId: job.planId,
      planName: job.planName,
      planVersionId: job.planVersionId,
      ruleId: job.ruleId,
      ruleName: job.ruleName,
      ruleSchedule: job.ruleSchedule,
      ruleTimeZone: job.ruleTimeZone,
      jobId: job.id,
    })
    .execute()
  await new Holds(context).bindNew(
    { id, projectId: job.projectId, vaultId: job.vaultId ?? '', sourceId: source.id, createdAt },
    transaction,
  )
  const tags = Object.entries(request.tags).map(
    ([key, value]) => ({ projectId: job.projectId, objectKind: 'point', objectId: id, key, value }) as const,
  )
  if (tags.length > 0) await transaction.insertInto('tag').values(tags).execute()
  const { machine } = request
  await store.create(newFollowUp('VERIFY', job, { machine, pointId: id, read: 'sample' }), transaction)
  for (const { targetVault, lifecycle } of request.copies) {
    const target = await vaultNamed(transaction, job.projectId, targetVault)
    if (target === undefined) continue
    const place = machine ?? machineFor(parts.machine, target)
    const copy = { machine: place, pointId: id, lifecycle, timeZone: request.timeZone }
    await store.create({ ...newFollowUp('COPY', job, copy), targetVaultId: target.id }, transaction)
  }
}

async function vaultNamed(transaction: Transaction<Database>, projectId: string, name: string) {
  return transaction
    .selectFrom('vault')
    .select(['id', 'location'])
    .where('projectId', '=', projectId)
    .where('name', '=', name)
    .where('deletionDate', 'is', null)
    .executeTakeFirst()
}

function dateOf(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms)
}
