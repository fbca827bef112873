import { hash } from 'node:crypto'
import { type ByteString, compareByteStrings, isCoffreError, throwIfAborted } from '@coffre/foundation'
import { Bitmap } from '../check/bitmap.ts'
import type { Id, Node } from '../format/node.ts'
import { encodeTree } from '../format/tree-encoder.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import type { BlobReader } from '../repository/blob-reader.ts'
import { childPath } from '../walk/walk-tree.ts'

/** Something in a snapshot that is not as it was backed up any more. */
export interface TreeRepair {
  readonly path: ByteString
  readonly problem: 'lost-content' | 'wrong-size' | 'lost-folder' | 'invalid-entry'
}

/**
 * Makes trees that refer only to what is there: lost parts of files are left out and their sizes corrected, folders that cannot be
 * read become empty, entries that make no sense go. Trees without any problem keep their id, byte for byte.
 */
export class TreeRepairer {
  readonly #index: RepositoryIndex
  readonly #reader: BlobReader
  /** Takes a new tree and gives its id. */
  readonly #store: (content: Buffer) => Promise<Id>
  readonly #onRepair: (repair: TreeRepair) => void
  /** Entries of trees that are sound, with all that is below. */
  readonly #sound = new Bitmap()
  readonly #replaced = new Map<Id, Id>()

  constructor(
    index: RepositoryIndex,
    reader: BlobReader,
    store: (content: Buffer) => Promise<Id>,
    onRepair: (repair: TreeRepair) => void,
  ) {
    this.#index = index
    this.#reader = reader
    this.#store = store
    this.#onRepair = onRepair
  }

  /** The id of the repaired tree, the same if it was sound; undefined when the tree itself cannot be read. */
  async repair(id: Id, path: ByteString, signal: AbortSignal): Promise<Id | undefined> {
    const entry = this.#index.blobs.findHex(id, true)
    if (entry >= 0 && this.#sound.has(entry)) return id
    const known = this.#replaced.get(id)
    if (known !== undefined) return known
    const nodes = await this.#read(id, signal)
    if (nodes === undefined) return undefined
    const repaired = await this.#repairNodes(nodes, path, signal)
    if (repaired === undefined) {
      if (entry >= 0) this.#sound.add(entry)
      return id
    }
    const replacement = await this.#store(encodeTree(repaired))
    this.#replaced.set(id, replacement)
    return replacement
  }

  async #read(id: Id, signal: AbortSignal): Promise<Node[] | undefined> {
    try {
      return await this.#reader.tree(id, signal)
    } catch (error) {
      throwIfAborted(signal)
      if (!isCoffreError(error, 'blob.missing', 'repository.damaged')) throw error
      return undefined
    }
  }

  /** Undefined when nothing had to be changed. */
  async #repairNodes(nodes: readonly Node[], path: ByteString, signal: AbortSignal): Promise<Node[] | undefined> {
    const repaired: Node[] = []
    let isChanged = false
    for (const node of nodes) {
      const better = await this.#repairNode(node, childPath(path, node.name), signal)
      isChanged ||= better !== node
      if (better !== undefined) repaired.push(better)
    }
    if (!isChanged) return undefined
    return repaired.sort((a, b) => compareByteStrings(a.name, b.name)).filter((node, at, all) => node.name !== all[at - 1]?.name)
  }

  async #repairNode(node: Node, path: ByteString, signal: AbortSignal): Promise<Node | undefined> {
    if (node.name === '' || node.type === '' || node.type === 'irregular') {
      this.#onRepair({ path, problem: 'invalid-entry' })
      return undefined
    }
    if (node.type === 'file') return this.#repairFile(node, path)
    return node.type === 'dir' ? this.#repairFolder(node, path, signal) : node
  }

  #repairFile(node: Node, path: ByteString): Node {
    const content: Id[] = []
    let sizeBytes = 0
    for (const id of node.content ?? []) {
      const bytes = this.#index.contentBytes(id, false)
      if (bytes === undefined) continue
      content.push(id)
      sizeBytes += bytes
    }
    const isWhole = node.content !== null && content.length === node.content.length
    if (isWhole && BigInt(node.size ?? 0) === BigInt(sizeBytes)) return node
    this.#onRepair({ path, problem: isWhole ? 'wrong-size' : 'lost-content' })
    const { size: _size, ...rest } = node
    return { ...rest, content, ...(sizeBytes > 0 ? { size: sizeBytes } : {}) }
  }

  async #repairFolder(node: Node, path: ByteString, signal: AbortSignal): Promise<Node> {
    const subtree = node.subtree === undefined ? undefined : await this.repair(node.subtree, path, signal)
    if (subtree === undefined) {
      this.#onRepair({ path, problem: 'lost-folder' })
      return { ...node, subtree: await this.#store(encodeTree([])) }
    }
    return subtree === node.subtree ? node : { ...node, subtree }
  }
}

/** The id that a tree would get. */
export function treeId(content: Buffer): Id {
  return hash('sha256', content, 'hex')
}
