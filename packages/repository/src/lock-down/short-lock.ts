import type { Retention } from '@coffre/storage'
import type { Repository } from '../repository/repository.ts'
import { loadVaultState } from '../state/load-vault-state.ts'
import { storeTimeMs } from './store-time.ts'

/** Gives out retentions of a fixed length. */
export interface ShortLock {
  /** From now on; whole seconds, as stores keep them. */
  retention(): Retention
}

/**
 * For files that live for hours and that no point refers to (rule J5): retentions of `forMs` in the vault's mode, counted by the
 * store's clock. Undefined where the vault's state asks for no lock. A policy that changes later is not seen.
 */
export async function openShortLock(repository: Repository, forMs: number, signal: AbortSignal): Promise<ShortLock | undefined> {
  const { lock } = await loadVaultState(repository, signal)
  if (lock === undefined) return undefined
  const { clock } = repository.context
  const storeMs = await storeTimeMs(repository.backend, repository.context, signal)
  const openedMs = clock.monotonicMs()
  return {
    retention: () => {
      const untilMs = storeMs + (clock.monotonicMs() - openedMs) + forMs
      return { mode: lock.mode, until: new Date(Math.ceil(untilMs / 1000) * 1000) }
    },
  }
}
