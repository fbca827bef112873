import type { FileHandle, RetentionMode } from '@coffre/storage'
import type { Repository } from '../repository/repository.ts'
import { copiesOfState } from '../state/state-copies.ts'
import type { VaultState } from '../state/vault-state.ts'
import { contentsOldestFirst } from './authentic-version.ts'
import { type FileToLock, lockFiles } from './lock-files.ts'
import { objectLockOf } from './store-time.ts'

/** How far the vault's state was locked: each record that counts, up to number `through`, until `untilMs`. */
export interface StateLock {
  readonly through: number
  readonly untilMs: number
}

/** Locks the records that count, and the format marker, until `untilMs`; undefined when they are locked past `neededMs` anyway. */
export async function lockState(
  repository: Repository,
  state: VaultState,
  mode: RetentionMode,
  untilMs: number,
  neededMs: number,
  signal: AbortSignal,
): Promise<StateLock | undefined> {
  if ((state.stateUntilMs ?? 0) >= neededMs) return undefined
  const lock = objectLockOf(repository.backend)
  const files: FileToLock[] = []
  let through = 0
  for (const [number, copies] of await copiesOfState(repository.backend, signal)) {
    through = Math.max(through, number)
    if (number < state.base) continue
    // Copies that were put over a record are no part of it, but which one is authentic is for readers to find out.
    for (const copy of copies) files.push({ ...copy.file, ...(copy.versionId === undefined ? {} : { versionId: copy.versionId }) })
  }
  const marker: FileHandle = { type: 'state', name: 'format' }
  for (const { versionId } of contentsOldestFirst(await lock.versionsOf(marker, signal))) files.push({ ...marker, versionId })
  await lockFiles(repository.backend, files, () => ({ mode, until: new Date(untilMs) }), signal)
  return { through, untilMs }
}
