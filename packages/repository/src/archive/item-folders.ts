import { type ByteString, compareByteStrings, throwIfAborted } from '@coffre/foundation'
import type { Id, Node } from '../format/node.ts'
import { TreeEncoder } from '../format/tree-encoder.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { printablePath } from '../local/printable-path.ts'
import type { BlobReader } from '../repository/blob-reader.ts'
import type { BlobWriter } from '../repository/blob-writer.ts'
import { itemError } from './archive-item.ts'

/** A folder whose tree is not written yet. */
export interface ItemFolder {
  /** Below the root, which is ''. */
  readonly path: ByteString
  readonly parent: ItemFolder | undefined
  /** Its own node, the subtree still missing; undefined for the root. */
  readonly node: Node | undefined
  /** Its tree in the parent snapshot. */
  readonly treeBefore: Id | undefined
  /** By name, in the order of arrival; undefined until the content is stored. */
  readonly entries: Map<ByteString, Node | undefined>
  /** What the parent snapshot has here; loaded while the folder is entered. */
  before: ReadonlyMap<ByteString, Node> | undefined
  /** Entries that are not complete, and one more until the folder is closed. */
  pending: number
  isClosed: boolean
}

export interface FolderEvents {
  /** A folder's tree is written. It may be told of again when something else came for it later. */
  written(folder: ItemFolder, node: Node): void
  /** A folder whose tree was written takes part again: what was told of it does not count. */
  reopened(folder: ItemFolder, node: Node): void
  /** A tree of the parent snapshot cannot be read. */
  unreadable(path: ByteString, error: unknown): void
}

/**
 * Folders that were left may hold so many entries together before the first of them is written. Sources that come back to a folder,
 * as PostgreSQL does at the end of a base backup, mostly find it still there.
 */
const keptEntriesMax = 4_096

/**
 * The folders of items on their way to trees. When items come in the order of a walk, a folder's tree is written soon after the walk
 * has left it; a folder that something comes for later is taken up again, from the tree that was written if need be. Nodes are sorted
 * whatever the order of arrival.
 */
export class ItemFolders {
  readonly #index: RepositoryIndex
  readonly #reader: BlobReader
  readonly #writer: BlobWriter
  readonly #events: FolderEvents
  readonly #signal: AbortSignal
  readonly #encoder = new TreeEncoder()
  /** Every folder whose tree is not written, by path. */
  readonly #unwritten = new Map<ByteString, ItemFolder>()
  /** Folders that nothing comes for at the moment, the longest left first; inner ones always before those around them. */
  readonly #left = new Set<ItemFolder>()
  #leftEntries = 0
  readonly #root: ItemFolder
  /** Where the last item went; it and all around it are entered. */
  #current: ItemFolder
  #rootTree: Id | undefined

  constructor(
    index: RepositoryIndex,
    reader: BlobReader,
    writer: BlobWriter,
    treeBefore: Id | undefined,
    events: FolderEvents,
    signal: AbortSignal,
  ) {
    this.#index = index
    this.#reader = reader
    this.#writer = writer
    this.#events = events
    this.#signal = signal
    this.#root = newFolder('', undefined, undefined, treeBefore)
    this.#unwritten.set('', this.#root)
    this.#current = this.#root
  }

  /** The folder at `path`, for an entry of it. `source.failed` when no folder came for the path of the entry, `item`. */
  async enter(path: ByteString, item: ByteString): Promise<ItemFolder> {
    if (this.#current.path !== path) {
      const folder = this.#unwritten.get(path) ?? (await this.#reopen(path, item))
      this.#leaveBut(folder)
      this.#stayIn(folder)
      this.#current = folder
      this.#closeOldest()
    }
    this.#current.before ??= await this.#loadBefore(this.#current)
    return this.#current
  }

  /** Takes the place of an entry, which is to be followed by `complete` or `forget`. `source.failed` when it is taken. */
  reserve(folder: ItemFolder, name: ByteString): void {
    if (folder.entries.has(name)) throw itemError(joinItemPath(folder.path, name), 'came before')
    folder.entries.set(name, undefined)
    folder.pending++
  }

  complete(folder: ItemFolder, node: Node): void {
    folder.entries.set(node.name, node)
    this.#release(folder)
  }

  /** Leaves a reserved entry out. */
  forget(folder: ItemFolder, name: ByteString): void {
    folder.entries.delete(name)
    this.#release(folder)
  }

  /** A new folder in `parent`, where its place is reserved. */
  add(parent: ItemFolder, node: Node): void {
    const before = parent.before?.get(node.name)
    const folder = newFolder(
      joinItemPath(parent.path, node.name),
      parent,
      node,
      before?.type === 'dir' ? before.subtree : undefined,
    )
    this.#unwritten.set(folder.path, folder)
    this.#leave(folder)
    this.#closeOldest()
  }

