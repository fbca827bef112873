import { readdir, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { planReplay, type ReplayPlan } from '@coffre/engine'
import { CoffreError } from '@coffre/foundation'
import { sql } from 'kysely'
import { requestOf } from '../jobs/job-request.ts'
import { engineNamed } from '../sources/source-engines.ts'
import type { Finish } from './backup-job.ts'
import type { JobRun } from './job-run.ts'
import { openSession } from './open-vault.ts'
import { shownEpoch } from './shown-epoch.ts'
import { shownStop } from './shown-stop.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Finds out what a restore would do, and changes nothing. */
export async function runExplainJob(parts: WorkerParts, run: JobRun): Promise<Finish> {
  const { job, signal } = run
  const { wish, to } = requestOf('EXPLAIN', job)
  const { engine: name, ...rest } = wish
  const engine = engineNamed(parts.engines, name)
  if (engine.kind === 'tree') throw new CoffreError('usage.invalid', `${job.sourceName} has no log to be replayed`)
  await using session = await openSession(parts, job.vaultId, signal)
  const plan = await planReplay(session, engine.connector, { source: job.sourceName ?? '', ...rest }, signal)
  const { base, epoch, stop, logBytes } = plan
  const baseBytes = bytesOf(plan)
  const obstacles = to === undefined ? [] : await obstaclesAt(to, baseBytes + logBytes)
  const bytesPerSecond = await measuredRate(parts, run)
  const point = await parts.catalogue
    .selectFrom('point')
    .select('id')
    .where('vaultId', '=', job.vaultId)
    .where('snapshotId', '=', base.snapshot.id)
    .executeTakeFirst()
  return {
    event: 'done',
    result: {
      base: {
        snapshotId: base.snapshot.id,
        pointId: point?.id ?? null,
        consistentAt: base.document.consistentAt,
        bytes: baseBytes,
      },
      logBytes,
      stop: shownStop(stop),
      log: { ...shownEpoch(epoch), from: base.document.consistentAt },
      expectedSeconds: bytesPerSecond === undefined ? null : Math.ceil((baseBytes + logBytes) / bytesPerSecond),
      obstacles,
    },
  }
}

function bytesOf({ base: { snapshot, document } }: ReplayPlan): number {
  return document.counts['bytes'] ?? snapshot.summary?.totalBytesProcessed ?? 0
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

/** What a restore would be refused for at its target. */
async function obstaclesAt(to: string, neededBytes: number): Promise<string[]> {
  const obstacles: string[] = []
  if ((await entriesOf(to)) > 0) obstacles.push(`${to} is not empty`)
  const freeBytes = await freeBytesAt(to)
  if (freeBytes !== undefined && freeBytes < neededBytes)
    obstacles.push(`${to} has room for ${freeBytes} bytes, and ${neededBytes} are needed`)
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
