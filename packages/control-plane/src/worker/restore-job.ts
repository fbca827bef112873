import { type RestoreMeans, runRestore } from '@coffre/engine'
import { byteStringFrom, CoffreError } from '@coffre/foundation'
import type { Selectable } from 'kysely'
import type { PointTable } from '../catalogue/tables/work-tables.ts'
import { requestOf } from '../jobs/job-request.ts'
import { engineNamed } from '../sources/source-engines.ts'
import type { Finish } from './backup-job.ts'
import { hiddenPaths } from './hidden-paths.ts'
import type { JobRun } from './job-run.ts'
import { openSession } from './open-vault.ts'
import { pointOf } from './point-of.ts'
import { shownPath } from './shown-path.ts'
import type { WorkerParts } from './worker-parts.ts'

const skippedNamedMax = 100

/** Puts a point back into a folder of this machine. */
export async function runRestoreJob(parts: WorkerParts, run: JobRun): Promise<Finish> {
  const { signal } = run
  const { pointId, to, overwrite } = requestOf('RESTORE', run.job)
  const point = await pointOf(parts.catalogue, pointId)
  await refuseOwnFolders(parts, to)
  await using session = await openSession(parts, point.vaultId, signal)
  const outcome = await runRestore(
    session,
    meansOf(parts, point),
    {
      pointId: point.snapshotId,
      target: { kind: 'folder', path: byteStringFrom(Buffer.from(to)) },
      // A second attempt finds what the first one wrote.
      overwrite: overwrite || run.job.attempt > 1,
      verify: false,
    },
    run.onProgress,
    signal,
  )
  for (const note of outcome.report.notes) await run.log('info', note)
  for (const { path, reason } of outcome.skipped.slice(0, skippedNamedMax))
    await run.log('warning', `${shownPath(path)}: ${reason}`)
  const lastRestoreAt = new Date(parts.context.clock.nowMs())
  return {
    event: outcome.state === 'complete' ? 'done' : 'partial',
    ...(outcome.state === 'complete' ? {} : { message: `${outcome.skippedCount} items could not be restored; all others are` }),
    result: { to, skipped: outcome.skippedCount },
    commit: async (transaction) => {
      await transaction.updateTable('point').set({ lastRestoreAt }).where('id', '=', pointId).execute()
    },
  }
}

function meansOf({ engines }: WorkerParts, { engine: name }: Selectable<PointTable>): RestoreMeans {
  const engine = engineNamed(engines, name)
  return engine.kind === 'tree' ? { kind: 'tree' } : { kind: 'items', connector: engine.connector }
}

/** Neither the state folder nor a vault is ever restored over. */
async function refuseOwnFolders(parts: WorkerParts, to: string): Promise<void> {
  for (const path of await hiddenPaths(parts)) {
    if (to !== path && !to.startsWith(`${path}/`)) continue
    throw new CoffreError('usage.invalid', `${to} belongs to Coffre itself`, { hint: 'Restore to another folder.' })
  }
}
