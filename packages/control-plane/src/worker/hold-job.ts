import { lockVault } from '@coffre/engine'
import { extendHold, loadIndex, loadVaultState, type RepositoryIndex, releaseHold, type VaultState } from '@coffre/repository'
import type { Catalogue } from '../catalogue/database.ts'
import { settleHolds } from '../holds/settle-holds.ts'
import type { Finish } from './backup-job.ts'
import type { JobRun } from './job-run.ts'
import { openVault } from './open-vault.ts'
import type { WorkerParts } from './worker-parts.ts'

/**
 * Makes a vault's holds what the catalogue says: its state names what is held, with object lock its packs and snapshots are under
 * legal hold, and what was lifted is released. Compares first, so that it can be repeated after an interruption anywhere.
 */
export async function runHoldJob(parts: WorkerParts, run: JobRun): Promise<Finish> {
  const { catalogue } = parts
  await using vault = await openVault(parts, run.job.vaultId, 'keeper', run.signal)
  const { repository, row } = vault
  await using session = await lockVault(repository, {}, run.signal)
  const signal = AbortSignal.any([run.signal, session.signal])
  await session.confirmed
  const wanted = await wantedHolds(catalogue, row.id)
  const { holds } = await loadVaultState(repository, signal)
  for (const { name } of wanted.filter(({ isLifted }) => isLifted)) if (holds.has(name)) await releaseHold(repository, name, signal)
  const present = new Set(await repository.names('snapshot', signal))
  let index: RepositoryIndex | undefined
  const held: BoundPoint[] = []
  const missing: BoundPoint[] = []
  for (const hold of wanted) {
    const { added, lost } = missingFrom(hold, holds, present)
    missing.push(...lost)
    if (added.length === 0) continue
    index ??= await loadIndex(repository, {}, signal)
    const snapshots = added.map(({ snapshotId }) => snapshotId)
    await extendHold(repository, index, { name: hold.name, reason: hold.title, snapshots }, signal)
    held.push(...added)
  }
  for (const { pointId } of missing)
    await run.log('warning', `point ${pointId} cannot be held: its snapshot is gone from the vault`)
  const lifted = wanted.filter(({ isLifted }) => isLifted)
  return {
    event: missing.length === 0 ? 'done' : 'partial',
    ...(missing.length === 0 ? {} : { message: `${missing.length} points cannot be held, as their snapshots are gone` }),
    result: { held: held.length, lifted: lifted.length },
    commit: async (transaction) => {
      for (const { holdId, pointId } of held) await setState('HELD', holdId, [pointId])
      for (const { id, points } of lifted)
        await setState(
          'RELEASED',
          id,
          points.map(({ pointId }) => pointId),
        )
      await settleHolds(
        wanted.map(({ id }) => id),
        transaction,
      )
      async function setState(state: 'HELD' | 'RELEASED', holdId: string, pointIds: readonly string[]): Promise<void> {
        const rows = transaction.updateTable('holdPoint').set({ state }).where('holdId', '=', holdId)
        await rows.where('pointId', 'in', pointIds).execute()
      }
    },
  }
}

interface BoundPoint {
  readonly holdId: string
  readonly pointId: string
  readonly snapshotId: string
  readonly state: 'PENDING' | 'HELD' | 'RELEASED'
}

interface WantedHold {
  readonly id: string
  /** In the vault's state. */
  readonly name: string
  readonly title: string
  readonly isLifted: boolean
  /** Of this vault. */
  readonly points: readonly BoundPoint[]
}

async function wantedHolds(catalogue: Catalogue, vaultId: string): Promise<WantedHold[]> {
  const rows = await catalogue
    .selectFrom('holdPoint')
    .innerJoin('hold', 'hold.id', 'holdPoint.holdId')
    .innerJoin('point', 'point.id', 'holdPoint.pointId')
    .select(['holdPoint.holdId', 'holdPoint.pointId', 'holdPoint.state', 'point.snapshotId'])
    .select(['hold.title', 'hold.recordName', 'hold.state as holdState'])
    .where('point.vaultId', '=', vaultId)
    .where('point.deletionDate', 'is', null)
    .where('hold.state', '<>', 'CANCELED')
    .orderBy('holdPoint.holdId')
    .execute()
  return [...Map.groupBy(rows, ({ holdId }) => holdId)].map(([id, points]) => ({
    id,
    name: points[0]?.recordName ?? id,
    title: points[0]?.title ?? '',
    isLifted: points[0]?.holdState === 'CANCELING',
    points,
  }))
}

/** What the vault does not hold, or not whole for all we know. */
function missingFrom(
  { name, isLifted, points }: WantedHold,
  holds: VaultState['holds'],
  present: ReadonlySet<string>,
): { readonly added: readonly BoundPoint[]; readonly lost: readonly BoundPoint[] } {
  if (isLifted) return { added: [], lost: [] }
  const known = holds.get(name)?.snapshots
  const wanting = points.filter(({ state, snapshotId }) => state !== 'HELD' || known?.has(snapshotId) !== true)
  return {
    added: wanting.filter(({ snapshotId }) => present.has(snapshotId)),
    lost: wanting.filter(({ snapshotId }) => !present.has(snapshotId)),
  }
}
