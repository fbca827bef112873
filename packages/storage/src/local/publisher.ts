import { link, rename, stat, unlink } from 'node:fs/promises'
import { CoffreError } from '@coffre/foundation'
import { leftoverPath } from '../layout.ts'
import { closeFile, openFile } from './descriptor.ts'
import { absent, errnoOf } from './file-system-error.ts'

/**
 * Gives finished temporary files their names, whole or not at all. Exclusive publishing fails with EEXIST when the name is taken:
 * by link(2), or on file systems without hard links (FAT, some network mounts) under a claim.
 */
export class Publisher {
  #hardLinks: boolean

  constructor(hardLinks: boolean) {
    this.#hardLinks = hardLinks
  }

  async publish(temporary: string, path: string, exclusive: boolean): Promise<void> {
    if (!exclusive) {
      await rename(temporary, path)
      return
    }
    if (this.#hardLinks) {
      try {
        await link(temporary, path)
        await unlink(temporary)
        return
      } catch (error) {
        if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errnoOf(error) ?? '')) throw error
        this.#hardLinks = false
      }
    }
    await publishUnderClaim(temporary, path)
  }
}

/** A file that only one writer can create stands for the right to look and then rename. */
async function publishUnderClaim(temporary: string, path: string): Promise<void> {
  const claim = leftoverPath(path, 'claim')
  try {
    await closeFile(await openFile(claim, 'wx', 0o600))
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    throw new CoffreError('storage.unavailable', `another writer is creating ${path}`, {
      hint: `If no other program is running, remove ${claim}.`,
      cause: error,
    })
  }
  try {
    if ((await stat(path).catch(absent)) !== undefined) {
      throw Object.assign(new Error(`${path} exists`), { code: 'EEXIST', syscall: 'rename' })
    }
    await rename(temporary, path)
  } finally {
    await unlink(claim).catch(absent)
  }
}
