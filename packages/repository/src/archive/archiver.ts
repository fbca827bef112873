import { type FileHandle as OpenFile, open } from 'node:fs/promises'
import { type ByteString, bytesOf, CoffreError, compareByteStrings, throwIfAborted } from '@coffre/foundation'
import type { Id, Node } from '../format/node.ts'
import { TreeEncoder } from '../format/tree-encoder.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { buildNode } from '../local/build-node.ts'
import { readFileNode } from '../local/file-node.ts'
import { FileSystemError } from '../local/file-system-error.ts'
import type { FileStatus, LocalFiles } from '../local/local-files.ts'
import type { CutKind, StoredCounts } from '../pipeline/jobs.ts'
import { type ContentCut, cutterFactory } from '../pipeline/new-kernel.ts'
import type { BlobReader } from '../repository/blob-reader.ts'
import type { BlobWriter } from '../repository/blob-writer.ts'
import { type ItemChange, newArchiveCounts } from './archive-counts.ts'
import { type ChangeTolerance, isSameNode, isUnchanged } from './change-detection.ts'
import { type ContentSource, ContentStreamer } from './content-stream.ts'
import { FileBatcher } from './file-batcher.ts'
import { DirectFolderReader, type FolderReader, FolderScanner, type ScannedEntry } from './folder-scanner.ts'
import type { Selection } from './selection.ts'
import { idsOf } from './store-pieces.ts'
import { joinPath, type TargetTree } from './target-tree.ts'

export interface ArchiverOptions extends ChangeTolerance {
  readonly selection: Selection
  readonly withAtime: boolean
  /** 'auto' cuts relation files below a PG_VERSION in fixed pieces, everything else by its content. */
  readonly cut: 'auto' | CutKind
  /** Store everything anew, whatever the parent says. */
  readonly force: boolean
  /** An item that could not be read; the rest goes on. */
  readonly onError: (path: ByteString, error: unknown) => void
  readonly onItem?: (path: ByteString, node: Node, change: ItemChange) => void
}

/** A folder on its way: complete once its walk has ended and nothing in it is pending. */
interface Frame {
  readonly snapshotPath: ByteString
  readonly parent: Frame | undefined
  /** Its own node, the subtree still missing; undefined for the root. */
  readonly node: Node | undefined
  readonly previous: Node | undefined
  /** Undefined until its parent snapshot's tree was read. */
  previousFolder: PreviousFolder | undefined
  readonly nodes: Node[]
  /** How many of them are as the parent snapshot has them. */
  unmodified: number
  pending: number
}

/** What the parent snapshot has in a folder. */
interface PreviousFolder {
  readonly nodes: ReadonlyMap<ByteString, Node>
  /** Whether this is all of a tree that could be read, without two nodes of one name. */
  readonly isWhole: boolean
}

/** Larger files are cut by the calling thread, or split in ranges, so that all workers share them. */
const largeFileBytes = 64 * 1024 * 1024
const rangeBytes = 8 * 1024 * 1024
/** The walk lets timers and answers in after so much time. */
const walkSliceMs = 20

const relationFile = /^(t\d+_)?\d+(_(fsm|vm|init))?(\.\d+)?$/

/** Walks a tree of targets and stores it. One instance makes one tree. */
export class Archiver {
  readonly counts = newArchiveCounts()
  readonly #files: LocalFiles
  readonly #index: RepositoryIndex
  readonly #reader: BlobReader
  readonly #writer: BlobWriter
  readonly #options: ArchiverOptions
  readonly #signal: AbortSignal
  readonly #batcher: FileBatcher
  readonly #folders: FolderReader
  readonly #streamer: ContentStreamer
  readonly #encoder = new TreeEncoder()
  readonly #workingFolder: ByteString
  readonly #monotonicMs: () => number
  #sliceEndMs = 0
  #rootTree: Id | undefined