  /** Writes all that is not written. Every entry must be complete. The id of the root's tree. */
  finish(): Id {
    this.#leaveBut(undefined)
    for (const folder of this.#left) this.#close(folder)
    if (this.#rootTree === undefined) throw new Error('an entry of a folder is not complete')
    return this.#rootTree
  }

  /** Leaves the current folder and those around it, up to one that `next` lies in. */
  #leaveBut(next: ItemFolder | undefined): void {
    for (let folder: ItemFolder | undefined = this.#current; folder !== undefined; folder = folder.parent) {
      if (next !== undefined && isIn(next, folder)) return
      this.#leave(folder)
    }
  }

  #leave(folder: ItemFolder): void {
    folder.before = undefined
    this.#left.add(folder)
    this.#leftEntries += folder.entries.size + 1
  }

  #stayIn(innermost: ItemFolder): void {
    for (let folder: ItemFolder | undefined = innermost; folder !== undefined; folder = folder.parent) {
      if (this.#left.delete(folder)) this.#leftEntries -= folder.entries.size + 1
      if (!folder.isClosed) continue
      folder.isClosed = false
      folder.pending++
    }
  }

  #closeOldest(): void {
    for (const folder of this.#left) {
      if (this.#leftEntries <= keptEntriesMax) return
      this.#close(folder)
    }
  }

  #close(folder: ItemFolder): void {
    this.#left.delete(folder)
    this.#leftEntries -= folder.entries.size + 1
    folder.isClosed = true
    this.#release(folder)
  }

  /** One thing less to wait for; the last one has the tree written, and perhaps those of the folders around it. */
  #release(folder: ItemFolder): void {
    if (--folder.pending > 0) return
    this.#unwritten.delete(folder.path)
    const subtree = this.#write(folder)
    if (folder.node === undefined || folder.parent === undefined) {
      this.#rootTree = subtree
      return
    }
    const node = { ...folder.node, subtree }
    this.#events.written(folder, node)
    this.complete(folder.parent, node)
  }

  #write(folder: ItemFolder): Id {
    const nodes = [...folder.entries.values()].filter((node) => node !== undefined)
    for (const node of nodes.sort((a, b) => compareByteStrings(a.name, b.name))) this.#encoder.add(node)
    return this.#writer.addTree(this.#encoder.finish()).id
  }

  /** Takes up a folder whose tree was written, and those around it that were. */
  async #reopen(path: ByteString, item: ByteString): Promise<ItemFolder> {
    const slash = path.lastIndexOf('/')
    const [around, name] = slash < 0 ? ['', path] : [path.slice(0, slash), path.slice(slash + 1)]
    const parent = this.#unwritten.get(around) ?? (await this.#reopen(around, item))
    // Or it could be written while this one is being read.
    this.#stayIn(parent)
    if (!parent.entries.has(name)) throw itemError(item, `came before its folder "${printablePath(path)}"`)
    const node = parent.entries.get(name)
    if (node?.subtree === undefined) throw itemError(item, `lies in "${printablePath(path)}", which is no folder`)
    const { subtree, ...own } = node
    const nodes = await this.#readBack(subtree)
    const before = (parent.before ?? (await this.#loadBefore(parent))).get(name)
    const folder = newFolder(path, parent, own, before?.type === 'dir' ? before.subtree : undefined)
    for (const entry of nodes) folder.entries.set(entry.name, entry)
    parent.entries.set(name, undefined)
    parent.pending++
    this.#unwritten.set(path, folder)
    this.#events.reopened(folder, node)
    return folder
  }

  async #readBack(tree: Id): Promise<readonly Node[]> {
    if (this.#index.find(tree, true).length === 0) await this.#writer.treesStored()
    return this.#reader.tree(tree, this.#signal)
  }

  async #loadBefore(folder: ItemFolder): Promise<ReadonlyMap<ByteString, Node>> {
    if (folder.treeBefore === undefined) return new Map()
    try {
      const nodes = await this.#reader.tree(folder.treeBefore, this.#signal)
      return new Map(nodes.map((node) => [node.name, node]))
    } catch (error) {
      throwIfAborted(this.#signal)
      this.#events.unreadable(folder.path, error)
      return new Map()
    }
  }
}

function newFolder(
  path: ByteString,
  parent: ItemFolder | undefined,
  node: Node | undefined,
  treeBefore: Id | undefined,
): ItemFolder {
  return { path, parent, node, treeBefore, entries: new Map(), before: undefined, pending: 1, isClosed: false }
}

function isIn(folder: ItemFolder, outer: ItemFolder): boolean {
  for (let at: ItemFolder | undefined = folder; at !== undefined; at = at.parent) if (at === outer) return true
  return false
}

function joinItemPath(folder: ByteString, name: ByteString): ByteString {
  return folder === '' ? name : `${folder}/${name}`
}
