import { type ByteString, CoffreError } from '@coffre/foundation'
import type { Id, Node } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { formatInstant } from '../local/timestamp.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import type { Repository } from '../repository/repository.ts'
import { Archiver, type ArchiverOptions } from './archiver.ts'
import { type BackupResult, commitBackup, newBackupWriter, type SnapshotOptions } from './commit-backup.ts'
import type { ContentSource } from './content-stream.ts'
import { buildTargetTree, cleanPath, joinPath } from './target-tree.ts'

export interface BackupOptions extends ArchiverOptions, SnapshotOptions {
  readonly excludes: readonly string[]
  /** Where relative targets begin. */
  readonly workingFolder: ByteString
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
  await using writer = newBackupWriter(repository, index, options, signal)
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
  const { counts } = archiver
  const paths =
    'source' in targets ? [joinPath('/', targets.path)] : targets.map((path) => absolutePath(path, options.workingFolder))
  return await commitBackup(repository, writer, { tree, counts, paths, excludes: options.excludes, startMs }, options, signal)
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

function absolutePath(path: ByteString, workingFolder: ByteString): ByteString {
  return path.startsWith('/') ? cleanPath(path) : joinPath(workingFolder, path)
}
