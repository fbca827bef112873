import { type FileHandle, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CoffreError } from '@coffre/foundation'
import koffi from 'koffi'
import { makeFolder } from './make-folder.ts'

const lockExclusive = 2
const lockNonBlocking = 4

/**
 * Only one server works on a state folder: it holds the kernel's lock on a file there. Such a lock goes with its process, however
 * that ends, and is never stale. The file says who holds it and stays behind.
 */
export class StateLock implements AsyncDisposable {
  readonly #file: FileHandle

  private constructor(file: FileHandle) {
    this.#file = file
  }

  static async take(stateFolder: string): Promise<StateLock> {
    try {
      await makeFolder(stateFolder, 0o711)
    } catch (error) {
      throw cannotMake(stateFolder, error)
    }
    const path = join(stateFolder, 'server.lock')
    const file = await open(path, 'a+', 0o600).catch((error: unknown) => {
      throw cannotMake(stateFolder, error)
    })
    if (flock(file.fd, lockExclusive | lockNonBlocking) !== 0) {
      await file.close()
      throw alreadyRunning(stateFolder, (await readFile(path, 'utf8')).trim())
    }
    await file.truncate()
    await file.write(`${process.pid}\n`)
    return new StateLock(file)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}

/** flock(2), which Node has no name for. */
const flock = koffi.load(null).func('flock', 'int', ['int', 'int']) as unknown as (descriptor: number, operation: number) => number

function alreadyRunning(stateFolder: string, pid: string): CoffreError {
  return new CoffreError('server.running', `process ${pid} is already the Coffre server of ${stateFolder}`, {
    hint: 'Use that one, stop it first, or give this one another folder with COFFRE_STATE and another COFFRE_PORT.',
  })
}

function cannotMake(stateFolder: string, error: unknown): CoffreError {
  const problem = error instanceof Error ? error.message : String(error)
  return new CoffreError('usage.invalid', `the state folder ${stateFolder} cannot be made: ${problem}`, {
    hint: 'Choose another one with COFFRE_STATE, or make it and give it to the user that Coffre runs as.',
    cause: error,
  })
}
