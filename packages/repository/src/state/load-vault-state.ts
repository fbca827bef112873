import type { Repository } from '../repository/repository.ts'
import { readChain } from './state-chain.ts'
import { applyChange } from './state-change.ts'
import { emptyVaultState, type StateHead, type VaultState } from './vault-state.ts'

/**
 * What the records in `coffre/state/` amount to; without a head where there are none. Throws StateChainError when they are no
 * unbroken chain, or do not contain `anchor`: a head that the caller saw earlier and kept elsewhere. Whoever would remove
 * something loads the state first and lets the error end it.
 */
export async function loadVaultState(repository: Repository, signal: AbortSignal, anchor?: StateHead): Promise<VaultState> {
  let state = emptyVaultState
  for (const { number, hash, timeMs, change } of await readChain(repository, anchor, signal)) {
    state = applyChange(state, change, { number, hash }, timeMs)
  }
  return state
}
