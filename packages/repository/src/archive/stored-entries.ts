import { CoffreError } from '@coffre/foundation'
import type { Id, Node } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { printablePath } from '../local/printable-path.ts'
import type { BlobReader } from '../repository/blob-reader.ts'
import { BlobSet } from '../walk/blob-set.ts'
import { streamTrees } from '../walk/stream-trees.ts'
import { itemError, type StoredEntry } from './archive-item.ts'

/** What a stored entry amounts to. */
export interface StoredCounts {
  files: number
  folders: number
  bytes: number
}

/** Takes entries of earlier snapshots over: everything below them is looked up, so that it is there and counts as referred to. */
export class StoredEntries {
  readonly #index: RepositoryIndex
  readonly #reader: BlobReader

  constructor(index: RepositoryIndex, reader: BlobReader) {
    this.#index = index
    this.#reader = reader
  }

  async refer(entry: StoredEntry, signal: AbortSignal): Promise<StoredCounts> {
    const { node } = entry
    const counts: StoredCounts = { files: 0, folders: 0, bytes: 0 }
    if (node.type !== 'dir') {
      this.#count(entry, node, counts)
      return counts
    }
    if (node.subtree === undefined) throw itemError(entry.path, 'is a stored folder without a tree')
    this.#require(entry, node.subtree, true)
    counts.folders++
    for await (const tree of streamTrees(this.#reader, [node.subtree], new BlobSet(this.#index), {}, signal)) {
      this.#require(entry, tree.id, true)
      for (const inner of tree.nodes) this.#count(entry, inner, counts)
    }
    return counts
  }

  #count(entry: StoredEntry, node: Node, counts: StoredCounts): void {
    if (node.type === 'dir') counts.folders++
    else if (node.type === 'file') counts.files++
    counts.bytes += Number(node.size ?? 0)
    for (const id of node.content ?? []) this.#require(entry, id, false)
  }

  #require({ path }: StoredEntry, id: Id, isTree: boolean): void {
    if (this.#index.has(id, isTree)) return
    const what = `${isTree ? 'tree' : 'data'} blob ${id} of "${printablePath(path)}"`
    throw new CoffreError('blob.missing', `${what} is in no index, so that the entry cannot be taken over`, {
      hint: 'Run `coffre repo check`; `repair index` finds blobs that no index names.',
    })
  }
}
