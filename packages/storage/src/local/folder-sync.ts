import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CoffreError, throwIfAborted } from '@coffre/foundation'
import { forEachBounded } from '../bounded.ts'
import { closeFile, openFile, syncFile } from './descriptor.ts'
import { errnoOf, fileSystemError } from './file-system-error.ts'

const lanes = 4

/**
 * Which folders of a vault changed since they were last forced to disk. A file's name survives a power cut only after an fsync of
 * the folder it is in; collecting folders makes that one fsync per folder and flush instead of one per file.
 */
export class FolderSync {
  #touched = new Set<string>()
  #running: Promise<void> = Promise.resolve()

  touch(folder: string): void {
    this.#touched.add(folder)
  }

  /** Forces all folders touched until now. A run waits for the one before it: that one may hold folders this caller counts on. */
  flush(signal: AbortSignal): Promise<void> {
    const run = this.#running.then(() => this.#syncTouched(signal))
    this.#running = run.catch(() => undefined)
    return run
  }

  /** Makes `folder` and what is missing above it. Node's own recursive mkdir takes a read-only disk for a missing path. */
  async make(folder: string, mode: number): Promise<void> {
    if (await this.#makeOne(folder, mode, true)) return
    await this.make(dirname(folder), mode)
    // Once: some file systems, such as proc, say of every new folder that what it is to be in is missing.
    await this.#makeOne(folder, mode, false)
  }

  /** False, where that is expected, when there is nothing to make it in. */
  async #makeOne(folder: string, mode: number, mayLackParent: boolean): Promise<boolean> {
    try {
      await mkdir(folder, { mode })
      this.touch(dirname(folder))
      return true
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return true
      if (mayLackParent && errnoOf(error) === 'ENOENT') return false
      throw error
    }
  }

  /** As `make`, but never makes `root` itself: when that is gone, a disk was unmounted, and its mount point must not fill up. */
  async makeBelow(root: string, folder: string, mode: number): Promise<void> {
    try {
      await stat(root)
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
      throw new CoffreError('storage.missing', `the folder ${root} does not exist`, {
        hint: 'Is the disk mounted, and is the location right?',
        cause: error,
      })
    }
    await this.make(folder, mode)
  }

  async #syncTouched(signal: AbortSignal): Promise<void> {
    const folders = this.#touched
    this.#touched = new Set()
    try {
      await forEachBounded(folders, lanes, async (folder) => {
        throwIfAborted(signal)
        await syncFolder(folder)
        folders.delete(folder)
      })
    } catch (error) {
      for (const folder of folders) this.touch(folder)
      throw error
    }
  }
}

async function syncFolder(folder: string): Promise<void> {
  try {
    const descriptor = await openFile(folder, 'r')
    try {
      await syncFile(descriptor)
    } finally {
      await closeFile(descriptor)
    }
  } catch (error) {
    // File systems that cannot sync a folder say so in these ways; a folder that is gone has nothing left to sync.
    if (['ENOTSUP', 'EOPNOTSUPP', 'EINVAL', 'ENOENT'].includes(errnoOf(error) ?? '')) return
    throw fileSystemError(error, `force ${folder} to disk`)
  }
}
