import { hash } from 'node:crypto'
import { isCoffreError } from '@coffre/foundation'
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
} from '@coffre/storage'
import { ledgerKey } from '../state/vault-state.ts'
import { authenticVersion, contentsOldestFirst } from './authentic-version.ts'
import { removeForGood } from './remove-for-good.ts'
import { isDisturbed, type VersionGroup, versionGroups } from './version-groups.ts'

/** The backend itself where the store keeps no versions. */
export function withVersionFallback(backend: Backend): Backend {
  return backend.objectLock === undefined ? backend : new VersionFallbackBackend(backend, backend.objectLock)
}

/**
 * Reads around what hides or replaces files (rule L6): a file that was hidden by a marker is listed and loaded all the same, and of
 * several contents the one that hashes to the name is the file. `config`, state and journal files have no such name: the one on top is
 * given, the newest content when that is hidden; whoever opens it verifies it and looks further. Lock files are left as they are,
 * since there a removal is meant.
 *
 * `remove` is the keeper's: every version goes, or `storage.locked` is thrown.
 */
export class VersionFallbackBackend implements Backend {
  readonly objectLock: ObjectLock
  readonly #inner: Backend
  /** Packs that need a look before they are read. Known after the first listing or load of one. */
  #disturbedPacks: Promise<ReadonlyMap<string, VersionGroup>> | undefined
  /** The right version of disturbed files, once found. */
  readonly #resolved = new Map<string, string>()

  constructor(inner: Backend, objectLock: ObjectLock) {
    this.#inner = inner
    this.objectLock = objectLock
  }

  get location(): string {
    return this.#inner.location
  }

  get abilities(): BackendAbilities {
    return this.#inner.abilities
  }

  create(signal: AbortSignal): Promise<void> {
    return this.#inner.create(signal)
  }

  async save(file: FileHandle, body: readonly Uint8Array[], options: SaveOptions, signal: AbortSignal): Promise<SaveResult> {
    const result = await this.#inner.save(file, body, options, signal)
    this.#resolved.delete(ledgerKey(file))
    return result
  }

  flush(signal: AbortSignal): Promise<void> {
    return this.#inner.flush(signal)
  }

  async load(file: FileHandle, range: ByteRange | undefined, signal: AbortSignal, target?: Uint8Array): Promise<Uint8Array> {
    if (file.type === 'lock') return this.#inner.load(file, range, signal, target)
    if (file.type === 'pack' && (await this.#isDisturbedPack(file.name, signal))) {
      const versionId = await this.#resolve(file, signal)
      if (versionId !== undefined) return this.#loadVersion(file, versionId, range, signal, target)
    }
    try {
      const bytes = await this.#inner.load(file, range, signal, target)
      if (!isSmallAndHashed(file.type) || range !== undefined || hash('sha256', bytes, 'hex') === file.name) return bytes
      const versionId = await this.#resolve(file, signal)
      return versionId === undefined ? bytes : await this.#loadVersion(file, versionId, range, signal, target)
    } catch (error) {
      if (!isCoffreError(error, 'storage.missing', 'storage.truncated')) throw error
      const versionId = await this.#resolve(file, signal)
      if (versionId === undefined) throw error
      return this.#loadVersion(file, versionId, range, signal, target)
    }
  }

  async stat(file: FileHandle, signal: AbortSignal): Promise<FileInfo | undefined> {
    const found = await this.#inner.stat(file, signal)
    if (file.type === 'lock') return found
    const isSuspect = found === undefined || (file.type === 'pack' && (await this.#isDisturbedPack(file.name, signal)))
    const versionId = isSuspect ? await this.#resolve(file, signal) : undefined
    if (versionId === undefined) return found
    const version = (await this.objectLock.versionsOf(file, signal)).find((candidate) => candidate.versionId === versionId)
    return version === undefined ? found : { ...file, sizeBytes: version.sizeBytes }
  }

  async *list(type: FileType, signal: AbortSignal, below?: string): AsyncGenerator<FileInfo> {
    if (type === 'lock') {
      yield* this.#inner.list(type, signal, below)
      return
    }
    const groups = await versionGroups(this.objectLock, type, signal, below)
    if (type === 'pack') this.#disturbedPacks = Promise.resolve(disturbedOf(groups))
    for (const group of groups) {
      const sizeBytes = await this.#sizeOf(type, group, signal)
      if (sizeBytes !== undefined) yield { type, name: group.name, sizeBytes }
    }
  }

  async remove(file: FileHandle, signal: AbortSignal): Promise<void> {
    if (file.type === 'lock') return this.#inner.remove(file, signal)
    await removeForGood(this.objectLock, file, signal)
    this.#resolved.delete(ledgerKey(file))
  }

  removeLeftovers(olderThanMs: number, signal: AbortSignal): Promise<number> {
    return this.#inner.removeLeftovers(olderThanMs, signal)
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#inner[Symbol.asyncDispose]()
  }

  async #sizeOf(type: FileType, group: VersionGroup, signal: AbortSignal): Promise<number | undefined> {
    const contents = contentsOldestFirst(group.versions)
    const [first] = contents
    if (first === undefined || contents.every((content) => content.sizeBytes === first.sizeBytes)) return first?.sizeBytes
    const versionId = await this.#resolve({ type, name: group.name }, signal)
    return (contents.find((content) => content.versionId === versionId) ?? contents.at(-1))?.sizeBytes
  }

  async #isDisturbedPack(name: string, signal: AbortSignal): Promise<boolean> {
    // One listing for all packs: to ask about each would double the requests of a restore.
    this.#disturbedPacks ??= versionGroups(this.objectLock, 'pack', signal).then(disturbedOf)
    try {
      return (await this.#disturbedPacks).has(name)
    } catch (error) {
      this.#disturbedPacks = undefined
      throw error
    }
  }

  async #resolve(file: FileHandle, signal: AbortSignal): Promise<string | undefined> {
    const key = ledgerKey(file)
    const isHashed = file.type !== 'config' && file.type !== 'state' && file.type !== 'journal'
    if (!isHashed) return (await this.objectLock.versionsOf(file, signal)).find((version) => !version.isMarker)?.versionId
    const known = this.#resolved.get(key)
    if (known !== undefined) return known
    const versionId = (await authenticVersion(this.objectLock, file, signal))?.versionId
    if (versionId !== undefined) this.#resolved.set(key, versionId)
    return versionId
  }

  async #loadVersion(
    file: FileHandle,
    versionId: string,
    range: ByteRange | undefined,
    signal: AbortSignal,
    target: Uint8Array | undefined,
  ): Promise<Uint8Array> {
    const bytes = await this.objectLock.loadVersion(file, versionId, range, signal)
    if (target === undefined) return bytes
    target.set(bytes)
    return target.subarray(0, bytes.byteLength)
  }
}

function isSmallAndHashed(type: FileType): boolean {
  return type === 'key' || type === 'snapshot' || type === 'index'
}

function disturbedOf(groups: readonly VersionGroup[]): ReadonlyMap<string, VersionGroup> {
  return new Map(groups.filter(isDisturbed).map((group) => [group.name, group]))
}
