import type { Retention } from '@coffre/storage'
import type { Id } from '../format/node.ts'
import type { Snapshot } from '../format/snapshot.ts'

/** What keeps the files of a writing session under retention (rules L1 to L4). `LockSession` is one. */
export interface WriteLock {
  /** The retention that a new pack is put with. */
  packRetention(pack: Id): Retention
  /** Called once the pack is stored. */
  packStored(pack: Id, versionId: string | undefined): void
  /** For an index file that names these packs, all stored by this session. */
  indexRetention(packs: readonly Id[]): Retention
  /**
   * Locks everything that the snapshot refers to, stores it under lock, and records both. Durable when it resolves. `isReferred`
   * when this session itself has stored, claimed or looked up every blob below the tree; else the tree is walked.
   */
  commit(snapshot: Snapshot, signal: AbortSignal, isReferred?: boolean): Promise<Id>
}
