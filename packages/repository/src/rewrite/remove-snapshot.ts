import { CoffreError } from '@coffre/foundation'
import type { Id } from '../format/node.ts'
import type { Held } from '../prune/held.ts'
import { type Repository, requestMarginMs } from '../repository/repository.ts'

/** Throws `repository.held` when the vault's state forbids to remove the snapshot. */
export function assertRemovable(id: Id, held: Held): void {
  if (!held.snapshots.has(id)) return
  throw new CoffreError('repository.held', `snapshot ${id} is under a hold or a lock term, so it cannot be replaced`, {
    hint: 'Nothing was changed. Release the hold, wait for the end of the term, or keep the original beside the new snapshot.',
  })
}

/** Durable when it resolves. Nothing happens when the snapshot is gone already. */
export async function removeSnapshot(repository: Repository, id: Id, signal: AbortSignal): Promise<void> {
  repository.assertHeld(requestMarginMs)
  await repository.backend.remove({ type: 'snapshot', name: id }, signal)
  await repository.backend.flush(signal)
}
