import { compareByteStrings, throwIfAborted } from '@coffre/foundation'
import { Bitmap } from '../check/bitmap.ts'
import { commitSnapshot, type StoreOptions, writerOptionsOf } from '../copy/store-options.ts'
import type { Id, Node } from '../format/node.ts'
import { encodeTree } from '../format/tree-encoder.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { formatInstant } from '../local/timestamp.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import { BlobWriter } from '../repository/blob-writer.ts'
import type { Repository } from '../repository/repository.ts'
import { listSnapshots } from '../snapshots/snapshots.ts'

export interface RecoverOptions extends StoreOptions {
  /** A tree that cannot be read; it is no root, and what only it refers to may appear as roots. */
  readonly onUnreadable: (tree: Id, error: unknown) => void
  /** A snapshot that cannot be read: what it refers to is recovered. */
  readonly onDamaged: (snapshot: Id, error: unknown) => void
  readonly onProgress?: (treesDone: number, treesTotal: number) => void
}

export interface RecoverResult {
  /** Trees that nothing refers to. */
  readonly roots: readonly Id[]
  /** Undefined when there were none. */
  readonly snapshotId: Id | undefined
}

const loadsAtOnce = 8
const shortestName = 8
const dirMode = 0o755

/**
 * Makes one snapshot of every tree that neither a tree nor a snapshot refers to, each a folder named by the beginning of its id.
 * Only what is indexed is found, so an index that may lack packs is repaired before. The caller holds an exclusive lock.
 */
export async function recoverSnapshot(
  repository: Repository,
  index: RepositoryIndex,
  options: RecoverOptions,
  signal: AbortSignal,
): Promise<RecoverResult> {
  repository.assertWritable()
  const roots = await findRoots(repository, index, options, signal)
  if (roots.length === 0) return { roots, snapshotId: undefined }
  const { clock, identity } = repository.context
  const time = formatInstant(clock.nowMs())
  await using writer = new BlobWriter(repository, index, writerOptionsOf(options), signal)
  const { id: tree } = writer.addTree(encodeTree(folderNodes(roots, time)))
  await writer.finish()
  const { hostname, username, uid, gid } = identity
  const snapshot = { time, tree, paths: ['/recover'], hostname, username, uid, gid, tags: ['recovered'] }
  return { roots, snapshotId: await commitSnapshot(repository, snapshot, options.lock, signal) }
}

async function findRoots(
  repository: Repository,
  index: RepositoryIndex,
  options: RecoverOptions,
  signal: AbortSignal,
): Promise<Id[]> {
  const trees = treesOf(index)
  const referenced = new Bitmap(index.blobs.count)
  const refer = (id: Id): void => {
    const entry = index.blobs.findHex(id, true)
    if (entry >= 0) referenced.add(entry)
  }
  for (const { tree } of await listSnapshots(repository, signal, options.onDamaged)) refer(tree)
  const reader = new BlobReader(repository, index)
  const entries = trees[Symbol.iterator]()
  let done = 0
  const lane = async (): Promise<void> => {
    for (const entry of entries) {
      throwIfAborted(signal)
      const id = index.blobs.idHex(entry)
      try {
        for (const { subtree } of await reader.tree(id, signal)) if (subtree !== undefined) refer(subtree)
      } catch (error) {
        throwIfAborted(signal)
        referenced.add(entry)
        options.onUnreadable(id, error)
      }
      options.onProgress?.(++done, trees.size)
    }
  }
  await Promise.all(Array.from({ length: loadsAtOnce }, lane))
  const roots: Id[] = []
  for (const entry of trees) if (!referenced.has(entry)) roots.push(index.blobs.idHex(entry))
  return roots.sort(compareByteStrings)
}

/** The first index entry of each tree. Entries are in the order of the packs, so that packs are read one after the other. */
function treesOf(index: RepositoryIndex): Bitmap {
  const trees = new Bitmap(index.blobs.count)
  for (let entry = 0; entry < index.blobs.count; entry++) {
    if (index.blobs.isTree(entry)) trees.add(index.blobs.findHex(index.blobs.idHex(entry), true))
  }
  return trees
}

/** `roots` are sorted, so the names are. */
function folderNodes(roots: readonly Id[], time: string): Node[] {
  return roots.map((subtree, i) => {
    const length = Math.max(shortestName, distinctLength(subtree, roots[i - 1]), distinctLength(subtree, roots[i + 1]))
    const name = subtree.slice(0, length)
    return { name, type: 'dir', mode: dirMode, mtime: time, atime: time, ctime: time, uid: 0, gid: 0, content: null, subtree }
  })
}

/** So many digits tell the two apart. */
function distinctLength(id: Id, other: Id | undefined): number {
  if (other === undefined) return 0
  let length = 1
  while (length < id.length && id[length - 1] === other[length - 1]) length++
  return length
}
