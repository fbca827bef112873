import type { FileHandle } from '@coffre/storage'
import type { Repository } from '../repository/repository.ts'
import { appendState } from './append-state.ts'
import { ledgerKey, type VaultState } from './vault-state.ts'

/**
 * Records snapshots and keys that were stored, and what was removed, packs too: so that `check` misses one that vanishes and knows
 * one that comes back, and that the ledger of locks forgets what is gone.
 * Nothing is recorded where the vault has no state: that is for whoever made it to decide.
 */
export async function recordKnown(
  repository: Repository,
  change: { readonly added?: readonly FileHandle[]; readonly removed?: readonly FileHandle[] },
  signal: AbortSignal,
): Promise<VaultState> {
  return appendState(
    repository,
    (state) => {
      if (state.head === undefined) return undefined
      const added = (change.added ?? []).filter((file) => namesOf(state, file)?.has(file.name) === false)
      const removed = (change.removed ?? []).filter(
        (file) => namesOf(state, file)?.has(file.name) || state.ledger.has(ledgerKey(file)),
      )
      return added.length + removed.length === 0 ? undefined : { kind: 'known', added, removed }
    },
    signal,
  )
}

function namesOf(state: VaultState, file: FileHandle): ReadonlySet<string> | undefined {
  if (file.type === 'key') return state.known.keys
  return file.type === 'snapshot' ? state.known.snapshots : undefined
}
