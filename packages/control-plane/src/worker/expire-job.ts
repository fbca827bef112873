import { lockVault } from '@coffre/engine'
import { isCoffreError } from '@coffre/foundation'
import {
  forgetSnapshots,
  type Held,
  heldAt,
  loadVaultState,
  type Repository,
  recordKnown,
  type VaultState,
} from '@coffre/repository'
import { sql } from 'kysely'
import { requestOf } from '../jobs/job-request.ts'
import type { Finish } from './backup-job.ts'
import type { JobRun } from './job-run.ts'
import { openVault } from './open-vault.ts'
import { storeNowMs } from './store-now.ts'
import type { WorkerParts } from './worker-parts.ts'

const isHeld = sql<boolean>`exists (select from hold_point join hold on hold.id = hold_id
  where point_id = point.id and hold.state in ('CREATING', 'ACTIVE', 'CANCELING'))`

/**
 * Removes points that retention, or somebody, has decided to remove: they are in state DELETING by now. What the vault itself holds
 * back stays: it is a point again, locked for as long as the vault says, and the job says so.
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
  const state = await loadVaultState(repository, signal)
  const nowMs = await storeNowMs(repository, parts.context.clock, signal)
  const held = heldAt(state, nowMs)
  const wanted = rows.filter((row) => !row.isHeld && !held.snapshots.has(row.snapshotId) && lockEndMs(state, row) <= nowMs)
  const locked = await forgetUnlocked(repository, wanted, held, signal)
  const going = wanted.filter((row) => !locked.has(row))
  const kept = rows.filter((row) => !going.includes(row))
  const snapshots = going.map(({ snapshotId }) => snapshotId)
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
      for (const row of kept) {
        const { id } = row
        const before = points.find((point) => point.id === id)?.state ?? 'COMPLETED'
        // What the catalogue did not know keeps it from being asked for again and again.
        const endMs = lockEndMs(state, row)
        const lock = endMs > nowMs ? { lockUntil: new Date(endMs) } : {}
        await transaction
          .updateTable('point')
          .set({ state: before, ...lock })
          .where('id', '=', id)
          .execute()
      }
    },
  }
}

interface Removal {
  readonly snapshotId: string
}

/** When the vault lets a point go: its snapshot is locked to the end of a quantum, somewhat longer than the point itself (rule L2). */
export function lockEndMs({ points, ledger }: VaultState, { snapshotId }: Removal): number {
  return Math.max(points.get(snapshotId) ?? 0, ledger.get(`snapshot/${snapshotId}`)?.untilMs ?? 0)
}

/** Resolves to those that the storage does not let go, though the vault's state knows of no lock. */
export async function forgetUnlocked<Row extends Removal>(
  repository: Repository,
  rows: readonly Row[],
  held: Held,
  signal: AbortSignal,
): Promise<ReadonlySet<Row>> {
  const locked = new Set<Row>()
  const snapshots = rows.map(({ snapshotId }) => snapshotId)
  try {
    await forgetSnapshots(repository, snapshots, { held }, signal)
  } catch (error) {
    if (!isCoffreError(error, 'storage.locked')) throw error
    for (const row of rows) {
      await forgetSnapshots(repository, [row.snapshotId], { held }, signal).catch((reason: unknown) => {
        if (!isCoffreError(reason, 'storage.locked')) throw reason
        locked.add(row)
      })
    }
  }
  return locked
}
