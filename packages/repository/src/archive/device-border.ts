import type { ByteString } from '@coffre/foundation'
import type { FileStatus, LocalFiles } from '../local/local-files.ts'

/** Keeps a backup on the file systems of its targets, as restic's --one-file-system does: mount points stay, as empty folders. */
export class DeviceBorder {
  readonly #files: LocalFiles
  /** The device of each target. */
  readonly #devices = new Map<ByteString, FileStatus['device']>()

  constructor(targets: readonly ByteString[], files: LocalFiles) {
    this.#files = files
    for (const target of targets) this.#devices.set(target, files.status(target).device)
  }

  includes(path: ByteString, status: FileStatus): boolean {
    if (this.#isInside(path, status.device)) return true
    if (status.type !== 'dir' || path === '/') return false
    const folder = parentOf(path)
    return this.#isInside(folder, this.#files.status(folder).device)
  }

  /** Whether the device is that of the target that the path belongs to. */
  #isInside(path: ByteString, device: FileStatus['device']): boolean {
    for (let at = path; ; at = parentOf(at)) {
      const expected = this.#devices.get(at)
      if (expected !== undefined) return expected === device
      if (at === '/') return false
    }
  }
}

function parentOf(path: ByteString): ByteString {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}
