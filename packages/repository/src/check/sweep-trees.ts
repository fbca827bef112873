import { throwIfAborted } from '@coffre/foundation'
import { sealOverheadBytes } from '../crypto/sealer.ts'
import type { Id, Node } from '../format/node.ts'
import { decodeTreeInBatches } from '../format/tree-decoder.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import type { BlobReader } from '../repository/blob-reader.ts'
import { Bitmap } from './bitmap.ts'
import { TreeQueue } from './tree-queue.ts'

/** Told what a sweep comes upon. */
export interface SweepVisitor {
  /**
   * A node of a reachable tree; each tree is read once, however many folders it stands for. `contentBytes` is what its blobs have
   * together, or undefined when one of them is missing.
   */
  node?(tree: Id, node: Node, contentBytes: number | undefined): void
  /** A blob that no index names, and the tree and node that refer to it; neither for the root of a snapshot. Told again for each reference. */
  missing(id: Id, isTree: boolean, tree: Id | undefined, node: Node | undefined): void
  /** A tree that an index names and that cannot be read. */
  unreadable(tree: Id, error: unknown): void
  /** `known` grows until the sweep ends. */
  progress?(treesDone: number, treesKnown: number): void
}

/** Trees on their way from the backend at the same time, and the most of their content to be in memory. */
const treesAtOnce = 8
const treeBytesAtOnce = 16 * 1024 * 1024

/**
 * Reads every tree that can be reached from `roots`, once. Resolves to the index entries (the first one of each blob) of all trees
 * and all content that they refer to.
 */
export async function sweepTrees(
  index: RepositoryIndex,
  reader: BlobReader,
  roots: Iterable<Id>,
  visitor: SweepVisitor,
  signal: AbortSignal,
): Promise<Bitmap> {
  const sweep = new Sweep(index, reader, visitor)
  for (const root of roots) sweep.addTree(root, undefined, undefined)
  await sweep.run(signal)
  return sweep.used
}

class Sweep {
  readonly used: Bitmap
  readonly #index: RepositoryIndex
  readonly #reader: BlobReader
  readonly #visitor: SweepVisitor
  readonly #queue: TreeQueue
  #done = 0
  #known = 0

  constructor(index: RepositoryIndex, reader: BlobReader, visitor: SweepVisitor) {
    this.#index = index
    this.#reader = reader
    this.#visitor = visitor
    this.#queue = new TreeQueue(index)
    this.used = new Bitmap(index.blobs.count)
  }

  addTree(id: Id, tree: Id | undefined, node: Node | undefined): void {
    const entry = this.#index.blobs.findHex(id, true)
    if (entry < 0) this.#visitor.missing(id, true, tree, node)
    else if (this.used.add(entry)) {
      this.#known++
      this.#queue.add(entry)
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    while (this.#queue.size > 0) {
      throwIfAborted(signal)
      await Promise.all(this.#queue.take(treesAtOnce, treeBytesAtOnce).map((entry) => this.#read(entry, signal)))
    }
  }

  async #read(entry: number, signal: AbortSignal): Promise<void> {
    const id = this.#index.blobs.idHex(entry)
    try {
      const content = await this.#reader.blob(id, true, signal)
      for (const nodes of decodeTreeInBatches(content)) for (const node of nodes) this.#visit(id, node)
    } catch (error) {
      throwIfAborted(signal)
      this.#visitor.unreadable(id, error)
    }
    this.#visitor.progress?.(++this.#done, this.#known)
  }

  #visit(tree: Id, node: Node): void {
    let contentBytes: number | undefined = 0
    if (node.type === 'file') {
      for (const id of node.content ?? []) {
        const bytes = this.#addContent(id, tree, node)
        contentBytes = contentBytes === undefined || bytes === undefined ? undefined : contentBytes + bytes
      }
    } else if (node.type === 'dir' && node.subtree !== undefined) this.addTree(node.subtree, tree, node)
    this.#visitor.node?.(tree, node, contentBytes)
  }

  #addContent(id: Id, tree: Id, node: Node): number | undefined {
    const { blobs } = this.#index
    const entry = blobs.findHex(id, false)
    if (entry < 0) {
      this.#visitor.missing(id, false, tree, node)
      return undefined
    }
    this.used.add(entry)
    const { rawBytes, sealedBytes } = blobs.location(entry)
    return rawBytes > 0 ? rawBytes : sealedBytes - sealOverheadBytes
  }
}
