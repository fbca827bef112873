import { type Id, type LockSession, type Repository, saveSnapshot, type WriteLock } from '@coffre/repository'

/**
 * Of a locked vault: everything that is stored goes under retention; the point itself, and what it takes over, only once its day is
 * closed. The point of an open day is superseded within the hour.
 */
export function dayLock(repository: Repository, session: LockSession, isClosed: () => boolean): WriteLock {
  return {
    packRetention: (pack: Id) => session.packRetention(pack),
    packStored: (pack: Id, versionId: string | undefined) => session.packStored(pack, versionId),
    indexRetention: (packs: readonly Id[]) => session.indexRetention(packs),
    commit: (snapshot, signal, isReferred) =>
      isClosed() ? session.commit(snapshot, signal, isReferred) : saveSnapshot(repository, snapshot, signal),
  }
}
