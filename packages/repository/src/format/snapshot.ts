import type { ByteString } from '@coffre/foundation'
import type { Id, Timestamp } from './node.ts'

/** What a backup counted; restic's `SnapshotSummary`. */
export interface SnapshotSummary {
  readonly backupStart: Timestamp
  readonly backupEnd: Timestamp
  readonly filesNew: number
  readonly filesChanged: number
  readonly filesUnmodified: number
  readonly dirsNew: number
  readonly dirsChanged: number
  readonly dirsUnmodified: number
  readonly dataBlobs: number
  readonly treeBlobs: number
  readonly dataAdded: number
  readonly dataAddedPacked: number
  readonly totalFilesProcessed: number
  readonly totalBytesProcessed: number
}

/** A snapshot file's content, with exactly restic's fields. */
export interface Snapshot {
  readonly time: Timestamp
  readonly parent?: Id
  readonly tree: Id
  readonly paths: readonly ByteString[]
  readonly hostname?: string
  readonly username?: string
  readonly uid?: number
  readonly gid?: number
  readonly excludes?: readonly string[]
  readonly tags?: readonly string[]
  readonly original?: Id
  readonly programVersion?: string
  readonly summary?: SnapshotSummary
}

/** A snapshot with the name of its file. */
export interface StoredSnapshot extends Snapshot {
  readonly id: Id
}
