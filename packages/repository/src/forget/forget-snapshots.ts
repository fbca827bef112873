import { CoffreError } from '@coffre/foundation'
import type { Id } from '../format/node.ts'
import type { Held } from '../prune/held.ts'
import { removeFiles } from '../prune/remove-files.ts'
import type { Repository } from '../repository/repository.ts'

export interface ForgetOptions {
  readonly held: Held
  readonly onProgress?: (done: number, total: number) => void
}

/**
 * Removes snapshots; what only they needed goes with the next prune. The caller holds an exclusive lock. Refuses with
 * `repository.held`, before anything is removed, when one of them is held. Those that are gone already are no error. Durable when
 * it resolves.
 */
export async function forgetSnapshots(
  repository: Repository,
  ids: readonly Id[],
  options: ForgetOptions,
  signal: AbortSignal,
): Promise<void> {
  refuseHeldSnapshots(ids, options.held)
  await removeFiles(repository, 'snapshot', [...new Set(ids)], options.onProgress, signal)
}

export function refuseHeldSnapshots(ids: readonly Id[], held: Held): void {
  const kept = ids.filter((id) => held.snapshots.has(id))
  if (kept.length === 0) return
  throw new CoffreError(
    'repository.held',
    `${kept.length === 1 ? 'snapshot' : 'snapshots'} ${kept.join(', ')} cannot be removed: a hold or a lock is on it`,
    {
      hint: 'Nothing was removed. Wait for the end of the lock, or have the hold released.',
    },
  )
}

export function refuseHeldPacks(ids: Iterable<Id>, held: Held): void {
  const kept = [...ids].filter((id) => held.packs.has(id))
  if (kept.length === 0) return
  throw new CoffreError(
    'repository.held',
    `${kept.length === 1 ? 'pack' : 'packs'} ${kept.join(', ')} cannot be removed: a hold or a lock is on it`,
    {
      hint: 'Nothing was removed. If it is hidden or damaged, `coffre repo heal` may bring an older version back.',
    },
  )
}
