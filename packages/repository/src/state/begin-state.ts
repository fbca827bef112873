import type { FileHandle } from '@coffre/storage'
import type { LockPlan } from '../lock-down/lock-settings.ts'
import type { Repository } from '../repository/repository.ts'
import { appendState } from './append-state.ts'
import { openDocument } from './sealed-document.ts'
import { draftOf, isStateName } from './state-copies.ts'

/** The first records of a vault that is locked from its beginning: its policy, and the key that opens it. */
export async function beginState(repository: Repository, lock: LockPlan, signal: AbortSignal): Promise<void> {
  const stateUntilMs = lock.retention.until.getTime()
  await appendState(repository, () => ({ kind: 'policy', lock: lock.policy, stateUntilMs }), signal)
  const added: FileHandle[] = [{ type: 'key', name: repository.keyId }]
  await appendState(repository, () => ({ kind: 'known', added, removed: [] }), signal)
}

/**
 * Removes what an init that did not end has left: it belongs to a repository that never came to be, and would look like damage.
 */
export async function removeLeftoverState(repository: Repository, signal: AbortSignal): Promise<void> {
  for (const name of await repository.names('state', signal)) {
    const file: FileHandle = { type: 'state', name }
    const document = name === 'format' ? 'format' : isStateName(name) || draftOf(name) !== undefined ? 'state' : undefined
    if (document === undefined || openDocument(repository, document, await repository.loadRaw(file, signal)) !== undefined) continue
    await repository.backend.remove(file, signal)
  }
}
