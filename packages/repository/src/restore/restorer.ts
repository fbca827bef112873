import { ftruncateSync } from 'node:fs'
import { type ByteString, CoffreError, throwIfAborted } from '@coffre/foundation'
import type { Id, Node } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { applyMetadata } from '../local/apply-metadata.ts'
import { FileSystemError } from '../local/file-system-error.ts'
import type { FileStatus, LocalFiles } from '../local/local-files.ts'
import { createSpecialFile } from '../local/special-file.ts'
import { compareTimes, parseTimestamp } from '../local/timestamp.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import { newReadPool } from '../repository/new-pool.ts'
import type { Repository } from '../repository/repository.ts'
import { compareContent } from './compare-content.ts'
import { PackExtractor } from './pack-extractor.ts'
import { type PlannedBlob, type PlannedFile, RestorePlan } from './restore-plan.ts'

export type OverwriteMode = 'always' | 'if-changed' | 'if-newer' | 'never'

export interface RestoreCounts {
  filesTotal: number
  filesRestored: number
  filesSkipped: number
  filesDeleted: number
  bytesTotal: number
  bytesRestored: number
  bytesSkipped: number
  errors: number
}

export interface RestoreOptions {
  /** Asked for each item by its place in the snapshot; folders are entered where a child may be wanted. */
  readonly select: (location: ByteString, isFolder: boolean) => { readonly selected: boolean; readonly childMayBeSelected: boolean }
  readonly selectAttribute: (name: ByteString) => boolean
  readonly overwrite: OverwriteMode
  /** Remove what is in restored folders and not in the snapshot. */
  readonly removeOthers: boolean
  readonly sparse: boolean
  readonly dryRun: boolean
  /** Compare every written file with its blobs afterwards. */
  readonly verify: boolean
  readonly onError: (location: ByteString, error: unknown) => void
  readonly onItem?: (location: ByteString, action: 'restored' | 'updated' | 'unchanged' | 'deleted', sizeBytes: number) => void
  readonly onStart?: (counts: RestoreCounts) => void
}

/** Files are restored in windows of so much content or so many files, which bounds memory. */
const windowBytes = 512 * 1024 * 1024
const windowFiles = 5_000

interface FolderToFinish {
  readonly node: Node
  readonly path: ByteString
  readonly location: ByteString
  /** False when it is only there for something in it. */
  readonly counts: boolean
}

/**
 * Writes a tree to a folder, laid out as restic does it. Existing files are brought to the wanted content in place: blocks that
 * are right already stay. Damage and failures concern one file, are reported with its name and the blob, and the rest goes on.
 */
