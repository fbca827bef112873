import { heal, loadVaultState, type Repository, type VaultState, verifyLocks } from '@coffre/repository'
import { pathOf } from '@coffre/storage'

/** Something in a vault that nobody does by way of Coffre. */
export interface Tampering {
  /** In the vault; `bucket` for what concerns all of it. */
  readonly path: string
  /** A word for what was done: hidden, shadowed, planted, replayed, lost, missing, gone, unlocked, shorter. */
  readonly kind: string
  readonly isCurable: boolean
}

/** Locks that are asked of the storage at each look (rule L5). */
const sampledLocks = 1000

/**
 * Compares a vault with what its state says, and with itself: files that are hidden, replaced, planted or gone, and locks that are not what
 * the ledger says. `isLeaving` tells snapshots that are being removed rightly. Nothing is changed.
 */
export async function lookForTampering(
  repository: Repository,
  isLeaving: (snapshotId: string) => boolean,
  signal: AbortSignal,
): Promise<Tampering[]> {
  const state = await loadVaultState(repository, signal)
  const found = [...(await missingFiles(repository, state, isLeaving, signal))]
  if (repository.backend.objectLock === undefined) return found
  for (const { file, kind } of await heal(repository, { dryRun: true }, signal))
    if (!isLeaving(file.name)) found.push({ path: pathOf(file), kind, isCurable: kind !== 'lost' })
  const { findings, defaultRetention } = await verifyLocks(repository, state, sampledLocks, signal)
  for (const { file, kind } of findings) if (!isLeaving(file.name)) found.push({ path: pathOf(file), kind, isCurable: false })
  if (defaultRetention !== undefined) found.push({ path: 'bucket', kind: 'set to lock every new file by itself', isCurable: false })
  return found
}

/** What is gone altogether, and what was removed and is there again where no versions tell of it. */
async function missingFiles(
  repository: Repository,
  { known, retired }: VaultState,
  isLeaving: (snapshotId: string) => boolean,
  signal: AbortSignal,
): Promise<Tampering[]> {
  const snapshots = new Set(await repository.names('snapshot', signal))
  const keys = new Set(await repository.names('key', signal))
  const missing = [
    ...[...known.snapshots].filter((name) => !snapshots.has(name) && !isLeaving(name)).map((name) => `snapshots/${name}`),
    ...[...known.keys].filter((name) => !keys.has(name)).map((name) => `keys/${name}`),
  ]
  const hasVersions = repository.backend.objectLock !== undefined
  const back = hasVersions ? [] : [...retired].filter((name) => snapshots.has(name)).map((name) => `snapshots/${name}`)
  return [
    ...missing.map((path) => ({ path, kind: 'missing', isCurable: false })),
    ...back.map((path) => ({ path, kind: 'replayed', isCurable: false })),
  ]
}