  constructor(
    index: RepositoryIndex,
    reader: BlobReader,
    writer: BlobWriter,
    contentCut: ContentCut,
    files: LocalFiles,
    workingFolder: ByteString,
    options: ArchiverOptions,
    monotonicMs: () => number,
    randomInteger: (below: number) => number,
    signal: AbortSignal,
  ) {
    this.#files = files
    this.#index = index
    this.#reader = reader
    this.#writer = writer
    this.#options = options
    this.#signal = signal
    this.#workingFolder = workingFolder
    this.#monotonicMs = monotonicMs
    const onStored = (stored: StoredCounts): void => this.#addStored(stored)
    this.#batcher = new FileBatcher(writer.pool, onStored, randomInteger, signal)
    this.#folders = options.selection.filters
      ? new DirectFolderReader(files, (path) => options.selection.includesName(this.#absolute(path)))
      : new FolderScanner(writer.pool, signal)
    const newCutter = cutterFactory(contentCut)
    this.#streamer = new ContentStreamer({ pool: writer.pool, onStored, randomInteger }, () => newCutter('content'))
  }

  /** The id of the root tree; `undefined` when nothing at all was stored. */
  async archive(targets: TargetTree, previousRoot: Id | undefined): Promise<Id | undefined> {
    const root = newFrame('/', undefined, undefined, undefined)
    await this.#walkTargets(root, targets, (await this.#loadPrevious('/', previousRoot)).nodes)
    await this.#batcher.settled()
    this.#release(root)
    await this.#writer.drained()
    return this.#rootTree
  }

  /** A tree of one file whose content comes from `source`. */
  async archiveStream(node: Omit<Node, 'content' | 'size'>, folders: readonly Node[], source: ContentSource): Promise<Id> {
    const onRead = (bytes: number): void => {
      this.counts.totalBytesProcessed += bytes
    }
    const { content, sizeBytes } = await this.#streamer.store(source, onRead, this.#signal)
    let inner: Node = { ...node, content, ...(sizeBytes > 0 ? { size: sizeBytes } : {}) }
    this.counts.filesNew++
    for (const folder of folders.toReversed()) inner = { ...folder, subtree: this.#saveTree([inner]) }
    return this.#saveTree([inner])
  }

  async #walkTargets(frame: Frame, targets: TargetTree, previous: ReadonlyMap<ByteString, Node>): Promise<void> {
    for (const name of [...targets.children.keys()].sort(compareByteStrings)) {
      const child = targets.children.get(name)
      if (child === undefined) continue
      const snapshotPath = joinPath(frame.snapshotPath, name)
      const before = previous.get(name)
      if (child.path !== undefined) await this.#target(frame, name, snapshotPath, child.path, before)
      else await this.#folderAbove(frame, name, snapshotPath, child, before)
    }
  }

  async #folderAbove(
    frame: Frame,
    name: ByteString,
    snapshotPath: ByteString,
    tree: TargetTree,
    before: Node | undefined,
  ): Promise<void> {
    const path = tree.metadataPath ?? snapshotPath
    const options = { withAtime: this.#options.withAtime, deviceIds: 'linked' } as const
    // Not everybody may read the attributes of folders above what is his.
    const node = this.#attempt(path, () =>
      readFileNode(this.#files, path, name, this.#files.status(path), options, () => undefined),
    )
    if (node === undefined) return
    const child = this.#newFrame(frame, snapshotPath, node, before)
    await this.#walkTargets(child, tree, (await this.#loadPrevious(snapshotPath, before?.subtree)).nodes)
    this.#release(child)
  }

  async #target(
    frame: Frame,
    name: ByteString,
    snapshotPath: ByteString,
    path: ByteString,
    before: Node | undefined,
  ): Promise<void> {
    if (!this.#options.selection.includesName(this.#absolute(path))) return
    const entry = this.#look(name, path)
    if (entry !== undefined) await this.#item(frame, entry, snapshotPath, path, before, false)
  }

  /** One file or folder by itself; undefined and reported when it cannot be read. */
  #look(name: ByteString, path: ByteString): ScannedEntry | undefined {
    try {
      const status = this.#files.status(path)
      return {
        name,
        status,
        linkTarget: status.type === 'symlink' ? this.#files.readLink(path) : undefined,
        attributes: this.#files.extendedAttributes(path, (_name, error) => this.#reportError(path, error)),
        failures: [],
      }
    } catch (error) {
      if (!(error instanceof FileSystemError)) throw error
      this.#reportError(path, error)
      return undefined
    }
  }

  async #item(
    frame: Frame,
    entry: ScannedEntry,
    snapshotPath: ByteString,
    path: ByteString,
    before: Node | undefined,
    isDatabase: boolean,
  ): Promise<void> {
    // A file that vanished since its folder was read was simply deleted in time.
    const failures = entry.failures.filter((failure) => failure.errno !== 'ENOENT')
    for (const failure of failures) this.#reportError(path, failure)
    const { status } = entry
    if (status === undefined || !this.#options.selection.includes(this.#absolute(path), status)) return
    this.counts.current = snapshotPath
    if (status.type === 'socket') return
    const node = this.#nodeOf(path, entry)
    if (node === undefined) return
    if (status.type === 'dir') await this.#folder(frame, snapshotPath, path, node, before, isDatabase)
    else if (status.type === 'file') await this.#file(frame, snapshotPath, path, node, status, before, isDatabase)
    else addNode(frame, node, before)
  }

  async #folder(
    frame: Frame,
    snapshotPath: ByteString,
    path: ByteString,
    node: Node,
    before: Node | undefined,
    isDatabase: boolean,
  ): Promise<void> {
    const entries = await this.#folders.folder(path)
    if (entries instanceof FileSystemError) {
      this.#reportError(path, entries)
      return
    }
    const child = this.#newFrame(frame, snapshotPath, node, before)
    const previous = await this.#loadPrevious(snapshotPath, before?.subtree)
    child.previousFolder = previous
    const isDatabaseHere = isDatabase || entries.some((entry) => entry.name === 'PG_VERSION')
    const prefix = path === '/' ? '/' : `${path}/`
    const snapshotPrefix = `${snapshotPath}/`
    for (const entry of entries) {
      const { name } = entry
      await this.#item(child, entry, snapshotPrefix + name, prefix + name, previous.nodes.get(name), isDatabaseHere)
    }
    this.#release(child)
    await this.#breathe()
  }

