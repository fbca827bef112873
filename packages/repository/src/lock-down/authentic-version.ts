import { createHash } from 'node:crypto'
import { CoffreError } from '@coffre/foundation'
import { type FileHandle, type ObjectLock, type ObjectVersion, pathOf } from '@coffre/storage'

const stretchBytes = 8 << 20

/** Whether a version of a hash-named file holds what its name says. Read in stretches, so that large packs need no memory. */
export async function hashesToName(lock: ObjectLock, version: ObjectVersion, signal: AbortSignal): Promise<boolean> {
  const hash = createHash('sha256')
  for (let offset = 0; offset < version.sizeBytes; offset += stretchBytes) {
    const range = { offset, length: Math.min(stretchBytes, version.sizeBytes - offset) }
    hash.update(await lock.loadVersion(version, version.versionId, range, signal))
  }
  return hash.digest('hex') === version.name
}

/** The contents among a file's versions, oldest first: what was there before anybody put something over it comes first. */
export function contentsOldestFirst(versions: readonly ObjectVersion[]): ObjectVersion[] {
  const contents = versions.filter((version) => !version.isMarker)
  // Stable, so that equal times keep the turned order of the store: newest first.
  return contents.reverse().sort((a, b) => a.modified.getTime() - b.modified.getTime())
}

/**
 * The version of a hash-named file whose content hashes to the name (rule L6), whatever hides it or lies over it. A file that has
 * only one content is taken to be that: whoever reads it verifies it anyway.
 */
export async function authenticVersion(
  lock: ObjectLock,
  file: FileHandle,
  signal: AbortSignal,
): Promise<ObjectVersion | undefined> {
  const contents = contentsOldestFirst(await lock.versionsOf(file, signal))
  if (contents.length <= 1) return contents[0]
  for (const version of contents) if (await hashesToName(lock, version, signal)) return version
  return undefined
}

/** The same, where the file has to be there. */
export async function requireAuthenticVersion(lock: ObjectLock, file: FileHandle, signal: AbortSignal): Promise<ObjectVersion> {
  const version = await authenticVersion(lock, file, signal)
  if (version !== undefined) return version
  throw new CoffreError(
    'repository.damaged',
    `${pathOf(file)} is needed and there is no version of it left that hashes to its name`,
    {
      hint: 'Run `coffre repo check`; `coffre repo repair index` makes later backups store its content again.',
    },
  )
}
