import { hash } from 'node:crypto'
import { CoffreError, isCoffreError } from '@coffre/foundation'
import type { Backend, FileHandle, FileType, Retention } from '@coffre/storage'
import { openPrimitives } from '../crypto/open-primitives.ts'
import type { MasterKey } from '../crypto/sealer.ts'
import { Workbench } from '../crypto/workbench.ts'
import type { RepositoryConfig } from '../format/config-codec.ts'
import type { Id } from '../format/node.ts'
import { decodeUnpacked, encodeUnpacked } from './cleartext.ts'
import type { Lease, RepositoryContext } from './repository-context.ts'

/** Files whose content is one sealed JSON document. */
export type UnpackedType = Extract<FileType, 'index' | 'lock' | 'snapshot'>

/** A file that is ready to be stored. */
export interface SealedFile {
  readonly name: Id
  readonly bytes: Uint8Array
}

/** A request that is made while a lease holds for so much longer ends within the lease: it has a time limit of its own. */
export const requestMarginMs = 60_000

/** An open repository: its backend, its secrets, and files by name. What it is good for lives in modules beside it. */
export class Repository {
  readonly backend: Backend
  readonly context: RepositoryContext
  readonly config: RepositoryConfig
  readonly masterKey: MasterKey
  /** The key file that opened it. */
  readonly keyId: Id
  readonly workbench: Workbench
  readonly #guards = new Set<Lease>()

  constructor(backend: Backend, context: RepositoryContext, config: RepositoryConfig, masterKey: MasterKey, keyId: Id) {
    this.backend = backend
    this.context = context
    this.config = config
    this.masterKey = masterKey
    this.keyId = keyId
    this.workbench = new Workbench(masterKey, openPrimitives())
  }

  /** Throws `repository.format-old` for format 1, which Coffre reads and does not write. */
  assertWritable(): void {
    if (this.config.version >= 2) return
    throw new CoffreError('repository.format-old', `the repository at ${this.backend.location} has format ${this.config.version}`, {
      hint: 'Coffre writes format 2. Run `coffre repo upgrade` first; it keeps all data.',
    })
  }

  /** From now on the work on this repository depends on one more lease, such as a lock file, until the result is disposed of. */
  guardBy(lease: Lease): Disposable {
    this.#guards.add(lease)
    return { [Symbol.dispose]: () => this.#guards.delete(lease) }
  }

  /**
   * Throws `repository.lease-lost` unless the lease of the context and every lock that is held here hold for at least `marginMs`
   * more. Called right before what others rely on is changed: a process that slept too long then leaves orphans, never a snapshot
   * without its data (rule C4).
   */
  assertHeld(marginMs: number): void {
    this.context.lease?.assertHeld(marginMs)
    for (const guard of this.#guards) guard.assertHeld(marginMs)
  }

  /** Seals a document, to be stored under the hash of its bytes. */
  sealUnpacked(json: Uint8Array): SealedFile {
    const bytes = this.workbench.seal(encodeUnpacked(json, this.config.version, this.workbench))
    return { name: hash('sha256', bytes, 'hex'), bytes }
  }

  /** Seals and stores a document. Durable after the backend's next flush. */
  async saveUnpacked(type: UnpackedType, json: Uint8Array, signal: AbortSignal, retention?: Retention): Promise<Id> {
    const { name, bytes } = this.sealUnpacked(json)
    await this.backend.save({ type, name }, [bytes], retention === undefined ? {} : { retention }, signal)
    return name
  }

  /** The document, its name and MAC verified; `repository.damaged` when either does not fit. */
  async loadUnpacked(type: UnpackedType, name: Id, signal: AbortSignal): Promise<Buffer> {
    return this.decodeUnpackedFile(type, name, await this.loadRaw({ type, name }, signal))
  }

  /** The document in the bytes of a file of that name, however they were come by. */
  decodeUnpackedFile(type: UnpackedType, name: Id, sealed: Uint8Array): Buffer {
    const what = `${type} ${name}`
    if (hash('sha256', sealed, 'hex') !== name) throw damaged(what, 'its content does not hash to its name')
    const content = this.workbench.open(sealed)
    if (content === undefined) throw damaged(what, 'it fails its authentication')
    return decodeUnpacked(content, what, this.workbench)
  }

  /** A file's bytes as they are stored. */
  async loadRaw(file: FileHandle, signal: AbortSignal): Promise<Uint8Array> {
    return this.backend.load(file, undefined, signal)
  }

  async exists(file: FileHandle, signal: AbortSignal): Promise<boolean> {
    return (await this.backend.stat(file, signal)) !== undefined
  }

  /** The names of all files of a type, sorted. */
  async names(type: FileType, signal: AbortSignal): Promise<string[]> {
    const names: string[] = []
    for await (const file of this.backend.list(type, signal)) names.push(file.name)
    return [...new Set(names)].sort()
  }
}

function damaged(what: string, why: string): CoffreError {
  return new CoffreError('repository.damaged', `${what} is damaged: ${why}`, {
    hint: 'Run `coffre repo check --read-data` for the whole picture; `coffre repo repair` saves what can be saved.',
  })
}

/** True for errors that mean "this file is not there", as when another process removed it. */
export function isMissing(error: unknown): boolean {
  return isCoffreError(error, 'storage.missing')
}
