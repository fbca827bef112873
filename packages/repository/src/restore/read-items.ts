import { type ByteString, CoffreError } from '@coffre/foundation'
import type { ArchiveItem, ArchiveMetadata } from '../archive/archive-item.ts'
import { ContentLoader } from '../dump/content-loader.ts'
import { type DumpItem, dumpItems } from '../dump/dump-items.ts'
import type { Node } from '../format/node.ts'
import type { Snapshot } from '../format/snapshot.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { permissionsOf } from '../local/go-file-mode.ts'
import { printablePath } from '../local/printable-path.ts'
import { parseTimestamp } from '../local/timestamp.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import type { Repository } from '../repository/repository.ts'
import { findFolder } from '../walk/find-folder.ts'
import { contentWindowBytes, GroupContents } from './group-contents.ts'

/** So many entries are known ahead, so that small contents can be fetched together. */
const groupItemsMax = 256

/**
 * Everything below a folder of a snapshot as items: the reverse of `backupItems`. In the order of a walk, paths relative to the
 * folder. Contents are fetched only when they are read: then verified, some megabytes ahead, and small ones together with those that
 * follow, once it shows that all are read. How a file was cut is not recorded: 'content' is said of all. Damage is an error.
 */
export async function* readItems(
  repository: Repository,
  index: RepositoryIndex,
  snapshot: Pick<Snapshot, 'tree'>,
  below: ByteString,
  signal: AbortSignal,
): AsyncGenerator<ArchiveItem> {
  const reader = new BlobReader(repository, index)
  const loader = new ContentLoader(repository, index, reader)
  const tree = await findFolder(reader, snapshot.tree, below, signal)
  let isSequential = false
  for await (const group of groupsOf(dumpItems(reader, tree, '', signal))) {
    const contents: GroupContents = new GroupContents(group, index, loader, isSequential, signal)
    for (const [at, item] of group.entries()) yield itemOf(item, () => contents.read(at))
    isSequential = contents.wasReadToEnd
  }
}

async function* groupsOf(items: AsyncIterable<DumpItem>): AsyncGenerator<readonly DumpItem[]> {
  let group: DumpItem[] = []
  let bytes = 0
  for await (const item of items) {
    group.push(item)
    bytes += Number(item.node.size ?? 0)
    if (group.length < groupItemsMax && bytes < contentWindowBytes) continue
    yield group
    group = []
    bytes = 0
  }
  if (group.length > 0) yield group
}

function itemOf({ path, node }: DumpItem, content: () => AsyncIterable<Uint8Array>): ArchiveItem {
  const metadata = metadataOf(node)
  switch (node.type) {
    case 'dir':
      return { kind: 'folder', path, metadata }
    case 'symlink':
      return { kind: 'symlink', path, metadata, target: node.linkTarget ?? '' }
    case 'file':
      return { kind: 'file', path, metadata, cut: 'content', expectedBytes: Number(node.size ?? 0), content: content() }
    default:
      throw new CoffreError('usage.invalid', `"${printablePath(path)}" is a ${node.type}, which cannot be read as an item`, {
        hint: 'Restore the snapshot to a folder instead.',
      })
  }
}

function metadataOf({ mode = 0, mtime, uid, gid }: Node): ArchiveMetadata {
  const { seconds, nanoseconds } = parseTimestamp(mtime)
  return { mode: permissionsOf(mode), modifiedMs: seconds * 1000 + nanoseconds / 1e6, uid, gid }
}
