import { CoffreError } from '@coffre/foundation'
import { type Backend, type FileHandle, pathOf } from '@coffre/storage'
import { isMissing } from '../repository/repository.ts'

/**
 * The content of a file whose name is no hash, as `recognise` makes it of the bytes. What is on top and is not recognised, or is
 * not there at all, is passed over for an older version where the store keeps versions (rule L6). Undefined when there never was
 * such a file; `repository.damaged` when nothing of what is there is recognised.
 */
export async function loadRecognised<Content>(
  backend: Backend,
  file: FileHandle,
  recognise: (bytes: Uint8Array) => Content | undefined,
  signal: AbortSignal,
): Promise<Content | undefined> {
  let isThere = false
  try {
    const current = recognise(await backend.load(file, undefined, signal))
    if (current !== undefined) return current
    isThere = true
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  const { objectLock } = backend
  for (const version of (await objectLock?.versionsOf(file, signal)) ?? []) {
    if (objectLock === undefined || version.isMarker) continue
    const content = recognise(await objectLock.loadVersion(file, version.versionId, undefined, signal))
    if (content !== undefined) return content
  }
  if (!isThere) return undefined
  throw new CoffreError('repository.damaged', `${pathOf(file)} at ${backend.location} fails its authentication`, {
    hint: 'It is damaged or belongs to another repository. Bring it back from a copy of the vault.',
  })
}
