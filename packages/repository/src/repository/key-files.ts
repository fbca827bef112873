import { hash } from 'node:crypto'
import { CoffreError } from '@coffre/foundation'
import type { Backend, Retention } from '@coffre/storage'
import { openPrimitives } from '../crypto/open-primitives.ts'
import type { MasterKey } from '../crypto/sealer.ts'
import { Workbench } from '../crypto/workbench.ts'
import { decodeKey, encodeKey, type KeyContent } from '../format/key-codec.ts'
import type { Id } from '../format/node.ts'
import { formatInstant } from '../local/timestamp.ts'
import { decodeMasterKey, deriveKey, encodeMasterKey } from './master-key.ts'
import type { RepositoryContext } from './repository-context.ts'

/** Above 20, restic stops trying, and valid passwords fail by chance; Coffre stays far below. */
export const keyFilesMax = 8

export interface OpenedKey {
  readonly id: Id
  readonly masterKey: MasterKey
}

export interface StoredKeyFile extends KeyContent {
  readonly id: Id
}

export interface KeyFileOptions {
  /** What the file records of who made it; the context's identity unless given. */
  readonly hostname?: string
  readonly username?: string
  /** Of a locked vault. */
  readonly retention?: Retention
}

/** Stores a new key file that opens `masterKey` with `password`. Durable when it resolves. */
export async function addKeyFile(
  backend: Backend,
  masterKey: MasterKey,
  password: Uint8Array,
  context: RepositoryContext,
  signal: AbortSignal,
  options: KeyFileOptions = {},
): Promise<Id> {
  const salt = context.random.bytes(64)
  const userKey = await deriveKey(password, salt, context.scrypt)
  const keyFile: KeyContent = {
    created: formatInstant(context.clock.nowMs()),
    username: options.username ?? context.identity.username,
    hostname: options.hostname ?? context.identity.hostname,
    kdf: 'scrypt',
    scryptN: context.scrypt.n,
    scryptR: context.scrypt.r,
    scryptP: context.scrypt.p,
    salt,
    data: new Workbench(userKey, openPrimitives()).seal(encodeMasterKey(masterKey)),
  }
  const bytes = encodeKey(keyFile)
  const id = hash('sha256', bytes, 'hex')
  const { retention } = options
  await backend.save({ type: 'key', name: id }, [bytes], retention === undefined ? {} : { retention }, signal)
  await backend.flush(signal)
  return id
}

export async function listKeyFiles(backend: Backend, signal: AbortSignal): Promise<StoredKeyFile[]> {
  const keys: StoredKeyFile[] = []
  for await (const file of backend.list('key', signal)) {
    keys.push({ id: file.name, ...decodeKey(await backend.load(file, undefined, signal)) })
  }
  return keys.sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** Tries the password on every key file, the hinted one first. `repository.password` when none opens. */
export async function searchKeyFile(
  backend: Backend,
  password: Uint8Array,
  hint: string | undefined,
  signal: AbortSignal,
): Promise<OpenedKey> {
  const names: string[] = []
  for await (const file of backend.list('key', signal)) names.push(file.name)
  if (names.length === 0) {
    throw new CoffreError('repository.missing', `there is no key file at ${backend.location}`, {
      hint: 'Is this the right place? A repository has a folder `keys`; a recovery kit can bring a lost key file back.',
    })
  }
  names.sort((a, b) => Number(hint !== undefined && b.startsWith(hint)) - Number(hint !== undefined && a.startsWith(hint)))
  let unreadable: unknown
  for (const name of names) {
    try {
      const masterKey = await openKeyFile(await backend.load({ type: 'key', name }, undefined, signal), name, password)
      if (masterKey !== undefined) return { id: name, masterKey }
    } catch (error) {
      if (signal.aborted) throw error
      unreadable = error
    }
  }
  if (unreadable !== undefined) throw unreadable
  throw new CoffreError('repository.password', `the password opens none of the ${names.length} key files at ${backend.location}`, {
    hint: 'Check the password or the password file: white space around it in a file is ignored, all else counts.',
  })
}

/**
 * The key file of an init that did not end, if this password opens one. A second key file for the same password would be found by
 * chance before the right one. Torn key files are removed: they are no use to anybody, and stock restic stops at them.
 */
export async function findLeftoverKey(backend: Backend, password: Uint8Array, signal: AbortSignal): Promise<OpenedKey | undefined> {
  let found: OpenedKey | undefined
  for await (const file of backend.list('key', signal)) {
    const bytes = await backend.load(file, undefined, signal)
    if (hash('sha256', bytes, 'hex') !== file.name) {
      await backend.remove(file, signal)
      continue
    }
    const masterKey = await openKeyFile(bytes, file.name, password)
    if (masterKey !== undefined) found ??= { id: file.name, masterKey }
  }
  return found
}

/** Opens a key file that is not in the repository. */
export async function openGivenKeyFile(bytes: Uint8Array, password: Uint8Array): Promise<OpenedKey> {
  const id = hash('sha256', bytes, 'hex')
  const masterKey = await openKeyFile(bytes, id, password)
  if (masterKey !== undefined) return { id, masterKey }
  throw new CoffreError('repository.password', 'the password does not open the given key file', {
    hint: 'A key file and its password belong together; is this the password of another one?',
  })
}

/** Undefined when the password is not this key file's. */
export async function openKeyFile(bytes: Uint8Array, name: string, password: Uint8Array): Promise<MasterKey | undefined> {
  if (hash('sha256', bytes, 'hex') !== name) {
    throw new CoffreError('repository.damaged', `key ${name} is damaged: its content does not hash to its name`, {
      hint: 'Restore the key file from the recovery kit, or open the repository with another key.',
    })
  }
  const keyFile = decodeKey(bytes)
  const userKey = await deriveKey(password, keyFile.salt, { n: keyFile.scryptN, r: keyFile.scryptR, p: keyFile.scryptP })
  const content = new Workbench(userKey, openPrimitives()).open(keyFile.data)
  return content === undefined ? undefined : decodeMasterKey(content)
}
