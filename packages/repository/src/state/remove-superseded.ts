import { isCoffreError } from '@coffre/foundation'
import type { Repository } from '../repository/repository.ts'
import { copiesOfState, type StateCopy } from './state-copies.ts'

/**
 * Removes the records before `base`, a checkpoint that is durable. Those that are still locked, or that these credentials may not
 * remove, stay until somebody can: readers pass over them. Resolves to the number of files removed.
 */
export async function removeSuperseded(repository: Repository, base: number, signal: AbortSignal): Promise<number> {
  let removed = 0
  for (const [number, copies] of await copiesOfState(repository.backend, signal)) {
    if (number >= base) continue
    for (const copy of copies) if (await removeIfPossible(repository, copy, signal)) removed++
  }
  return removed
}

async function removeIfPossible(repository: Repository, copy: StateCopy, signal: AbortSignal): Promise<boolean> {
  const { backend } = repository
  try {
    if (copy.versionId === undefined) await backend.remove(copy.file, signal)
    else await backend.objectLock?.removeVersion(copy.file, copy.versionId, signal)
    return true
  } catch (error) {
    if (isCoffreError(error, 'storage.locked', 'storage.permission')) return false
    throw error
  }
}
