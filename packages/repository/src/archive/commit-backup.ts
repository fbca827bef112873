import type { ByteString } from '@coffre/foundation'
import type { Id } from '../format/node.ts'
import type { Snapshot, StoredSnapshot } from '../format/snapshot.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { formatInstant } from '../local/timestamp.ts'
import type { ContentCut } from '../pipeline/new-kernel.ts'
import type { WriteVerification } from '../pipeline/pack-assembler.ts'
import { BlobWriter, type BlobWriterOptions } from '../repository/blob-writer.ts'
import type { Repository } from '../repository/repository.ts'
import type { WriteLock } from '../repository/write-lock.ts'
import { saveSnapshot } from '../snapshots/snapshots.ts'
import type { ArchiveCounts } from './archive-counts.ts'
import { type CompressionMode, zstdLevels } from './compression-mode.ts'

/** What every backup takes, whatever it stores. */
export interface SnapshotOptions {
  readonly tags: readonly string[]
  /** More tags, asked for when all is stored: what only the end of a backup can tell. */
  readonly lateTags?: () => readonly string[]
  readonly hostname: string
  /** The snapshot's time; the start of the backup unless given. */
  readonly timeMs?: number
  readonly parent: StoredSnapshot | undefined
  readonly compression: CompressionMode
  readonly verification: WriteVerification
  readonly contentCut: ContentCut
  readonly packBytes?: number
  readonly uploads?: number
  readonly threads?: number
  readonly programVersion: string
  /** Save no snapshot when its tree equals the parent's. */
  readonly skipIfUnchanged: boolean
  /** Called with the live counts once work begins. */
  readonly onStart?: (counts: ArchiveCounts) => void
  readonly onPackStored?: BlobWriterOptions['onPackStored']
  /** Awaited before the first byte is written: the lock's confirmation. */
  readonly confirmed?: Promise<void>
  /** Of a locked vault: keeps what is stored and what is reused under retention. */
  readonly lock?: WriteLock
}

export interface BackupResult {
  readonly snapshotId: Id | undefined
  readonly tree: Id
  readonly counts: ArchiveCounts
  readonly startMs: number
  readonly endMs: number
}

/** What a backup has made, of which nothing is committed yet. */
export interface BackupWork {
  readonly tree: Id
  readonly counts: ArchiveCounts
  readonly paths: readonly ByteString[]
  readonly excludes: readonly string[]
  readonly startMs: number
}

/** A writer as a backup uses it: trees come from the calling thread alone. */
export function newBackupWriter(
  repository: Repository,
  index: RepositoryIndex,
  options: SnapshotOptions,
  signal: AbortSignal,
): BlobWriter {
  const { packBytes, uploads, threads, onPackStored, confirmed, lock } = options
  const writerOptions: BlobWriterOptions = {
    level: zstdLevels[options.compression],
    canCompress: true,
    verification: options.verification,
    contentCut: options.contentCut,
    threadsStoreTrees: false,
    ...(packBytes === undefined ? {} : { packBytes }),
    ...(uploads === undefined ? {} : { uploads }),
    ...(threads === undefined ? {} : { threads }),
    ...(onPackStored === undefined ? {} : { onPackStored }),
    ...(confirmed === undefined ? {} : { confirmed }),
    ...(lock === undefined ? {} : { lock }),
  }
  return new BlobWriter(repository, index, writerOptions, signal)
}

/** Completes what the writer has open and, when all of it is durable, saves the snapshot: the backup is there when this resolves. */
export async function commitBackup(
  repository: Repository,
  writer: BlobWriter,
  work: BackupWork,
  options: SnapshotOptions,
  signal: AbortSignal,
): Promise<BackupResult> {
  await writer.finish()
  const { tree, counts, startMs } = work
  addTreeCounts(counts, writer)
  const endMs = repository.context.clock.nowMs()
  if (options.skipIfUnchanged && options.parent?.tree === tree) return { snapshotId: undefined, tree, counts, startMs, endMs }
  const snapshot = snapshotOf(repository, work, options, endMs)
  const { lock } = options
  const snapshotId =
    lock === undefined ? await saveSnapshot(repository, snapshot, signal) : await lock.commit(snapshot, signal, true)
  return { snapshotId, tree, counts, startMs, endMs }
}

function addTreeCounts(counts: ArchiveCounts, writer: BlobWriter): void {
  const trees = writer.treeCounts
  counts.treeBlobs += trees.treeBlobs
  counts.dataAdded += trees.rawBytes
  counts.dataAddedPacked += trees.packedBytes
}

function snapshotOf(
  repository: Repository,
  { tree, counts, paths, excludes, startMs }: BackupWork,
  options: SnapshotOptions,
  endMs: number,
): Snapshot {
  const { identity } = repository.context
  const tags = [...options.tags, ...(options.lateTags?.() ?? [])]
  return {
    time: formatInstant(options.timeMs ?? startMs),
    ...(options.parent === undefined ? {} : { parent: options.parent.id }),
    tree,
    paths,
    hostname: options.hostname,
    username: identity.username,
    uid: identity.uid,
    gid: identity.gid,
    ...(excludes.length === 0 ? {} : { excludes }),
    ...(tags.length === 0 ? {} : { tags }),
    programVersion: options.programVersion,
    summary: {
      backupStart: formatInstant(startMs),
      backupEnd: formatInstant(endMs),
      filesNew: counts.filesNew,
      filesChanged: counts.filesChanged,
      filesUnmodified: counts.filesUnmodified,
      dirsNew: counts.dirsNew,
      dirsChanged: counts.dirsChanged,
      dirsUnmodified: counts.dirsUnmodified,
      dataBlobs: counts.dataBlobs,
      treeBlobs: counts.treeBlobs,
      dataAdded: counts.dataAdded,
      dataAddedPacked: counts.dataAddedPacked,
      totalFilesProcessed: counts.filesNew + counts.filesChanged + counts.filesUnmodified,
      totalBytesProcessed: counts.totalBytesProcessed,
    },
  }
}
