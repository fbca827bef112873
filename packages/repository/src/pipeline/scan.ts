import { compareByteStrings } from '@coffre/foundation'
import type { ExtendedAttribute } from '../format/node.ts'
import { FileSystemError } from '../local/file-system-error.ts'
import type { FileStatus, LocalFiles } from '../local/local-files.ts'
import type { ScanFailure, ScanJob, ScannedFolder, ScanResult } from './jobs.ts'
import { putStatus, statusNumbers } from './scan-encoding.ts'

/** Looks at the folder and, in the order of a walk, at those inside it, until `entriesMax` entries have been seen. */
export function scanFolders(job: ScanJob, files: LocalFiles): ScanResult {
  const folders: ScannedFolder[] = []
  const open = [job.path]
  let entries = 0
  while (open.length > 0 && (folders.length === 0 || entries < job.entriesMax)) {
    const { folder, inner } = scanFolder(open.shift() ?? '', files, () => true)
    folders.push(folder)
    entries += folder.names.length
    open.unshift(...inner)
  }
  return { folders, rest: open }
}

/** One folder and the paths of those inside it. Entries whose path `includesName` refuses are not touched at all. */
export function scanFolder(
  path: string,
  files: LocalFiles,
  includesName: (path: string) => boolean,
): { readonly folder: ScannedFolder; readonly inner: string[] } {
  const scan = new FolderScan(path, files, includesName)
  return { folder: scan.folder(), inner: scan.inner }
}

class FolderScan {
  readonly inner: string[] = []
  readonly #path: string
  readonly #files: LocalFiles
  readonly #names: string[]
  readonly #statuses: Float64Array
  readonly #large: [number, FileStatus][] = []
  readonly #links: [number, string][] = []
  readonly #attributes: [number, readonly ExtendedAttribute[]][] = []
  readonly #failures: ScanFailure[] = []

  constructor(path: string, files: LocalFiles, includesName: (path: string) => boolean) {
    this.#path = path
    this.#files = files
    const entries = this.#attempt(-1, true, () => files.readDirectory(path)) ?? []
    const prefix = path === '/' ? '/' : `${path}/`
    this.#names = entries.map((entry) => entry.name).filter((name) => includesName(prefix + name))
    this.#names.sort(compareByteStrings)
    this.#statuses = new Float64Array(this.#names.length * statusNumbers)
    this.#names.forEach((name, entry) => {
      this.#look(prefix + name, entry)
    })
  }

  folder(): ScannedFolder {
    return {
      path: this.#path,
      names: this.#names,
      statuses: this.#statuses,
      large: this.#large,
      links: this.#links,
      attributes: this.#attributes,
      failures: this.#failures,
    }
  }

  #look(path: string, entry: number): void {
    const status = this.#attempt(entry, true, () => this.#files.status(path))
    if (status === undefined) return
    if (!putStatus(status, this.#statuses, entry)) this.#large.push([entry, status])
    if (status.type === 'dir') this.inner.push(path)
    if (status.type === 'symlink') {
      const target = this.#attempt(entry, true, () => this.#files.readLink(path))
      if (target !== undefined) this.#links.push([entry, target])
    }
    const attributes = this.#attempt(entry, false, () =>
      this.#files.extendedAttributes(path, (_name, error) => this.#report(entry, false, error)),
    )
    if (attributes !== undefined && attributes.length > 0) this.#attributes.push([entry, attributes])
  }

  #attempt<T>(entry: number, isFatal: boolean, action: () => T): T | undefined {
    try {
      return action()
    } catch (error) {
      if (!(error instanceof FileSystemError)) throw error
      this.#report(entry, isFatal, error)
      return undefined
    }
  }

  #report(entry: number, isFatal: boolean, error: FileSystemError): void {
    this.#failures.push({ entry, isFatal, operation: error.operation, errno: error.errno })
  }
}
