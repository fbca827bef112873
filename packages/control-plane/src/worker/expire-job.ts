import { lockVault } from '@coffre/engine'
import { forgetSnapshots, heldAt, loadVaultState, recordKnown } from '@coffre/repository'
import { sql } from 'kysely'
import { requestOf } from '../jobs/job-request.ts'
import type { Finish } from './backup-job.ts'
import type { JobRun } from './job-run.ts'
import { openVault } from './open-vault.ts'
import type { WorkerParts } from './worker-parts.ts'

const isHeld = sql<boolean>`exists (select from hold_point join hold on hold.id = hold_id
  where point_id = point.id and hold.state in ('CREATING', 'ACTIVE', 'CANCELING'))`

/**
 * Removes points that retention, or somebody, has decided to remove: they are in state DELETING by now. What the vault itself holds
 * back stays: it is a point again, and the job says so.
 */
export async function runExpireJob(parts: WorkerParts, run: JobRun): Promise<Finish> {
  const { points } = requestOf('EXPIRE', run.job)
  const rows = await parts.catalogue
    .selectFrom('point')
    .select(['id', 'snapshotId'])
    // A hold may have come after the decision.
    .select(isHeld.as('isHeld'))
    .where(
      'id',
      'in',
      points.map(({ id }) => id),
    )
    .where('state', '=', 'DELETING')
    .where('deletionDate', 'is', null)
    .execute()
  await using vault = await openVault(parts, run.job.vaultId, 'keeper', run.signal)
  const { repository } = vault
  // Beside others that read or add, as a Coffre prune knows of them and no snapshot that goes is needed by one that comes.
  await using session = await lockVault(repository, {}, run.signal)
  const signal = AbortSignal.any([run.signal, session.signal])
  await session.confirmed
  const held = heldAt(await loadVaultState(repository, signal), parts.context.clock.nowMs())
  const stays = (row: (typeof rows)[number]): boolean => row.isHeld || held.snapshots.has(row.snapshotId)
  const kept = rows.filter(stays)
  const going = rows.filter((row) => !stays(row))
  const snapshots = going.map(({ snapshotId }) => snapshotId)
  await forgetSnapshots(repository, snapshots, { held }, signal)
  await recordKnown(repository, { removed: snapshots.map((name) => ({ type: 'snapshot', name })) }, signal)
  const deletionDate = new Date(parts.context.clock.nowMs())
  return {
    event: kept.length === 0 ? 'done' : 'partial',
    ...(kept.length === 0
      ? {}
      : { message: `${kept.length} points stay, as the vault holds them: ${kept.map(({ id }) => id).join(', ')}` }),
    result: { removed: going.length, kept: kept.length },
    commit: async (transaction) => {
      for (const { id } of going)
        await transaction.updateTable('point').set({ state: 'EXPIRED', deletionDate }).where('id', '=', id).execute()
      for (const { id } of kept) {
        const state = points.find((point) => point.id === id)?.state ?? 'COMPLETED'
        await transaction.updateTable('point').set({ state }).where('id', '=', id).execute()
      }
    },
  }
}
