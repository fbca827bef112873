import { isCoffreError } from '@coffre/foundation'
import { refuseHeldSnapshots } from '../forget/forget-snapshots.ts'
import type { Id } from '../format/node.ts'
import { type Held, nothingHeld } from '../prune/held.ts'
import { removeFiles } from '../prune/remove-files.ts'
import type { Repository } from '../repository/repository.ts'
import { listSnapshots } from '../snapshots/snapshots.ts'

export interface UnreadableOptions {
  readonly dryRun?: boolean
  readonly held?: Held
  readonly onUnreadable?: (id: Id, error: unknown) => void
}

/**
 * Removes snapshot files of which nothing can be read, such as one that a power cut left empty: they name no data any more, and every
 * prune stops at them. The caller holds an exclusive lock. Storage that fails, or a snapshot of a newer program, is an error and not
 * damage. Refuses with `repository.held` to remove what is held: an older version may bring it back. Resolves to the names.
 */
export async function removeUnreadableSnapshots(
  repository: Repository,
  options: UnreadableOptions,
  signal: AbortSignal,
): Promise<Id[]> {
  const unreadable: Id[] = []
  await listSnapshots(repository, signal, (id, error) => {
    if (!isCoffreError(error, 'repository.damaged')) throw error
    unreadable.push(id)
    options.onUnreadable?.(id, error)
  })
  unreadable.sort()
  refuseHeldSnapshots(unreadable, options.held ?? nothingHeld)
  if (options.dryRun !== true) await removeFiles(repository, 'snapshot', unreadable, undefined, signal)
  return unreadable
}
