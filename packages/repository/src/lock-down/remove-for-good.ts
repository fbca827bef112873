import { CoffreError } from '@coffre/foundation'
import { type FileHandle, type ObjectLock, pathOf } from '@coffre/storage'

/**
 * Removes every version and marker of a file, for credentials that may (rule L8). `storage.locked`, with nothing removed, while a
 * content of it is under retention or hold: a file is never half gone. Idempotent.
 */
export async function removeForGood(lock: ObjectLock, file: FileHandle, signal: AbortSignal): Promise<void> {
  const versions = await lock.versionsOf(file, signal)
  const contents = versions.filter((version) => !version.isMarker)
  if (contents.length > 1) for (const { versionId } of contents) await refuseIfLocked(lock, file, versionId, signal)
  // Contents first: a marker that goes too early would show what is to be removed once more.
  for (const { versionId } of contents) await lock.removeVersion(file, versionId, signal)
  for (const { versionId, isMarker } of versions) if (isMarker) await lock.removeVersion(file, versionId, signal)
}

async function refuseIfLocked(lock: ObjectLock, file: FileHandle, versionId: string, signal: AbortSignal): Promise<void> {
  const retention = await lock.retention(file, versionId, signal)
  const isRetained = retention !== undefined && retention.until > (await lock.storeTime(signal))
  if (!isRetained && !(await lock.isHeld(file, versionId, signal))) return
  const reason = isRetained ? `under ${retention.mode} retention until ${retention.until.toISOString()}` : 'under a legal hold'
  throw new CoffreError('storage.locked', `${pathOf(file)} is ${reason}`, { hint: 'It can be removed when the lock has ended.' })
}
