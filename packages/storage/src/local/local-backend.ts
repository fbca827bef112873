import { stat, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type Context, throwIfAborted } from '@coffre/foundation'
import type {
  Backend,
  BackendAbilities,
  ByteRange,
  FileHandle,
  FileInfo,
  FileType,
  ObjectLock,
  SaveOptions,
  SaveResult,
} from '../backend.ts'
import { fileTypes, folders, isLeftoverName, leftoverPath, pathOf } from '../layout.ts'
import { fileExists, fileMissing, fileTruncated, lockUnsupported, targetFor } from '../storage-error.ts'
import { closeFile, openFile, protectFile, readFully, statusOfFile, syncFile, writeFully } from './descriptor.ts'
import { absent, errnoOf, fileSystemError, unsupported } from './file-system-error.ts'
import { listFiles, walkFiles } from './folder-listing.ts'
import { FolderSync } from './folder-sync.ts'
import { Publisher } from './publisher.ts'

export interface LocalOptions {
  /** False where the file system has no hard links; by default it is tried. */
  readonly hardLinks?: boolean
}

interface Modes {
  readonly folder: number
  readonly file: number
}

/** A vault in a folder of this machine, laid out, named and protected as restic does it. */
export class LocalBackend implements Backend {
  readonly location: string
  readonly abilities: BackendAbilities = { conditionalCreate: true, objectLock: false }
  readonly objectLock: ObjectLock | undefined = undefined
  readonly #context: Context
  readonly #folderSync = new FolderSync()
  readonly #publisher: Publisher
  #modes: Promise<Modes> | undefined

  constructor(path: string, context: Context, options: LocalOptions = {}) {
    this.location = resolve(path)
    this.#context = context
    this.#publisher = new Publisher(options.hardLinks ?? true)
  }

  async create(signal: AbortSignal): Promise<void> {
    try {
      const { folder: mode } = await this.#modesOfVault()
      for (const folder of Object.values(folders)) {
        throwIfAborted(signal)
        await this.#folderSync.make(join(this.location, folder), mode)
      }
      for (let prefix = 0; prefix < 256; prefix++) {
        throwIfAborted(signal)
        await this.#folderSync.make(join(this.location, 'data', prefix.toString(16).padStart(2, '0')), mode)
      }
    } catch (error) {
      throw fileSystemError(error, `make the folders of ${this.location}`)
    }
    await this.#folderSync.flush(signal)
  }

  async save(file: FileHandle, body: readonly Uint8Array[], options: SaveOptions, signal: AbortSignal): Promise<SaveResult> {
    if (options.retention !== undefined) throw lockUnsupported(this.location)
    const path = this.#absolute(file)
    const temporary = leftoverPath(path, Buffer.from(this.#context.random.bytes(8)).toString('hex'))
    try {
      throwIfAborted(signal)
      await this.#write(temporary, body, signal)
      try {
        throwIfAborted(signal)
        await this.#publisher.publish(temporary, path, options.ifAbsent ?? false)
      } catch (error) {
        await unlink(temporary).catch(absent)
        throw error
      }
      this.#folderSync.touch(dirname(path))
      return {}
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') throw fileExists(file, this.location, error)
      throw fileSystemError(error, `save ${path}`)
    }
  }

  flush(signal: AbortSignal): Promise<void> {
    return this.#folderSync.flush(signal)
  }

  async load(file: FileHandle, range: ByteRange | undefined, signal: AbortSignal, target?: Uint8Array): Promise<Uint8Array> {
    const path = this.#absolute(file)
    try {
      throwIfAborted(signal)
      const descriptor = await openFile(path, 'r')
      try {
        const length = range?.length ?? (await statusOfFile(descriptor)).size
        const view = targetFor(length, target)
        const filled = await readFully(descriptor, view, range?.offset ?? 0, signal)
        // Beyond the end, a read of nothing succeeds on any offset: only the size tells a short file.
        const isShort = length === 0 && range !== undefined ? (await statusOfFile(descriptor)).size < range.offset : filled < length
        if (isShort) throw fileTruncated(file, this.location, range, filled)
        return view
      } finally {
        await closeFile(descriptor)
      }
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') throw fileMissing(file, this.location, error)
      throw fileSystemError(error, `load ${path}`)
    }
  }

  async stat(file: FileHandle, signal: AbortSignal): Promise<FileInfo | undefined> {
    const path = this.#absolute(file)
    throwIfAborted(signal)
    try {
      const status = await stat(path)
      return status.isFile() ? { ...file, sizeBytes: status.size } : undefined
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined
      throw fileSystemError(error, `look at ${path}`)
    }
  }

  async *list(type: FileType, signal: AbortSignal, below = ''): AsyncGenerator<FileInfo> {
    try {
      yield* listFiles(this.location, type, below, signal)
    } catch (error) {
      throw fileSystemError(error, `list the ${type} files of ${this.location}`)
    }
  }

  async remove(file: FileHandle, signal: AbortSignal): Promise<void> {
    const path = this.#absolute(file)
    throwIfAborted(signal)
    try {
      await unlink(path)
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw fileSystemError(error, `remove ${path}`)
    }
    // Also when it was gone already: the attempt before this one may have died between the removal and the flush.
    this.#folderSync.touch(dirname(path))
  }

  async removeLeftovers(olderThanMs: number, signal: AbortSignal): Promise<number> {
    const before = this.#context.clock.nowMs() - olderThanMs
    let removed = 0
    try {
      for (const type of fileTypes) {
        for await (const found of walkFiles(this.location, type, (path) => isLeftover(type, path), signal)) {
          if (found.modifiedMs > before) continue
          await unlink(join(this.location, found.path)).catch(absent)
          removed++
        }
      }
    } catch (error) {
      throw fileSystemError(error, `remove temporary files from ${this.location}`)
    }
    return removed
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #absolute(file: FileHandle): string {
    return join(this.location, pathOf(file))
  }

  /** A folder that its group may read stays so: as restic, told by the config file. */
  #modesOfVault(): Promise<Modes> {
    this.#modes ??= stat(join(this.location, 'config')).then(
      (status) => ((status.mode & 0o040) === 0 ? { folder: 0o700, file: 0o400 } : { folder: 0o770, file: 0o440 }),
      () => ({ folder: 0o700, file: 0o400 }),
    )
    return this.#modes
  }

  /** Writes and forces a temporary file, or leaves none. */
  async #write(temporary: string, body: readonly Uint8Array[], signal: AbortSignal): Promise<void> {
    const modes = await this.#modesOfVault()
    const descriptor = await this.#createExclusively(temporary, modes)
    try {
      try {
        await writeFully(descriptor, body, signal)
        throwIfAborted(signal)
        await protectFile(descriptor, modes.file).catch(unsupported)
        await syncFile(descriptor).catch(unsupported)
      } finally {
        await closeFile(descriptor)
      }
    } catch (error) {
      await unlink(temporary).catch(absent)
      throw error
    }
  }

  async #createExclusively(path: string, modes: Modes): Promise<number> {
    try {
      return await openFile(path, 'wx', modes.file | 0o200)
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
    }
    await this.#folderSync.makeBelow(this.location, dirname(path), modes.folder)
    return openFile(path, 'wx', modes.file | 0o200)
  }
}

function isLeftover(type: FileType, path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return isLeftoverName(name) && (type !== 'config' || name.startsWith('config-'))
}
