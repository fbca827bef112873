import { type ByteString, isCoffreError, throwIfAborted } from '@coffre/foundation'
import type { Id, Node } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { type ContentCut, cutterFactory } from '../pipeline/new-kernel.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import type { BlobWriter } from '../repository/blob-writer.ts'
import type { Repository } from '../repository/repository.ts'
import { type ArchiveCounts, type ItemChange, newArchiveCounts } from './archive-counts.ts'
import { type ArchiveFile, type ArchiveItem, itemNode, type StoredEntry, splitItemPath } from './archive-item.ts'
import { ContentBatcher } from './content-batcher.ts'
import { type ItemFolder, ItemFolders } from './item-folders.ts'
import { Puller } from './puller.ts'
import { StoredEntries } from './stored-entries.ts'

export interface ItemArchiverOptions {
  readonly contentCut: ContentCut
  /** An item that was left out, as its content ended with `source.incomplete`; or a tree of the parent that cannot be read. */
  readonly onError: (path: ByteString, error: unknown) => void
  readonly onItem?: (path: ByteString, node: Node, change: ItemChange) => void
}

/** Timers and answers have their turn after so much time. */
const sliceMs = 20

/**
 * Makes a tree of items that somebody else yields, in memory that neither their number nor their size matters to. An item is new,
 * changed or unmodified by its content alone. One instance makes one tree.
 */
export class ItemArchiver {
  readonly counts: ArchiveCounts = newArchiveCounts()
  readonly #repository: Repository
  readonly #writer: BlobWriter
  readonly #options: ItemArchiverOptions
  readonly #signal: AbortSignal
  readonly #contents: ContentBatcher
  readonly #folders: ItemFolders
  readonly #stored: StoredEntries
  #sliceEndMs = 0

  constructor(
    repository: Repository,
    index: RepositoryIndex,
    writer: BlobWriter,
    treeBefore: Id | undefined,
    options: ItemArchiverOptions,
    signal: AbortSignal,
  ) {
    this.#repository = repository
    this.#writer = writer
    this.#options = options
    this.#signal = signal
    const store = {
      pool: writer.pool,
      randomInteger: (below: number) => repository.context.random.integer(below),
      onStored: (stored: { readonly dataBlobs: number; readonly rawBytes: number; readonly packedBytes: number }) => {
        this.counts.dataBlobs += stored.dataBlobs
        this.counts.dataAdded += stored.rawBytes
        this.counts.dataAddedPacked += stored.packedBytes
      },
    }
    this.#contents = new ContentBatcher(store, cutterFactory(options.contentCut), signal)
    const events = {
      written: (folder: ItemFolder, node: Node) => this.#folderWritten(folder, node),
      reopened: (folder: ItemFolder, node: Node) => void this.counts[folderCounters[changeOfFolder(folder, node)]]--,
      unreadable: (path: ByteString, error: unknown) => options.onError(`/${path}`, error),
    }
    const reader = new BlobReader(repository, index)
    this.#stored = new StoredEntries(index, reader)
    this.#folders = new ItemFolders(index, reader, writer, treeBefore, events, signal)
  }

  /**
   * The id of the root tree, an empty one when there are no items. Rejects with the first error of the source or of the storage;
   * with the interruption soon after an abort, even if the source hangs.
   */
  async archive(items: AsyncIterable<ArchiveItem | StoredEntry>): Promise<Id> {
    await using source = new Puller(items, this.#signal)
    for (let item = await source.next(); item !== undefined; item = await source.next()) {
      this.counts.current = `/${item.path}`
      await this.#add(item)
      await this.#breathe()
    }
    await this.#contents.settled()
    const tree = this.#folders.finish()
    await this.#writer.drained()
    return tree
  }

  async #add(item: ArchiveItem | StoredEntry): Promise<void> {
    const { folder: path, name } = splitItemPath(item.path)
    if (item.kind === 'stored') {
      await this.#takeOver(item, path, name)
      return
    }
    const node = itemNode(item, name, this.#repository.context.identity)
    const folder = await this.#folders.enter(path, item.path)
    this.#folders.reserve(folder, name)
    if (item.kind === 'folder') this.#folders.add(folder, node)
    else if (item.kind === 'symlink') this.#folders.complete(folder, node)
    else await this.#addFile(folder, item, node)
  }

  async #takeOver(item: StoredEntry, path: ByteString, name: ByteString): Promise<void> {
    // Looked at before it is entered: what cannot be taken over has no place in the tree.
    const found = await this.#stored.refer(item, this.#signal)
    const folder = await this.#folders.enter(path, item.path)
    this.#folders.reserve(folder, name)
    this.counts.filesUnmodified += found.files
    this.counts.dirsUnmodified += found.folders
    this.counts.totalBytesProcessed += found.bytes
    this.#folders.complete(folder, { ...item.node, name })
  }

  async #addFile(folder: ItemFolder, item: ArchiveFile, node: Node): Promise<void> {
    const before = folder.before?.get(node.name)
    const contentBefore = before?.type === 'file' ? (before.content ?? undefined) : undefined
    await using chunks = new Puller(item.content, this.#signal)
    let readBytes = 0
    const request = {
      chunks,
      cut: item.cut,
      read: (bytes: number) => {
        readBytes += bytes
        this.counts.totalBytesProcessed += bytes
      },
      stored: (content: readonly Id[], size: number) => {
        const change = changeOfContent(content, contentBefore)
        this.counts[fileCounters[change]]++
        const whole = size > 0 ? { ...node, size, content } : { ...node, content }
        this.#options.onItem?.(`/${item.path}`, whole, change)
        this.#folders.complete(folder, whole)
      },
    }
    try {
      await this.#contents.add(request)
    } catch (error) {
      if (!isCoffreError(error, 'source.incomplete')) throw error
      this.counts.errors++
      this.counts.totalBytesProcessed -= readBytes
      this.#folders.forget(folder, node.name)
      this.#options.onError(`/${item.path}`, error)
    }
  }

  #folderWritten(folder: ItemFolder, node: Node): void {
    const change = changeOfFolder(folder, node)
    this.counts[folderCounters[change]]++
    this.#options.onItem?.(`/${folder.path}/`, node, change)
  }

  /** Waits while trees pile up, and lets others have their turn when the source never makes us wait. */
  async #breathe(): Promise<void> {
    await this.#writer.drained()
    const { clock } = this.#repository.context
    const now = clock.monotonicMs()
    if (now < this.#sliceEndMs) return
    await new Promise<void>((resolve) => setImmediate(resolve))
    this.#sliceEndMs = clock.monotonicMs() + sliceMs
    throwIfAborted(this.#signal)
  }
}

const fileCounters = { new: 'filesNew', changed: 'filesChanged', unmodified: 'filesUnmodified' } as const
const folderCounters = { new: 'dirsNew', changed: 'dirsChanged', unmodified: 'dirsUnmodified' } as const

function changeOfFolder(folder: ItemFolder, node: Node): ItemChange {
  if (folder.treeBefore === undefined) return 'new'
  return folder.treeBefore === node.subtree ? 'unmodified' : 'changed'
}

function changeOfContent(content: readonly Id[], before: readonly Id[] | undefined): ItemChange {
  if (before === undefined) return 'new'
  return content.length === before.length && content.every((id, at) => id === before[at]) ? 'unmodified' : 'changed'
}
