import { isCoffreError } from '@coffre/foundation'
import type { Backend, FileHandle, ObjectLock, ObjectVersion } from '@coffre/storage'

export type Cure = 'removed' | 'rewritten'

/**
 * Makes `version` the one on top: removes what lies above it, or, where that is locked, puts its content on top once more, locked as
 * long as it is itself.
 */
export async function bringBack(
  backend: Backend,
  lock: ObjectLock,
  file: FileHandle,
  version: ObjectVersion,
  above: readonly ObjectVersion[],
  signal: AbortSignal,
): Promise<Cure> {
  if ((await removeVersions(lock, file, above, signal)) === 'removed') return 'removed'
  const retention = await lock.retention(file, version.versionId, signal)
  const isRunning = retention !== undefined && retention.until > (await lock.storeTime(signal))
  const content = await lock.loadVersion(file, version.versionId, undefined, signal)
  await backend.save(file, [content], isRunning ? { retention } : {}, signal)
  return 'rewritten'
}

/** Removes versions by their ids, and all of them or as many as are not locked. */
export async function removeVersions(
  lock: ObjectLock,
  file: FileHandle,
  versions: readonly ObjectVersion[],
  signal: AbortSignal,
): Promise<'removed' | 'none'> {
  let result: 'removed' | 'none' = 'removed'
  for (const { versionId } of versions) {
    try {
      await lock.removeVersion(file, versionId, signal)
    } catch (error) {
      if (!isCoffreError(error, 'storage.locked')) throw error
      result = 'none'
    }
  }
  return result
}
