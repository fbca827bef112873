import { isDeepStrictEqual } from 'node:util'
import type { VaultSession } from '@coffre/engine'
import { changeLockPolicy, loadVaultState } from '@coffre/repository'
import { lockPolicyOf } from '../vaults/lock-policy.ts'
import type { OpenVault } from './open-vault.ts'

/**
 * Has the vault's own state ask for the lock that the catalogue says, where its storage keeps locks: what is committed from then on
 * is locked by it. What is locked already stays as it is.
 */
export async function bringLock(
  { repository, confirmed }: VaultSession,
  row: OpenVault['row'],
  signal: AbortSignal,
): Promise<void> {
  if (repository.backend.objectLock === undefined) return
  const wanted = lockPolicyOf(row)
  const { lock } = await loadVaultState(repository, signal)
  if (isDeepStrictEqual(lock, wanted)) return
  await confirmed
  await changeLockPolicy(repository, wanted, signal)
}
