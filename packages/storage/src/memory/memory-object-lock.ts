import { type Clock, CoffreError, throwIfAborted } from '@coffre/foundation'
import type { ByteRange, DefaultRetention, FileHandle, FileType, ObjectLock, ObjectVersion, Retention } from '../backend.ts'
import { fileAt, pathOf } from '../layout.ts'
import { fileMissing, fileTruncated } from '../storage-error.ts'
import type { StoredVersion, VersionedFiles } from './versioned-files.ts'

/** Object lock as S3 has it, on the clock of the context: retentions end when a test moves that clock. */
export class MemoryObjectLock implements ObjectLock {
  readonly #files: VersionedFiles
  readonly #location: string
  readonly #clock: Clock

  constructor(files: VersionedFiles, location: string, clock: Clock) {
    this.#files = files
    this.#location = location
    this.#clock = clock
  }

  async *versions(type: FileType, signal: AbortSignal, below = ''): AsyncGenerator<ObjectVersion> {
    for (const path of this.#files.paths()) {
      throwIfAborted(signal)
      const file = fileAt(type, path)
      if (file?.name.startsWith(below)) yield* describe(file, this.#files.versionsOf(path))
    }
  }

  async versionsOf(file: FileHandle, signal: AbortSignal): Promise<readonly ObjectVersion[]> {
    throwIfAborted(signal)
    return describe(file, this.#files.versionsOf(pathOf(file)))
  }

  async loadVersion(file: FileHandle, versionId: string, range: ByteRange | undefined, signal: AbortSignal): Promise<Uint8Array> {
    const { bytes } = this.#find(file, versionId, signal)
    if (bytes === undefined) throw fileMissing(file, this.#location)
    const { offset, length } = range ?? { offset: 0, length: bytes.byteLength }
    if (offset + length > bytes.byteLength) throw fileTruncated(file, this.#location, range, bytes.byteLength)
    return bytes.slice(offset, offset + length)
  }

  async removeVersion(file: FileHandle, versionId: string, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
    const path = pathOf(file)
    const version = this.#files.versionsOf(path).find((candidate) => candidate.versionId === versionId)
    if (version === undefined) return
    const until = version.retention?.until
    if (version.isHeld || (until !== undefined && until.getTime() > this.#clock.nowMs())) {
      const reason = version.isHeld ? 'under a legal hold' : `under retention until ${until?.toISOString()}`
      throw locked(`version ${versionId} of ${path} is ${reason}`)
    }
    this.#files.drop(path, versionId)
  }

  async retention(file: FileHandle, versionId: string, signal: AbortSignal): Promise<Retention | undefined> {
    return this.#find(file, versionId, signal).retention
  }

  async extend(file: FileHandle, versionId: string, retention: Retention, signal: AbortSignal): Promise<void> {
    const version = this.#find(file, versionId, signal)
    const current = version.retention
    // Nor stricter: real stores ask for the right to break a governance lock before they make it compliant.
    const isOther = isRunning(current, this.#clock) && current.mode !== retention.mode
    if (current !== undefined && (isOther || current.until > retention.until)) {
      throw locked(`${pathOf(file)} is under ${current.mode} retention until ${current.until.toISOString()}`)
    }
    version.retention = retention
  }

  async legalHold(file: FileHandle, versionId: string, held: boolean, signal: AbortSignal): Promise<void> {
    this.#find(file, versionId, signal).isHeld = held
  }

  async isHeld(file: FileHandle, versionId: string, signal: AbortSignal): Promise<boolean> {
    return this.#find(file, versionId, signal).isHeld
  }

  async storeTime(signal: AbortSignal): Promise<Date> {
    throwIfAborted(signal)
    return new Date(Math.floor(this.#clock.nowMs() / 1000) * 1000)
  }

  async defaultRetention(signal: AbortSignal): Promise<DefaultRetention | undefined> {
    throwIfAborted(signal)
    return undefined
  }

  #find(file: FileHandle, versionId: string, signal: AbortSignal): StoredVersion {
    throwIfAborted(signal)
    const version = this.#files.versionsOf(pathOf(file)).find((candidate) => candidate.versionId === versionId)
    if (version === undefined) throw fileMissing(file, this.#location)
    return version
  }
}

function isRunning(retention: Retention | undefined, clock: Clock): retention is Retention {
  return retention !== undefined && retention.until.getTime() > clock.nowMs()
}

function describe(file: FileHandle, versions: readonly StoredVersion[]): ObjectVersion[] {
  return versions.map(({ versionId, bytes, modified }, index) => ({
    ...file,
    versionId,
    sizeBytes: bytes?.byteLength ?? 0,
    isLatest: index === 0,
    isMarker: bytes === undefined,
    modified,
  }))
}

function locked(message: string): CoffreError {
  return new CoffreError('storage.locked', message, { hint: 'It can be removed when the lock has ended.' })
}
