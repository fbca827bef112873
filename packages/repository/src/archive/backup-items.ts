import type { ByteString } from '@coffre/foundation'
import type { RepositoryIndex } from '../index/repository-index.ts'
import type { Repository } from '../repository/repository.ts'
import type { ArchiveItem, StoredEntry } from './archive-item.ts'
import { type BackupResult, commitBackup, newBackupWriter, type SnapshotOptions } from './commit-backup.ts'
import { ItemArchiver, type ItemArchiverOptions } from './item-archiver.ts'

export interface ItemBackupOptions extends SnapshotOptions, ItemArchiverOptions {
  /** What the snapshot says it is of; host and paths tell which snapshots are of one kind. */
  readonly paths: readonly ByteString[]
}

/**
 * Stores items and, when all of it is durable, a snapshot of them, as `backup` does for local files: for engines whose data arrives
 * over a protocol. The caller holds a lock. Items are pulled one after the other, chunks are copied before the next one is asked for.
 * A content that ends with the code `source.incomplete` is reported and its item left out; any other error, of the source or of the
 * storage, ends the backup, and so does an abort, soon and even if the source hangs. Then there is no snapshot; packs stored so far
 * are indexed and found by the next run.
 */
export async function backupItems(
  repository: Repository,
  index: RepositoryIndex,
  items: AsyncIterable<ArchiveItem | StoredEntry>,
  options: ItemBackupOptions,
  signal: AbortSignal,
): Promise<BackupResult> {
  repository.assertWritable()
  const startMs = repository.context.clock.nowMs()
  await using writer = newBackupWriter(repository, index, options, signal)
  const archiver = new ItemArchiver(repository, index, writer, options.parent?.tree, options, signal)
  const { counts } = archiver
  options.onStart?.(counts)
  try {
    const tree = await archiver.archive(items)
    return await commitBackup(repository, writer, { tree, counts, paths: options.paths, excludes: [], startMs }, options, signal)
  } catch (error) {
    // What stopped the workers says more than that they were stopped.
    await writer.drained()
    throw error
  }
}
