import { type ByteString, CoffreError } from '@coffre/foundation'
import type { Id, Node } from '../format/node.ts'
import type { Snapshot, StoredSnapshot } from '../format/snapshot.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { formatInstant } from '../local/timestamp.ts'
import type { ContentCut } from '../pipeline/new-kernel.ts'
import type { WriteVerification } from '../pipeline/pack-assembler.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import { BlobWriter, type BlobWriterOptions } from '../repository/blob-writer.ts'
import type { Repository } from '../repository/repository.ts'
import type { WriteLock } from '../repository/write-lock.ts'
import { saveSnapshot } from '../snapshots/snapshots.ts'
import { type ArchiveCounts, Archiver, type ArchiverOptions } from './archiver.ts'
import type { ContentSource } from './content-stream.ts'
import { buildTargetTree, cleanPath, joinPath } from './target-tree.ts'

export type CompressionMode = 'off' | 'auto' | 'max'

export const zstdLevels: Readonly<Record<CompressionMode, number | undefined>> = { off: undefined, auto: 1, max: 15 }

export interface BackupOptions extends ArchiverOptions {
  readonly tags: readonly string[]
  readonly hostname: string
  readonly excludes: readonly string[]
  /** The snapshot's time; the start of the backup unless given. */
  readonly timeMs?: number
  readonly parent: StoredSnapshot | undefined
  readonly compression: CompressionMode
  readonly verification: WriteVerification
  readonly contentCut: ContentCut
  readonly packBytes?: number
  readonly uploads?: number
  readonly programVersion: string
  /** Save no snapshot when its tree equals the parent's. */
  readonly skipIfUnchanged: boolean
  /** Where relative targets begin. */
  readonly workingFolder: ByteString
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

/** Content that does not come from a file: one entry, under a path. */
export interface StreamTarget {
  readonly path: ByteString
  readonly source: ContentSource
  /** Resolves when the source has ended well, rejects when its data is not to be trusted. */
  readonly ended: Promise<void>
}

/**
 * Stores targets and, when all of it is durable, a snapshot of them. The caller holds a lock. Items that cannot be read are
 * reported and left out. On abort or failure there is no snapshot; packs stored so far are indexed and found by the next run.
 */
export async function backup(
  repository: Repository,
  index: RepositoryIndex,
  targets: readonly ByteString[] | StreamTarget,
  options: BackupOptions,
  signal: AbortSignal,
): Promise<BackupResult> {
  repository.assertWritable()
  const { clock, files, random } = repository.context
  const startMs = clock.nowMs()
  const writeOptions = {
    level: zstdLevels[options.compression],
    canCompress: true,
    verification: options.verification,
    contentCut: options.contentCut,
    threadsStoreTrees: false,
  }
  await using writer = new BlobWriter(repository, index, { ...writeOptions, ...writerOptions(options) }, signal)
  const reader = new BlobReader(repository, index)
  const monotonicMs = (): number => clock.monotonicMs()
  const archiver = new Archiver(
    index,
    reader,
    writer,
    options.contentCut,
    files,
    options.workingFolder,
    options,
    monotonicMs,
    (below) => random.integer(below),
    signal,
  )
  options.onStart?.(archiver.counts)
  const tree =
    'source' in targets
      ? await archiveStream(archiver, targets, startMs, repository)
      : await archiveFiles(archiver, targets, options, repository)
  await writer.finish()
  addTreeCounts(archiver.counts, writer)
  const endMs = clock.nowMs()
  if (options.skipIfUnchanged && options.parent?.tree === tree) {
    return { snapshotId: undefined, tree, counts: archiver.counts, startMs, endMs }
  }
  const snapshot = snapshotOf(repository, targets, tree, archiver.counts, options, startMs, endMs)
  const { lock } = options
  const snapshotId =
    lock === undefined ? await saveSnapshot(repository, snapshot, signal) : await lock.commit(snapshot, signal, true)
  return { snapshotId, tree, counts: archiver.counts, startMs, endMs }
}

function writerOptions(options: BackupOptions): Partial<BlobWriterOptions> {
  return {
    ...(options.packBytes === undefined ? {} : { packBytes: options.packBytes }),
    ...(options.uploads === undefined ? {} : { uploads: options.uploads }),
    ...(options.onPackStored === undefined ? {} : { onPackStored: options.onPackStored }),
    ...(options.confirmed === undefined ? {} : { confirmed: options.confirmed }),
    ...(options.lock === undefined ? {} : { lock: options.lock }),
  }
}

async function archiveFiles(
  archiver: Archiver,
  targets: readonly ByteString[],
  options: BackupOptions,
  repository: Repository,
): Promise<Id> {
  const { files } = repository.context
  const tree = buildTargetTree(targets, (path) => files.readDirectory(path).map((entry) => entry.name))
  const root = await archiver.archive(tree, options.parent?.tree)
  if (root === undefined) {
    throw new CoffreError('source.missing', 'there is nothing to store: every target is missing, unreadable or excluded', {
      hint: 'No snapshot was made. Check the paths and the exclude patterns.',
    })
  }
  return root
}

async function archiveStream(archiver: Archiver, target: StreamTarget, startMs: number, repository: Repository): Promise<Id> {
  const parts = target.path.split('/').filter((part) => part !== '' && part !== '.')
  const time = formatInstant(startMs)
  const times = { mtime: time, atime: time, ctime: time }
  const { uid, gid } = repository.context.identity
  const folders: Node[] = parts
    .slice(0, -1)
    .map((name) => ({ name, type: 'dir', mode: 0x80000000 + 0o755, ...times, uid, gid, content: null }))
  const tree = await archiver.archiveStream(
    { name: parts.at(-1) ?? 'stdin', type: 'file', mode: 0o644, ...times, uid, gid },
    folders,
    target.source,
  )
  await target.ended
  return tree
}

function addTreeCounts(counts: ArchiveCounts, writer: BlobWriter): void {
  const trees = writer.treeCounts
  counts.treeBlobs += trees.treeBlobs
  counts.dataAdded += trees.rawBytes
  counts.dataAddedPacked += trees.packedBytes
}

function snapshotOf(
  repository: Repository,
  targets: readonly ByteString[] | StreamTarget,
  tree: Id,
  counts: ArchiveCounts,
  options: BackupOptions,
  startMs: number,
  endMs: number,
): Snapshot {
  const { identity } = repository.context
  const paths =
    'source' in targets ? [joinPath('/', targets.path)] : targets.map((path) => absolutePath(path, options.workingFolder))
  return {
    time: formatInstant(options.timeMs ?? startMs),
    ...(options.parent === undefined ? {} : { parent: options.parent.id }),
    tree,
    paths,
    hostname: options.hostname,
    username: identity.username,
    uid: identity.uid,
    gid: identity.gid,
    ...(options.excludes.length === 0 ? {} : { excludes: options.excludes }),
    ...(options.tags.length === 0 ? {} : { tags: options.tags }),
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

function absolutePath(path: ByteString, workingFolder: ByteString): ByteString {
  return path.startsWith('/') ? cleanPath(path) : joinPath(workingFolder, path)
}
