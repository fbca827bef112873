import { CoffreError } from '@coffre/foundation'
import type { Backend } from '@coffre/storage'
import { goJsonString } from '../format/go-json.ts'
import { decodeKey } from '../format/key-codec.ts'
import type { Id, Timestamp } from '../format/node.ts'
import { localTimeText } from '../query/go-text.ts'
import { jsonObject } from '../query/json-text.ts'
import { addKeyFile, type KeyFileOptions, keyFilesMax, openKeyFile } from '../repository/key-files.ts'
import type { Repository } from '../repository/repository.ts'

/** What a key file tells without its password. */
export interface KeyInfo {
  readonly id: Id
  /** Whether it opened this repository. */
  readonly isCurrent: boolean
  readonly username: string
  readonly hostname: string
  readonly created: Timestamp
}

/** All key files by their names. One that cannot be read goes to `onDamaged`. */
export async function listKeys(
  repository: Repository,
  onDamaged: (id: Id, error: unknown) => void,
  signal: AbortSignal,
): Promise<KeyInfo[]> {
  const keys: KeyInfo[] = []
  for (const id of await repository.names('key', signal)) {
    try {
      const { username, hostname, created } = decodeKey(await repository.loadRaw({ type: 'key', name: id }, signal))
      keys.push({ id, isCurrent: id === repository.keyId, username, hostname, created })
    } catch (error) {
      if (signal.aborted) throw error
      onDamaged(id, error)
    }
  }
  return keys
}

/** One line, as restic prints it. */
export function keysToJson(keys: readonly KeyInfo[]): string {
  const list = keys.map(({ id, isCurrent, username, hostname, created }) =>
    jsonObject({
      current: isCurrent,
      id: `"${id}"`,
      userName: goJsonString(username),
      hostName: goJsonString(hostname),
      created: `"${localTimeText(created)}"`,
    }),
  )
  return `[${list.join(',')}]`
}

/** Adds a key file for another password; `repository.too-many-keys` when there are eight. It opens the repository when this resolves. */
export async function addKey(
  repository: Repository,
  password: Uint8Array,
  options: KeyFileOptions,
  signal: AbortSignal,
): Promise<Id> {
  const count = (await repository.names('key', signal)).length
  if (count >= keyFilesMax) {
    throw new CoffreError('repository.too-many-keys', `there are ${count} key files already, ${keyFilesMax} at most are allowed`, {
      hint: 'Remove one with `coffre repo keys remove`: with many key files, restic refuses valid passwords by chance.',
    })
  }
  return addTestedKey(repository, password, options, signal)
}

/** Removes a key file by its name or the beginning of it; not the one in use. Whoever knows the master key still opens the repository. */
export async function removeKey(repository: Repository, name: string, signal: AbortSignal): Promise<Id> {
  const matches = (await repository.names('key', signal)).filter((id) => name !== '' && id.startsWith(name))
  const [id] = matches
  if (id === undefined || matches.length > 1) {
    throw new CoffreError(
      'usage.invalid',
      `${matches.length === 0 ? 'no' : matches.length} key files begin with ${JSON.stringify(name)}`,
      {
        hint: '`coffre repo keys list` shows them.',
      },
    )
  }
  if (id === repository.keyId) {
    throw new CoffreError('usage.invalid', `key ${id} is the one that opened the repository, so it is not removed`, {
      hint: 'Open the repository with another password, or change the password with `coffre repo keys passwd`.',
    })
  }
  await removeKeyFile(repository.backend, id, signal)
  return id
}

/**
 * Replaces the key file in use by one for a new password. The new one is durable and has been tried before the old one goes. This
 * one may be the ninth for a moment.
 */
export async function changeKey(
  repository: Repository,
  password: Uint8Array,
  options: KeyFileOptions,
  signal: AbortSignal,
): Promise<Id> {
  const id = await addTestedKey(repository, password, options, signal)
  await removeKeyFile(repository.backend, repository.keyId, signal)
  return id
}

async function addTestedKey(
  repository: Repository,
  password: Uint8Array,
  options: KeyFileOptions,
  signal: AbortSignal,
): Promise<Id> {
  if (password.length === 0) throw new CoffreError('usage.invalid', 'an empty password does not protect a repository')
  const { backend, masterKey, context } = repository
  const id = await addKeyFile(backend, masterKey, password, context, signal, options)
  const stored = await backend.load({ type: 'key', name: id }, undefined, signal)
  const opened = await openKeyFile(stored, id, password).catch(() => undefined)
  if (opened !== undefined && Buffer.compare(opened.encrypt, masterKey.encrypt) === 0) return id
  await removeKeyFile(backend, id, signal)
  throw new CoffreError('repository.damaged', `the new key file ${id} does not open the repository, so it was removed again`, {
    hint: 'The storage gave back other bytes than it was given. Run `coffre repo check --read-data`.',
  })
}

async function removeKeyFile(backend: Backend, id: Id, signal: AbortSignal): Promise<void> {
  await backend.remove({ type: 'key', name: id }, signal)
  await backend.flush(signal)
}
