import { CoffreError, isCoffreError } from '@coffre/foundation'
import { type Id, loadSnapshot, type RepositoryIndex, type StoredSnapshot } from '@coffre/repository'
import { type PointDocument, readDocument } from './point-document.ts'
import { loadReaderIndex, type VaultSession } from './vault-session.ts'

/** A point that is about to be read. */
export interface OpenedPoint {
  readonly snapshot: StoredSnapshot
  readonly index: RepositoryIndex
  /** Undefined when the point is a plain tree. */
  readonly document: PointDocument | undefined
}

/** `snapshot.missing` when the vault has no such point. */
export async function openPoint(session: VaultSession, pointId: Id, signal: AbortSignal): Promise<OpenedPoint> {
  const snapshot = await loadPoint(session, pointId, signal)
  const index = await loadReaderIndex(session, signal)
  return { snapshot, index, document: await readDocument(session, index, snapshot, signal) }
}

export async function loadPoint({ repository }: VaultSession, pointId: Id, signal: AbortSignal): Promise<StoredSnapshot> {
  try {
    return await loadSnapshot(repository, pointId, signal)
  } catch (error) {
    if (!isCoffreError(error, 'storage.missing', 'usage.invalid')) throw error
    throw new CoffreError('snapshot.missing', `there is no point ${pointId} in the vault at ${repository.backend.location}`, {
      hint: 'It may have expired, or was removed. List the points of its source.',
      cause: error,
    })
  }
}
