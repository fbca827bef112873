import { type ByteString, compareByteStrings } from '@coffre/foundation'
import type { ExtendedAttribute } from '../format/node.ts'
import { FileSystemError } from '../local/file-system-error.ts'
import type { FileStatus, LocalFiles } from '../local/local-files.ts'
import type { ComputePool } from '../pipeline/compute-pool.ts'
import type { ScanFailure, ScannedFolder } from '../pipeline/jobs.ts'
import { scanFolder } from '../pipeline/scan.ts'
import { getStatus } from '../pipeline/scan-encoding.ts'

/** What a scan knows of one entry. */
export interface ScannedEntry {
  readonly name: ByteString
  /** Undefined when it could not be read; `failures` says why. */
  readonly status: FileStatus | undefined
  readonly linkTarget: ByteString | undefined
  readonly attributes: readonly ExtendedAttribute[]
  readonly failures: readonly FileSystemError[]
}

/** Where a walk gets the entries of its folders from. */
export interface FolderReader {
  /** The entries of a folder in the order of their names, or the error that kept it from being read. */
  folder(path: ByteString): Promise<readonly ScannedEntry[] | FileSystemError>
}

/** Reads each folder when it is asked for, on the calling thread, and touches nothing that the filter refuses. */
export class DirectFolderReader implements FolderReader {
  readonly #files: LocalFiles
  readonly #includesName: (path: ByteString) => boolean

  constructor(files: LocalFiles, includesName: (path: ByteString) => boolean) {
    this.#files = files
    this.#includesName = includesName
  }

  async folder(path: ByteString): Promise<readonly ScannedEntry[] | FileSystemError> {
    return entriesOf(scanFolder(path, this.#files, this.#includesName).folder)
  }
}

interface Outstanding {
  readonly path: ByteString
  readonly done: Promise<void>
}

const entriesPerJob = 1024
const jobsAhead = 3
/** No further scans are begun while so many looked-at entries wait for the walk. */
const entriesAheadMax = 3072

/**
 * Has workers look at folders ahead of the walk that asks for them in order, so that the walk never waits for the disk and system
 * calls are shared out. Bounded: a few jobs and some thousand entries ahead. Only for walks that leave nothing out, as what is to be
 * left out may be a file system that hangs.
 */
export class FolderScanner implements FolderReader {
  readonly #pool: ComputePool
  readonly #signal: AbortSignal
  readonly #ready = new Map<ByteString, ScannedFolder>()
  #readyEntries = 0
  /** Folders that were seen and not yet given to a worker, the next of the walk last. */
  readonly #frontier: ByteString[] = []
  #outstanding: Outstanding[] = []
  #failure: unknown

  constructor(pool: ComputePool, signal: AbortSignal) {
    this.#pool = pool
    this.#signal = signal
  }

  async folder(path: ByteString): Promise<readonly ScannedEntry[] | FileSystemError> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      const folder = this.#ready.get(path)
      if (folder !== undefined) {
        this.#ready.delete(path)
        this.#readyEntries -= folder.names.length
        this.#scanAhead()
        return entriesOf(folder)
      }
      await this.#scanNow(path)
    }
  }

  /** Waits for the job that covers the folder, or begins one. */
  async #scanNow(path: ByteString): Promise<void> {
    const covering = this.#outstanding.find((job) => path === job.path || path.startsWith(job.path === '/' ? '/' : `${job.path}/`))
    if (covering !== undefined) return covering.done
    const at = this.#frontier.lastIndexOf(path)
    if (at >= 0) this.#frontier.splice(at, 1)
    return this.#begin(path)
  }

  #scanAhead(): void {
    while (this.#outstanding.length < jobsAhead && this.#readyEntries < entriesAheadMax) {
      const next = this.#frontier.pop()
      if (next === undefined) return
      void this.#begin(next)
    }
  }

  #begin(path: ByteString): Promise<void> {
    const done = this.#scan(path)
      .catch((error: unknown) => {
        this.#failure ??= error
      })
      .finally(() => {
        this.#outstanding = this.#outstanding.filter((job) => job.path !== path)
        this.#scanAhead()
      })
    this.#outstanding.push({ path, done })
    return done
  }

  async #scan(path: ByteString): Promise<void> {
    const { folders, rest } = await this.#pool.runAtOnce({ kind: 'scan', path, entriesMax: entriesPerJob }, this.#signal)
    for (const folder of folders) {
      this.#ready.set(folder.path, folder)
      this.#readyEntries += folder.names.length
    }
    if (rest.length === 0) return
    this.#frontier.push(...rest)
    this.#frontier.sort((a, b) => compareByteStrings(walkOrder(b), walkOrder(a)))
  }
}

/** Strings that sort as a walk visits folders: the slash before every other byte. */
function walkOrder(path: ByteString): ByteString {
  return path.replaceAll('/', '\0')
}

function entriesOf(folder: ScannedFolder): readonly ScannedEntry[] | FileSystemError {
  const own = folder.failures.find((failure) => failure.entry === -1)
  if (own !== undefined) return errorOf(own, folder.path)
  const links = new Map(folder.links)
  const attributes = new Map(folder.attributes)
  const large = new Map(folder.large)
  const prefix = folder.path === '/' ? '/' : `${folder.path}/`
  return folder.names.map((name, entry) => {
    const failures = folder.failures.length === 0 ? [] : folder.failures.filter((failure) => failure.entry === entry)
    return {
      name,
      status: failures.some((failure) => failure.isFatal) ? undefined : (large.get(entry) ?? getStatus(folder.statuses, entry)),
      linkTarget: links.get(entry),
      attributes: attributes.get(entry) ?? [],
      failures: failures.map((failure) => errorOf(failure, prefix + name)),
    }
  })
}

function errorOf(failure: ScanFailure, path: ByteString): FileSystemError {
  return new FileSystemError(failure.operation, path, failure.errno)
}
