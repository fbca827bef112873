import { readdir, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ForeseenEngine } from '@coffre/connector'
import { explainRestore, type RestoreExplanation } from '@coffre/engine'
import type { CoffreError } from '@coffre/foundation'
import { sql } from 'kysely'
import { requestOf } from '../jobs/job-request.ts'
import type { Finish } from './backup-job.ts'
import type { JobRun } from './job-run.ts'
import { openSession } from './open-vault.ts'
import { refuseOwnFolders } from './restore-job.ts'
import { shownEpoch } from './shown-epoch.ts'
import { shownStop } from './shown-stop.ts'
import { targetOf, wantedOf } from './wanted-restore.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Something that a restore would be refused for. */
interface Obstacle {
  readonly code: string
  readonly detail: string
  readonly hint?: string
}

/** Finds out what a restore would do, and changes nothing. */
export async function runExplainJob(parts: WorkerParts, run: JobRun): Promise<Finish> {
  const { job, signal } = run
  const request = requestOf('EXPLAIN', job)
  const { to, overwrite, parts: some, options } = request
  const { means, what } = await wantedOf(parts, request, job)
  const target = await targetOf(parts, request, job)
  if (to !== undefined) await refuseOwnFolders(parts, to)
  await using session = await openSession(parts, job.vaultId, signal)
  const asked = { target, overwrite, ...(some === undefined ? {} : { parts: some }), ...(options === undefined ? {} : { options }) }
  const explained = await explainRestore(session, means, { ...what, ...asked }, signal)
  const { pointId, pointBytes, document, plan, foresight } = explained
  const logBytes = plan?.logBytes ?? 0
  const bytes = (pointBytes ?? 0) + logBytes
  const bytesPerSecond = await measuredRate(parts, run)
  const point = await parts.catalogue
    .selectFrom('point')
    .select(['id', 'consistentAt', 'completedAt'])
    .where('vaultId', '=', job.vaultId)
    .where('snapshotId', '=', pointId)
    .executeTakeFirst()
  const at = document?.consistentAt ?? (point?.consistentAt ?? point?.completedAt)?.toISOString() ?? null
  const obstacles = foresight?.obstacles.map(obstacleOf) ?? (to === undefined ? [] : await obstaclesAt(to, bytes, overwrite))
  return {
    event: 'done',
    result: {
      base: { snapshotId: pointId, pointId: point?.id ?? null, consistentAt: at, bytes: pointBytes ?? null },
      logBytes,
      ...logOf(explained),
      expectedSeconds: bytesPerSecond === undefined ? null : Math.ceil(bytes / bytesPerSecond),
      engine: foresight?.engine === undefined ? null : shownEngine(foresight.engine),
      obstacles,
    },
  }
}

function logOf({ plan }: RestoreExplanation): object {
  if (plan === undefined) return { stop: null, log: null }
  const { base, epoch, stop } = plan
  return { stop: shownStop(stop), log: { ...shownEpoch(epoch), from: base.document.consistentAt } }
}

function shownEngine({ name, version, aside }: ForeseenEngine): object {
  return { name, version: version ?? null, aside: aside ?? null }
}

function obstacleOf({ code, message, hint }: CoffreError): Obstacle {
  return { code, detail: message, ...(hint === undefined ? {} : { hint }) }
}

/** As fast as the last job of the source that moved so much data: a restore, or else a backup. */
async function measuredRate({ catalogue }: WorkerParts, { job }: JobRun): Promise<number | undefined> {
  const { rows } = await sql<{ rate: number }>`
    select bytes_done / greatest(0.001, extract(epoch from completed_at - started_at)::double precision) as rate
    from job
    where source_id = ${job.sourceId} and kind in ('RESTORE', 'BACKUP') and state = 'COMPLETED' and bytes_done > 0
    order by kind desc, completed_at desc limit 1`.execute(catalogue)
  const rate = rows[0]?.rate
  return rate !== undefined && rate > 0 ? rate : undefined
}

/** What a restore of files would be refused for at its target. */
async function obstaclesAt(to: string, neededBytes: number, overwrite: boolean): Promise<Obstacle[]> {
  const obstacles: Obstacle[] = []
  if (!overwrite && (await entriesOf(to)) > 0)
    obstacles.push({ code: 'target.not-empty', detail: `there is something at ${to} already` })
  const freeBytes = await freeBytesAt(to)
  if (freeBytes !== undefined && freeBytes < neededBytes) {
    const detail = `the restore needs ${neededBytes} bytes, and ${to} has room for ${freeBytes}`
    obstacles.push({ code: 'storage.no-space', detail })
  }
  return obstacles
}

async function entriesOf(path: string): Promise<number> {
  try {
    return (await readdir(path)).length
  } catch {
    // What is not there is empty; what cannot be read is told by the restore.
    return 0
  }
}

/** Of the nearest folder above that is there. */
async function freeBytesAt(path: string): Promise<number | undefined> {
  for (let folder = path; ; folder = dirname(folder)) {
    try {
      const { bavail, bsize } = await statfs(folder)
      return bavail * bsize
    } catch {
      if (folder === dirname(folder)) return undefined
    }
  }
}
