import { hash } from 'node:crypto'
import { CoffreError } from '@coffre/foundation'
import { encodeConfig } from '../format/config-codec.ts'
import { decodeKey, encodeKey } from '../format/key-codec.ts'
import { decodeLock, encodeLock } from '../format/lock-codec.ts'
import type { Id } from '../format/node.ts'
import { encodeSnapshot } from '../format/snapshot-codec.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import type { BlobReader } from '../repository/blob-reader.ts'
import { encodeMasterKey } from '../repository/master-key.ts'
import type { Repository } from '../repository/repository.ts'
import { findFolder } from '../walk/find-folder.ts'
import { findSnapshot } from '../walk/find-snapshots.ts'
import { indentJson } from './json-text.ts'

export function catConfig(repository: Repository): string {
  return indentJson(encodeConfig(repository.config).toString())
}

/** The secret that opens everything; whoever prints it should know. */
export function catMasterKey(repository: Repository): string {
  return indentJson(encodeMasterKey(repository.masterKey).toString())
}

/** The index file's JSON as it is stored. */
export async function catIndex(repository: Repository, id: string, signal: AbortSignal): Promise<Buffer> {
  return repository.loadUnpacked('index', checkedId(id), signal)
}

export async function catSnapshot(repository: Repository, name: string, signal: AbortSignal): Promise<string> {
  const { snapshot } = await findSnapshot(repository, name, {}, signal)
  return indentJson(encodeSnapshot(snapshot).toString())
}

export async function catKey(repository: Repository, id: string, signal: AbortSignal): Promise<string> {
  const bytes = await repository.loadRaw({ type: 'key', name: checkedId(id) }, signal)
  return indentJson(encodeKey(decodeKey(bytes)).toString())
}

export async function catLock(repository: Repository, id: string, signal: AbortSignal): Promise<string> {
  return indentJson(encodeLock(decodeLock(await repository.loadUnpacked('lock', checkedId(id), signal))).toString())
}

/** A pack's bytes as they are stored. A pack that does not hash to its name is given all the same, after `onMismatch`. */
export async function catPack(
  repository: Repository,
  id: string,
  onMismatch: (actual: Id) => void,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const bytes = await repository.loadRaw({ type: 'pack', name: checkedId(id) }, signal)
  const actual = hash('sha256', bytes, 'hex')
  if (actual !== id) onMismatch(actual)
  return bytes
}

/** The content of a data blob or, when there is none of that name, of a tree blob. */
export async function catBlob(reader: BlobReader, index: RepositoryIndex, id: string, signal: AbortSignal): Promise<Buffer> {
  return reader.blob(checkedId(id), !index.has(id, false) && index.has(id, true), signal)
}

/** The tree blob of a snapshot, or of a folder in it: `ID:folder`. */
export async function catTree(repository: Repository, reader: BlobReader, place: string, signal: AbortSignal): Promise<Buffer> {
  const { snapshot, subfolder } = await findSnapshot(repository, place, {}, signal)
  return reader.blob(await findFolder(reader, snapshot.tree, subfolder, signal), true, signal)
}

function checkedId(id: string): Id {
  if (/^[0-9a-f]{64}$/.test(id)) return id
  throw new CoffreError('usage.invalid', `not an ID: ${JSON.stringify(id)}`, {
    hint: 'Give all 64 hexadecimal digits; only snapshots may be shortened.',
  })
}
