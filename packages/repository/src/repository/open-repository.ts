import { CoffreError, isCoffreError } from '@coffre/foundation'
import type { Backend } from '@coffre/storage'
import { formatPolynomial, isIrreducible, parsePolynomial, randomIrreduciblePolynomial } from '../chunk/polynomial.ts'
import { openPrimitives } from '../crypto/open-primitives.ts'
import type { MasterKey } from '../crypto/sealer.ts'
import { Workbench } from '../crypto/workbench.ts'
import { decodeConfig, encodeConfig, type RepositoryConfig } from '../format/config-codec.ts'
import { addKeyFile, searchKeyFile } from './key-files.ts'
import { masterKeyFrom } from './master-key.ts'
import { Repository } from './repository.ts'
import type { RepositoryContext } from './repository-context.ts'

const newestFormat = 2

export interface InitOptions {
  readonly password: Uint8Array
  readonly version?: 1 | 2
  /** Cut as this repository does, so that copies between the two find what is there. */
  readonly copyPolynomialFrom?: Repository
}

/**
 * Makes a repository: key file first, `config` last, so that what is there is always whole. `repository.exists` when there is one
 * already; a leftover of an interrupted init (keys, no config) does not hinder.
 */
export async function initRepository(backend: Backend, context: RepositoryContext, options: InitOptions, signal: AbortSignal): Promise<Repository> {
  if (options.password.length === 0) throw new CoffreError('usage.invalid', 'an empty password does not protect a repository')
  await refuseExisting(backend, signal)
  await backend.create(signal)
  const masterKey = masterKeyFrom(context.random.bytes(64))
  const config: RepositoryConfig = {
    version: options.version ?? newestFormat,
    id: Buffer.from(context.random.bytes(32)).toString('hex'),
    chunkerPolynomial: options.copyPolynomialFrom?.config.chunkerPolynomial ?? formatPolynomial(randomIrreduciblePolynomial(context.random)),
  }
  const keyId = await addKeyFile(backend, masterKey, options.password, context, signal)
  await saveConfig(backend, config, masterKey, signal)
  return new Repository(backend, context, config, masterKey, keyId)
}

export interface OpenOptions {
  readonly password: Uint8Array
  /** A key file to try first, by the beginning of its name. */
  readonly keyHint?: string
}

/** Opens what `config` describes. Distinguishes: not there, wrong password, damaged, and newer than this program. */
export async function openRepository(backend: Backend, context: RepositoryContext, options: OpenOptions, signal: AbortSignal): Promise<Repository> {
  const sealed = await loadConfigFile(backend, signal)
  const key = await searchKeyFile(backend, options.password, options.keyHint, signal)
  return openWithKey(backend, context, key.masterKey, key.id, sealed)
}

/** Opens with the master key itself, as the catalogue's key provider hands it out. */
export async function openRepositoryWithKey(backend: Backend, context: RepositoryContext, masterKey: MasterKey, keyId: string, signal: AbortSignal): Promise<Repository> {
  return openWithKey(backend, context, masterKey, keyId, await loadConfigFile(backend, signal))
}

/** Replaces `config`; only init and upgrade do. */
export async function saveConfig(backend: Backend, config: RepositoryConfig, masterKey: MasterKey, signal: AbortSignal): Promise<void> {
  const sealed = new Workbench(masterKey, openPrimitives()).seal(encodeConfig(config))
  await backend.save({ type: 'config', name: '' }, [sealed], {}, signal)
  await backend.flush(signal)
}

function openWithKey(backend: Backend, context: RepositoryContext, masterKey: MasterKey, keyId: string, sealed: Uint8Array): Repository {
  const json = new Workbench(masterKey, openPrimitives()).open(sealed)
  if (json === undefined) {
    throw new CoffreError('repository.damaged', `config at ${backend.location} fails its authentication`, {
      hint: 'It is damaged or belongs to another repository. Bring it back from a copy of the vault.',
    })
  }
  const config = decodeConfig(json)
  if (config.version > newestFormat) {
    throw new CoffreError('repository.format-newer', `the repository at ${backend.location} has format ${config.version}, this program knows up to ${newestFormat}`, {
      hint: 'Update Coffre.',
    })
  }
  if (!isIrreducible(parsePolynomial(config.chunkerPolynomial))) {
    throw new CoffreError('repository.damaged', `config at ${backend.location} has a chunker polynomial that is not irreducible`)
  }
  return new Repository(backend, context, config, masterKey, keyId)
}

async function loadConfigFile(backend: Backend, signal: AbortSignal): Promise<Uint8Array> {
  try {
    return await backend.load({ type: 'config', name: '' }, undefined, signal)
  } catch (error) {
    if (!isCoffreError(error, 'storage.missing')) throw error
    throw new CoffreError('repository.missing', `there is no repository at ${backend.location}`, {
      hint: 'Check the location, or make a repository there with `coffre repo init`.',
      cause: error,
    })
  }
}

async function refuseExisting(backend: Backend, signal: AbortSignal): Promise<void> {
  let found: unknown
  try {
    found = await backend.stat({ type: 'config', name: '' }, signal)
  } catch (error) {
    if (!isCoffreError(error, 'storage.missing')) throw error
  }
  if (found === undefined) return
  throw new CoffreError('repository.exists', `there is a repository at ${backend.location} already`, {
    hint: 'Nothing was changed. Choose another place, or use the repository that is there.',
  })
}