  async #file(
    frame: Frame,
    snapshotPath: ByteString,
    path: ByteString,
    node: Node,
    status: FileStatus,
    before: Node | undefined,
    isDatabase: boolean,
  ): Promise<void> {
    if (!this.#options.force && isUnchanged(node, before, this.#options) && before?.content != null) {
      if (before.content.every((id) => this.#index.has(id, false))) {
        this.#fileDone(frame, snapshotPath, { ...node, content: before.content }, before)
        this.counts.totalBytesProcessed += status.sizeBytes
        return
      }
      this.#options.onError(path, new Error('parts of the file are not in the repository any more; it is stored again'))
    }
    const cut = this.#cutFor(node.name, isDatabase)
    if (status.sizeBytes >= largeFileBytes) {
      const stored = await this.#attemptAsync(path, () => this.#largeFile(path, status.sizeBytes, cut))
      if (stored !== undefined) this.#fileDone(frame, snapshotPath, withContent(node, stored.content, stored.sizeBytes), before)
      return
    }
    frame.pending++
    await this.#batcher.add({
      path,
      cut,
      sizeBytes: status.sizeBytes,
      stored: (content, sizeBytes) => {
        this.counts.totalBytesProcessed += sizeBytes
        this.#fileDone(frame, snapshotPath, withContent(node, content, sizeBytes), before)
        this.#release(frame)
      },
      failed: (failure) => {
        this.#reportError(path, new CoffreError('source.incomplete', failure.message))
        this.#release(frame)
      },
    })
  }

  async #largeFile(path: ByteString, sizeBytes: number, cut: CutKind): Promise<{ content: Id[]; sizeBytes: number }> {
    if (cut === 'fixed') return this.#fileInRanges(path, sizeBytes)
    await using file = await open(bytesOf(path), 'r')
    const onRead = (bytes: number): void => {
      this.counts.totalBytesProcessed += bytes
    }
    return await this.#streamer.store(fileSource(file), onRead, this.#signal)
  }

  /** Fixed cuts depend on nothing but the offset: each worker reads its own part. */
  async #fileInRanges(path: ByteString, expectedBytes: number): Promise<{ content: Id[]; sizeBytes: number }> {
    const parts: Id[][] = []
    let sizeBytes = 0
    let ended = false
    let failure: unknown
    const jobs = new Set<Promise<void>>()
    // The file may have grown since its status was read, so ranges go on until one comes back short.
    for (let offset = 0; !ended && failure === undefined; offset += rangeBytes) {
      if (offset >= expectedBytes) await Promise.all(jobs)
      if (ended || failure !== undefined) break
      await this.#writer.pool.ready(this.#signal)
      const position = parts.push([]) - 1
      const job = this.#writer.pool
        .run({ kind: 'range', path, offset, length: rangeBytes }, this.#signal)
        .then((result) => {
          parts[position] = idsOf(result.ids)
          sizeBytes += result.bytes
          this.counts.totalBytesProcessed += result.bytes
          if (result.bytes < rangeBytes) ended = true
          this.#addStored(result.stored)
        })
        .catch((error: unknown) => {
          failure ??= error
        })
        .finally(() => jobs.delete(job))
      jobs.add(job)
    }
    await Promise.all(jobs)
    if (failure !== undefined) throw failure
    return { content: parts.flat(), sizeBytes }
  }

  #cutFor(name: ByteString, isDatabase: boolean): CutKind {
    if (this.#options.cut !== 'auto') return this.#options.cut
    return isDatabase && relationFile.test(name) ? 'fixed' : 'content'
  }

  #nodeOf(path: ByteString, entry: ScannedEntry): Node | undefined {
    const { name, status, linkTarget, attributes } = entry
    if (status === undefined) return undefined
    const user = this.#files.userName(status.uid)
    const group = this.#files.groupName(status.gid)
    const facts = { name, status, user, group, extendedAttributes: attributes, ...(linkTarget === undefined ? {} : { linkTarget }) }
    return this.#attempt(path, () => buildNode(facts, { withAtime: this.#options.withAtime, deviceIds: 'linked' }))
  }

  #absolute(path: ByteString): ByteString {
    return path.startsWith('/') ? path : joinPath(this.#workingFolder, path)
  }

  #newFrame(parent: Frame, snapshotPath: ByteString, node: Node, previous: Node | undefined): Frame {
    parent.pending++
    return newFrame(snapshotPath, parent, node, previous)
  }

  /** One thing less to wait for; the last one completes the folder, and perhaps the folders above it. */
  #release(frame: Frame): void {
    if (--frame.pending > 0) return
    if (frame.node === undefined || frame.parent === undefined) {
      if (frame.nodes.length > 0) this.#rootTree = this.#saveTree(frame.nodes)
      return
    }
    const subtree = this.#sameTree(frame) ?? this.#saveTree(frame.nodes)
    frame.nodes.length = 0
    const node = { ...frame.node, subtree }
    const change = addNode(frame.parent, node, frame.previous?.type === 'dir' ? frame.previous : undefined)
    this.counts[change === 'new' ? 'dirsNew' : change === 'changed' ? 'dirsChanged' : 'dirsUnmodified']++
    this.#options.onItem?.(`${frame.snapshotPath}/`, node, change)
    this.#release(frame.parent)
  }

  /** The parent snapshot's tree, when nothing in the folder differs from it: it need not be encoded to be known. */
  #sameTree({ previous, previousFolder, nodes, unmodified }: Frame): Id | undefined {
    const subtree = previous?.subtree
    if (subtree === undefined || previousFolder?.isWhole !== true) return undefined
    if (unmodified !== nodes.length || nodes.length !== previousFolder.nodes.size) return undefined
    return this.#index.has(subtree, true) ? subtree : undefined
  }

  #saveTree(nodes: Node[]): Id {
    nodes.sort((a, b) => compareByteStrings(a.name, b.name))
    for (const node of nodes) this.#encoder.add(node)
    return this.#writer.addTree(this.#encoder.finish()).id
  }

  #fileDone(frame: Frame, snapshotPath: ByteString, node: Node, before: Node | undefined): void {
    const change = addNode(frame, node, before?.type === 'file' ? before : undefined)
    this.counts[change === 'new' ? 'filesNew' : change === 'changed' ? 'filesChanged' : 'filesUnmodified']++
    this.#options.onItem?.(snapshotPath, node, change)
  }

  async #loadPrevious(snapshotPath: ByteString, tree: Id | undefined): Promise<PreviousFolder> {
    if (tree === undefined) return nothingBefore
    try {
      const nodes = await this.#reader.tree(tree, this.#signal)
      const byName = new Map(nodes.map((node) => [node.name, node]))
      return { nodes: byName, isWhole: byName.size === nodes.length }
    } catch (error) {
      throwIfAborted(this.#signal)
      this.#options.onError(snapshotPath, error)
      return nothingBefore
    }
  }

  /** Gives way to answers and timers from time to time, and waits while trees pile up. */
  async #breathe(): Promise<void> {
    await this.#writer.drained()
    const now = this.#monotonicMs()
    if (now < this.#sliceEndMs) return
    await new Promise<void>((resolve) => setImmediate(resolve))
    this.#sliceEndMs = this.#monotonicMs() + walkSliceMs
    throwIfAborted(this.#signal)
  }

  #addStored(stored: StoredCounts): void {
    this.counts.dataBlobs += stored.dataBlobs
    this.counts.dataAdded += stored.rawBytes
    this.counts.dataAddedPacked += stored.packedBytes
  }

  #attempt<T>(path: ByteString, action: () => T): T | undefined {
    try {
      return action()
    } catch (error) {
      if (!(error instanceof FileSystemError)) throw error
      this.#reportError(path, error)
      return undefined
    }
  }

  async #attemptAsync<T>(path: ByteString, action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action()
    } catch (error) {
      const isErrno = error instanceof Error && 'syscall' in error
      if (!isErrno && !(error instanceof FileSystemError)) throw error
      this.#reportError(path, error)
      return undefined
    }
  }

  #reportError(path: ByteString, error: unknown): void {
    this.counts.errors++
    this.#options.onError(path, error)
  }
}

const nothingBefore: PreviousFolder = { nodes: new Map(), isWhole: false }

function newFrame(snapshotPath: ByteString, parent: Frame | undefined, node: Node | undefined, previous: Node | undefined): Frame {
  return { snapshotPath, parent, node, previous, previousFolder: undefined, nodes: [], unmodified: 0, pending: 1 }
}

/** Puts a node into its folder and says how it compares with the one before. */
function addNode(frame: Frame, node: Node, before: Node | undefined): ItemChange {
  const change = changeOf(node, before)
  if (change === 'unmodified') frame.unmodified++
  frame.nodes.push(node)
  return change
}

function changeOf(node: Node, previous: Node | undefined): ItemChange {
  if (previous === undefined) return 'new'
  return isSameNode(node, previous) ? 'unmodified' : 'changed'
}

function withContent(node: Node, content: readonly Id[], sizeBytes: number): Node {
  const { size: _size, ...rest } = node
  return sizeBytes > 0 ? { ...rest, size: sizeBytes, content } : { ...rest, content }
}

function fileSource(file: OpenFile): ContentSource {
  return {
    async read(target) {
      const { bytesRead } = await file.read(target, 0, target.length, null)
      return bytesRead
    },
  }
}
