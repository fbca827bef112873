import type { FileHandle } from '@coffre/storage'
import type { Repository } from '../repository/repository.ts'
import { appendState } from './append-state.ts'
import type { VaultState } from './vault-state.ts'

/**
 * Records snapshots and keys that were stored or removed, so that `check` misses one that vanishes and knows one that comes back.
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
      const added = (change.added ?? []).filter((file) => isTracked(file) && !namesOf(state, file).has(file.name))
      const removed = (change.removed ?? []).filter((file) => isTracked(file) && namesOf(state, file).has(file.name))
      return added.length + removed.length === 0 ? undefined : { kind: 'known', added, removed }
    },
    signal,
  )
}

function isTracked(file: FileHandle): boolean {
  return file.type === 'snapshot' || file.type === 'key'
}

function namesOf(state: VaultState, file: FileHandle): ReadonlySet<string> {
  return file.type === 'key' ? state.known.keys : state.known.snapshots
}
