import type { ObjectLock } from '@coffre/storage'
import { versionGroups } from './version-groups.ts'

/**
 * Removes what each lock file leaves behind in a bucket with versions: the removed content and its marker (rule L8). Lock files
 * that are there stay. Their names are hashes with random bytes in them, so that none comes back. Resolves to the versions removed.
 */
export async function sweepLockVersions(lock: ObjectLock, signal: AbortSignal): Promise<number> {
  let removed = 0
  for (const { versions } of await versionGroups(lock, 'lock', signal)) {
    const [latest] = versions
    const dead = versions.filter((version) => version !== latest || version.isMarker)
    // Contents before markers, so that an interruption brings no lock back to life.
    for (const version of dead.sort((a, b) => Number(a.isMarker) - Number(b.isMarker))) {
      await lock.removeVersion(version, version.versionId, signal)
      removed++
    }
  }
  return removed
}
