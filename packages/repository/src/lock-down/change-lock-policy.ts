import type { Repository } from '../repository/repository.ts'
import { appendState } from '../state/append-state.ts'
import { loadVaultState } from '../state/load-vault-state.ts'
import type { LockPolicy, VaultState } from '../state/vault-state.ts'
import { lockState } from './lock-state.ts'
import { objectLockOf } from './store-time.ts'

/**
 * Makes `policy` what every commit from now on locks by, those of open sessions too; undefined ends that new points are locked.
 * What is locked stays locked, for as long and as strictly as it is. Idempotent: a vault that has this policy is not written to.
 * `storage.unsupported` where the storage cannot lock.
 */
export async function changeLockPolicy(
  repository: Repository,
  policy: LockPolicy | undefined,
  signal: AbortSignal,
): Promise<VaultState> {
  const before = await loadVaultState(repository, signal)
  if (isSamePolicy(before.lock, policy)) return before
  if (policy !== undefined) objectLockOf(repository.backend)
  const state = await appendState(
    repository,
    ({ lock }) => (isSamePolicy(lock, policy) ? undefined : { kind: 'policy', lock: policy }),
    signal,
  )
  const { stateUntilMs } = state
  // Later records are put as strictly as the policy wants; those that are there would stay as they were until their term grows.
  if (policy?.mode === 'compliance' && stateUntilMs !== undefined && stateUntilMs > (await storeNowMs(repository, signal)))
    await lockState(repository, { ...state, stateUntilMs: undefined }, policy.mode, stateUntilMs, stateUntilMs, signal)
  return state
}

function isSamePolicy(a: LockPolicy | undefined, b: LockPolicy | undefined): boolean {
  return a?.mode === b?.mode && a?.days === b?.days && a?.daysMax === b?.daysMax
}

async function storeNowMs(repository: Repository, signal: AbortSignal): Promise<number> {
  return (await objectLockOf(repository.backend).storeTime(signal)).getTime()
}
