import { type ByteString, CoffreError, throwIfAborted } from '@coffre/foundation'
import type { Id, Node } from '../format/node.ts'
import { decodeTree } from '../format/tree-decoder.ts'
import { encodeTree } from '../format/tree-encoder.ts'
import type { BlobReader } from '../repository/blob-reader.ts'
import { childPath } from '../walk/walk-tree.ts'

export interface TreeRewriterOptions {
  readonly isExcluded: (path: ByteString) => boolean
  readonly onExcluded?: (path: ByteString) => void
  /** Takes a tree that differs from the old one; its id. */
  readonly store: (content: Buffer) => Promise<Id>
}

/** Makes trees without what is excluded, and counts the files that remain. */
export class TreeRewriter {
  files = 0
  fileBytes = 0
  readonly #reader: BlobReader
  readonly #options: TreeRewriterOptions
  readonly #signal: AbortSignal

  constructor(reader: BlobReader, options: TreeRewriterOptions, signal: AbortSignal) {
    this.#reader = reader
    this.#options = options
    this.#signal = signal
  }

  /** The id of what remains of the tree: its own when all of it does. */
  async rewrite(id: Id, path: ByteString): Promise<Id> {
    const content = await this.#reader.blob(id, true, this.#signal)
    const nodes = decodeTree(content)
    if (!isWritable(nodes, content)) throw unknownContent(path, id)
    const kept: Node[] = []
    let changed = false
    for (const node of nodes) {
      throwIfAborted(this.#signal)
      const place = childPath(path, node.name)
      if (this.#options.isExcluded(place)) {
        this.#options.onExcluded?.(place)
        changed = true
        continue
      }
      const next = await this.#rewriteNode(node, place, id)
      changed ||= next !== node
      kept.push(next)
    }
    return changed ? this.#options.store(encodeTree(kept)) : id
  }

  async #rewriteNode(node: Node, path: ByteString, tree: Id): Promise<Node> {
    if (node.type === 'file') {
      this.files++
      this.fileBytes += Number(node.size ?? 0)
    }
    if (node.type !== 'dir') return node
    if (node.subtree === undefined)
      throw new CoffreError('repository.damaged', `tree ${tree} is damaged: the folder ${path} has no tree`)
    const subtree = await this.rewrite(node.subtree, path)
    return subtree === node.subtree ? node : { ...node, subtree }
  }
}

/** Whether writing the nodes again gives the same bytes, so that no field is lost. */
function isWritable(nodes: readonly Node[], content: Buffer): boolean {
  try {
    return encodeTree(nodes).equals(content)
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

function unknownContent(path: ByteString, id: Id): CoffreError {
  return new CoffreError(
    'repository.format-newer',
    `the tree ${id} of ${path} cannot be written again without losing information`,
    {
      hint: 'Another program wrote fields that this one does not know. Use a newer Coffre, or that program.',
    },
  )
}