export class Restorer {
  readonly counts: RestoreCounts = {
    filesTotal: 0,
    filesRestored: 0,
    filesSkipped: 0,
    filesDeleted: 0,
    bytesTotal: 0,
    bytesRestored: 0,
    bytesSkipped: 0,
    errors: 0,
  }
  readonly #index: RepositoryIndex
  readonly #reader: BlobReader
  readonly #options: RestoreOptions
  readonly #files: LocalFiles
  readonly #signal: AbortSignal
  #plan = new RestorePlan()
  readonly #pool
  readonly #extractor: PackExtractor
  /** Files of several links: inode and device → where the first one was restored. */
  readonly #firstLinks = new Map<string, ByteString>()
  /** Existing files of several names that were right and stay. */
  readonly #keptInodes = new Set<string>()
  readonly #laterLinks: {
    readonly node: Node
    readonly path: ByteString
    readonly location: ByteString
    readonly first: ByteString
  }[] = []
  readonly #folders: FolderToFinish[] = []

  private constructor(repository: Repository, index: RepositoryIndex, options: RestoreOptions, signal: AbortSignal) {
    this.#index = index
    this.#reader = new BlobReader(repository, index)
    this.#options = options
    this.#files = repository.context.files
    this.#signal = signal
    this.#pool = newReadPool(repository, index.blobs)
    this.#extractor = new PackExtractor(repository, index, this.#reader, this.#pool, options.sparse, {
      complete: (file) => this.#complete(file),
      failed: (file, error) => this.#report(file.location, error),
      written: (bytes) => {
        this.counts.bytesRestored += bytes
      },
    })
  }

  static async restore(
    repository: Repository,
    index: RepositoryIndex,
    tree: Id,
    target: ByteString,
    options: RestoreOptions,
    signal: AbortSignal,
  ): Promise<RestoreCounts> {
    const restorer = new Restorer(repository, index, options, signal)
    await using _pool = restorer.#pool
    options.onStart?.(restorer.counts)
    await restorer.#run(tree, target)
    return restorer.counts
  }

  async #run(tree: Id, target: ByteString): Promise<void> {
    if (!this.#options.dryRun) makeFolders(this.#files, target)
    await this.#walk(tree, target === '/' ? '' : target, '')
    await this.#executePlan()
    for (const link of this.#laterLinks) await this.#attempt(link.location, () => this.#restoreLink(link))
    // Inner folders first, as writing to them changes the times of outer ones.
    for (const folder of this.#folders.reverse()) await this.#attempt(folder.location, () => this.#finishFolder(folder))
  }

  /** True when something in the tree was restored. */
  async #walk(tree: Id, path: ByteString, location: ByteString): Promise<boolean> {
    let nodes: readonly Node[]
    try {
      nodes = await this.#reader.tree(tree, this.#signal)
    } catch (error) {
      throwIfAborted(this.#signal)
      this.#report(location === '' ? '/' : location, error)
      return false
    }
    let restoredAny = false
    let namesAreSafe = true
    for (const node of nodes) {
      throwIfAborted(this.#signal)
      if (node.name === '' || node.name === '.' || node.name === '..' || node.name.includes('/') || node.name.includes('\0')) {
        this.#report(
          `${location}/${node.name}`,
          new CoffreError('repository.damaged', `an entry has the invalid name ${JSON.stringify(node.name)}`),
        )
        namesAreSafe = false
        continue
      }
      if (node.type === 'socket') continue
      const here = `${location}/${node.name}`
      const { selected, childMayBeSelected } = this.#options.select(here, node.type === 'dir')
      const restored =
        node.type === 'dir'
          ? await this.#folder(node, `${path}/${node.name}`, here, selected, childMayBeSelected)
          : selected && (await this.#attempt(here, () => this.#entry(node, `${path}/${node.name}`, here)))
      restoredAny ||= restored
    }
    if (this.#options.removeOthers && namesAreSafe) await this.#removeOthers(path === '' ? '/' : path, location, nodes)
    return restoredAny
  }

  async #folder(
    node: Node,
    path: ByteString,
    location: ByteString,
    selected: boolean,
    childMayBeSelected: boolean,
  ): Promise<boolean> {
    if (node.subtree === undefined) {
      this.#report(location, new CoffreError('repository.damaged', `the folder ${location} has no tree`))
      return false
    }
    if (selected && !(await this.#attempt(location, () => this.#ensureFolder(path)))) return false
    const place = this.#folders.length
    const childRestored = childMayBeSelected && (await this.#walk(node.subtree, path, location))
    if (!selected && !childRestored) return false
    if (selected) this.counts.filesTotal++
    // Its place is before its content's, so that the reversed list ends with it.
    this.#folders.splice(place, 0, { node, path, location, counts: selected })
    return true
  }

  #finishFolder({ node, path, location, counts }: FolderToFinish): void {
    this.#finish(node, path, location)
    if (counts) this.#done(location, 'restored', 0)
  }

  async #entry(node: Node, path: ByteString, location: ByteString): Promise<void> {
    this.#ensureParent(path)
    this.counts.filesTotal++
    if (node.type !== 'file') return this.#special(node, path, location)
    const first = this.#firstLink(node, path)
    if (first !== undefined) {
      this.#laterLinks.push({ node, path, location, first })
      return
    }
    const sizeBytes = Number(node.size ?? 0)
    this.counts.bytesTotal += sizeBytes
    const status = this.#statusIfThere(path)
    if (!this.#mayOverwrite(node, status)) return this.#skip(location, sizeBytes)
    const blobs = this.#blobsOf(node)
    if (this.#options.dryRun) return this.#done(location, status === undefined ? 'restored' : 'updated', sizeBytes)
    const missing = await this.#missingBlobs(node, path, status, blobs)
    if (missing.length === 0 && status?.type === 'file' && status.sizeBytes === sizeBytes && this.#mayKeep(status)) {
      this.counts.bytesSkipped += sizeBytes
      this.#finish(node, path, location)
      return this.#done(location, 'unchanged', sizeBytes)
    }
    // A file of several names makes room for a new one, since the others may have to stay as they are, also outside the target.
    const needed = hasOtherNames(status) ? blobs : missing
    this.#prepare(path, location, status, sizeBytes, blobs.length)
    const file: PlannedFile = {
      node,
      path,
      location,
      sizeBytes,
      isFresh: isFresh(status, blobs.length),
      pendingBlobs: needed.length,
      failed: false,
    }
    if (needed.length === 0) return this.#complete(file)
    this.#plan.add(file, needed, (entry) => this.#index.blobs.packOf(entry))
    if (this.#plan.contentBytes >= windowBytes || this.#plan.files.length >= windowFiles) await this.#executePlan()
  }

  /** The file's blobs with their offsets; an error that names the first one that no index has. */
  #blobsOf(node: Node): PlannedBlob[] {
    let offset = 0
    const blobs = (node.content ?? []).map((id) => {
      const entry = this.#index.blobs.findHex(id, false)
      if (entry < 0) {
        throw new CoffreError('blob.missing', `data blob ${id} is in no index`, {
          hint: 'Run `coffre repo repair index`: its pack may be there without an index.',
        })
      }
      const { rawBytes, sealedBytes } = this.#index.blobs.location(entry)
      const blob = { entry, offset }
      offset += rawBytes > 0 ? rawBytes : sealedBytes - 32
      return blob
    })
    if (offset !== Number(node.size ?? 0)) {
      throw new CoffreError('repository.damaged', `the content has ${offset} bytes where the tree says ${node.size ?? 0}`)
    }
    return blobs
  }

  /** What an existing file lacks; everything when there is none. */
  async #missingBlobs(
    node: Node,
    path: ByteString,
    status: FileStatus | undefined,
    blobs: PlannedBlob[],
  ): Promise<readonly PlannedBlob[]> {
    if (status?.type !== 'file' || status.sizeBytes === 0) return blobs
    const sameTime = compareTimes(parseTimestamp(node.mtime), status.mtime) === 0
    if (this.#options.overwrite === 'if-changed' && sameTime && status.sizeBytes === Number(node.size ?? 0)) return []
    const matches = await compareContent(this.#pool, path, node.content ?? [], blobs, this.#index, this.#signal)
    return blobs.filter((_, i) => matches[i] !== true)
  }

  /** Removes what is in the way and gives the file its length, unless the worker that writes its only blob creates it. */
  #prepare(path: ByteString, location: ByteString, status: FileStatus | undefined, sizeBytes: number, blobCount: number): void {
    if (status !== undefined && (status.type !== 'file' || hasOtherNames(status))) this.#makeRoom(path, location, status)
    if (isFresh(status, blobCount)) return
    const descriptor = this.#files.openForWrite(path, false)
    try {
      ftruncateSync(descriptor, sizeBytes)
    } finally {
      this.#files.close(descriptor)
    }
  }

  async #executePlan(): Promise<void> {
    const plan = this.#plan
    this.#plan = new RestorePlan()
    await this.#extractor.run(plan, this.#signal)
    if (this.#options.verify) await this.#verify(plan)
  }

  async #verify(plan: RestorePlan): Promise<void> {
    for (const file of plan.files) {
      if (file.failed) continue
      const matches = await compareContent(
        this.#pool,
        file.path,
        file.node.content ?? [],
        this.#blobsOf(file.node),
        this.#index,
        this.#signal,
      )
      const size = this.#files.status(file.path).sizeBytes
      const at = matches.findIndex((match) => !match)
      if (at < 0 && size === file.sizeBytes) continue
      const id = file.node.content?.[at]
      this.#report(
        file.location,
        new CoffreError(
          'target.failed',
          id === undefined ? `the file has ${size} bytes after the restore` : `blob ${id} did not arrive in the file`,
        ),
      )
    }
  }

  #complete(file: PlannedFile): void {
    try {
      if (this.#options.sparse && file.isFresh) this.#extend(file.path, file.sizeBytes)
      this.#finish(file.node, file.path, file.location)
      this.#done(file.location, file.isFresh ? 'restored' : 'updated', file.sizeBytes)
    } catch (error) {
      this.#report(file.location, error)
    }
  }

  /** A final block of zeros that was left out still counts for the length. */
  #extend(path: ByteString, sizeBytes: number): void {
    const descriptor = this.#files.openForWrite(path, false)
    try {
      ftruncateSync(descriptor, sizeBytes)
    } finally {
      this.#files.close(descriptor)
    }
  }

  #special(node: Node, path: ByteString, location: ByteString): void {
    const status = this.#statusIfThere(path)
    if (!this.#mayOverwrite(node, status)) {
      this.#skip(location, 0)
      return
    }
    if (!this.#options.dryRun) {
      if (status !== undefined) this.#makeRoom(path, location, status)
      createSpecialFile(node, path, this.#files)
      this.#finish(node, path, location)
    }
    this.#done(location, 'restored', 0)
  }

  #restoreLink(link: {
    readonly node: Node
    readonly path: ByteString
    readonly location: ByteString
    readonly first: ByteString
  }): void {
    const status = this.#statusIfThere(link.path)
    if (!this.#mayOverwrite(link.node, status)) {
      this.#skip(link.location, 0)
      return
    }
    if (!this.#options.dryRun) {
      if (status !== undefined) this.#makeRoom(link.path, link.location, status)
      this.#files.makeHardLink(link.first, link.path)
      this.#finish(link.node, link.path, link.location)
    }
    this.#done(link.location, 'restored', 0)
  }

  #firstLink(node: Node, path: ByteString): ByteString | undefined {
    if ((node.links ?? 0) <= 1) return undefined
    const key = `${node.deviceId ?? 0}:${node.inode ?? 0}`
    const first = this.#firstLinks.get(key)
    if (first === undefined) this.#firstLinks.set(key, path)
    return first
  }

  /** Only one entry may keep an existing file, or two that the snapshot holds apart would share their metadata. */
  #mayKeep(status: FileStatus): boolean {
    if (!hasOtherNames(status)) return true
    const key = `${status.device}:${status.inode}`
    if (this.#keptInodes.has(key)) return false
    this.#keptInodes.add(key)
    return true
  }

  /** A folder that is in the way goes with its content only when others are to be removed. */
  #makeRoom(path: ByteString, location: ByteString, status: FileStatus): void {
    if (status.type === 'dir' && this.#options.removeOthers) {
      for (const { name } of this.#files.readDirectory(path)) this.#delete(`${path}/${name}`, `${location}/${name}`)
    }
    removeAnything(this.#files, path, status)
  }

  #mayOverwrite(node: Node, status: FileStatus | undefined): boolean {
    if (status === undefined) return true
    if (this.#options.overwrite === 'never') return false
    if (this.#options.overwrite === 'if-newer') return compareTimes(parseTimestamp(node.mtime), status.mtime) > 0
    return true
  }

  #finish(node: Node, path: ByteString, location: ByteString): void {
    if (this.#options.dryRun) return
    const failures = applyMetadata(node, path, this.#files, { selectAttribute: this.#options.selectAttribute })
    for (const error of failures) this.#report(location, error)
  }

  #ensureFolder(path: ByteString): void {
    if (this.#options.dryRun) return
    const status = this.#statusIfThere(path)
    if (status?.type === 'dir') return
    if (status !== undefined) removeAnything(this.#files, path, status)
    makeFolders(this.#files, path)
  }

  #ensuredParent: ByteString | undefined

  /** Files come folder by folder, so the last parent is nearly always the next one. */
  #ensureParent(path: ByteString): void {
    const parent = path.slice(0, path.lastIndexOf('/'))
    if (parent === this.#ensuredParent || parent === '') return
    this.#ensureFolder(parent)
    this.#ensuredParent = parent
  }

  async #removeOthers(path: ByteString, location: ByteString, nodes: readonly Node[]): Promise<void> {
    const keep = new Set(nodes.map((node) => node.name))
    let entries: readonly { readonly name: ByteString }[] = []
    try {
      entries = this.#files.readDirectory(path)
    } catch (error) {
      if (error instanceof FileSystemError && error.errno === 'ENOENT') return
      this.#report(location, error)
    }
    for (const { name } of entries) {
      const here = `${location}/${name}`
      if (keep.has(name) || !this.#options.select(here, false).selected) continue
      await this.#attempt(here, () => this.#delete(`${path === '/' ? '' : path}/${name}`, here))
    }
  }

  #delete(path: ByteString, location: ByteString): void {
    const status = this.#files.status(path)
    if (status.type === 'dir') {
      for (const { name } of this.#files.readDirectory(path)) this.#delete(`${path}/${name}`, `${location}/${name}`)
    }
    if (!this.#options.dryRun) {
      if (status.type === 'dir') this.#files.removeDirectory(path)
      else this.#files.removeFile(path)
    }
    this.counts.filesDeleted++
    this.#options.onItem?.(location, 'deleted', 0)
  }

  #statusIfThere(path: ByteString): FileStatus | undefined {
    return this.#files.statusIfThere(path)
  }

  #skip(location: ByteString, sizeBytes: number): void {
    this.counts.filesSkipped++
    this.counts.bytesSkipped += sizeBytes
    this.#options.onItem?.(location, 'unchanged', sizeBytes)
  }

  #done(location: ByteString, action: 'restored' | 'updated' | 'unchanged', sizeBytes: number): void {
    this.counts.filesRestored++
    this.#options.onItem?.(location, action, sizeBytes)
  }

  /** True when the action went well; its failure is reported otherwise. */
  async #attempt(location: ByteString, action: () => void | Promise<void>): Promise<boolean> {
    try {
      await action()
      return true
    } catch (error) {
      throwIfAborted(this.#signal)
      if (!(error instanceof CoffreError) && !(error instanceof FileSystemError)) throw error
      this.#report(location, error)
      return false
    }
  }

  #report(location: ByteString, error: unknown): void {
    this.counts.errors++
    this.#options.onError(location, error)
  }
}

function hasOtherNames(status: FileStatus | undefined): boolean {
  return status?.type === 'file' && status.links !== 1
}

function isFresh(status: FileStatus | undefined, blobCount: number): boolean {
  return blobCount === 1 && (status === undefined || status.type !== 'file' || hasOtherNames(status))
}

function makeFolders(files: LocalFiles, path: ByteString): void {
  try {
    files.makeDirectory(path, 0o700)
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error
    if (error.errno === 'EEXIST' && files.status(path).type !== 'file') return
    const parent = path.slice(0, path.lastIndexOf('/'))
    if (error.errno !== 'ENOENT' || parent === '') throw error
    makeFolders(files, parent)
    files.makeDirectory(path, 0o700)
  }
}

/** A folder that is in the way has to be empty. */
function removeAnything(files: LocalFiles, path: ByteString, status: FileStatus): void {
  if (status.type === 'dir') files.removeDirectory(path)
  else files.removeFile(path)
}
