import { CoffreError, isCoffreError } from '@coffre/foundation'
import type { Backend, FileHandle, Retention } from '@coffre/storage'
import { formatPolynomial, isIrreducible, parsePolynomial, randomIrreduciblePolynomial } from '../chunk/polynomial.ts'
import { openPrimitives } from '../crypto/open-primitives.ts'
import type { MasterKey } from '../crypto/sealer.ts'
import { Workbench } from '../crypto/workbench.ts'
import { encodeConfig, type RepositoryConfig } from '../format/config-codec.ts'
import { type LockSettings, planLock } from '../lock-down/lock-settings.ts'
import { beginState, removeLeftoverState } from '../state/begin-state.ts'
import { markCreated } from '../state/format-marker.ts'
import { loadRecognised } from '../state/load-recognised.ts'
import { addKeyFile, findLeftoverKey, openGivenKeyFile, searchKeyFile } from './key-files.ts'
import { masterKeyFrom } from './master-key.ts'
import { recogniseConfig } from './recognise-config.ts'
import { Repository } from './repository.ts'
import type { RepositoryContext } from './repository-context.ts'

const newestFormat = 2
const configFile: FileHandle = { type: 'config', name: '' }

export interface InitOptions {
  readonly password: Uint8Array
  readonly version?: 1 | 2
  /** Cut as this repository does, so that copies between the two find what is there. */
  readonly copyPolynomialFrom?: Repository
  /** Locks every point of the vault from the first one on. The storage has to offer object lock. */
  readonly lock?: LockSettings
}

/**
 * Makes a repository: key file first, then what marks it as Coffre's own, `config` last, so that what is there is always whole.
 * `repository.exists` when there is one already; a leftover of an interrupted init (keys, no config) does not hinder.
 */
export async function initRepository(
  backend: Backend,
  context: RepositoryContext,
  options: InitOptions,
  signal: AbortSignal,
): Promise<Repository> {
  if (options.password.length === 0) throw new CoffreError('usage.invalid', 'an empty password does not protect a repository')
  await refuseExisting(backend, signal)
  await backend.create(signal)
  const lock = options.lock && (await planLock(backend, context, options.lock, signal))
  const retained = lock === undefined ? {} : { retention: lock.retention }
  const leftover = await findLeftoverKey(backend, options.password, signal)
  const masterKey = leftover?.masterKey ?? masterKeyFrom(context.random.bytes(64))
  const config: RepositoryConfig = {
    version: options.version ?? newestFormat,
    id: Buffer.from(context.random.bytes(32)).toString('hex'),
    chunkerPolynomial:
      options.copyPolynomialFrom?.config.chunkerPolynomial ?? formatPolynomial(randomIrreduciblePolynomial(context.random)),
  }
  const keyId = leftover?.id ?? (await addKeyFile(backend, masterKey, options.password, context, signal, retained))
  const repository = new Repository(backend, context, config, masterKey, keyId)
  await removeLeftoverState(repository, signal)
  if (options.copyPolynomialFrom === undefined) await markCreated(repository, retained, signal)
  if (lock !== undefined) await beginState(repository, lock, signal)
  await saveConfig(backend, config, masterKey, signal, retained)
  return repository
}

export interface OpenOptions {
  readonly password: Uint8Array
  /** A key file to try first, by the beginning of its name. */
  readonly keyHint?: string
  /** The bytes of a key file that is kept elsewhere, as in a recovery kit: opens a vault whose `keys/` is lost. */
  readonly keyFile?: Uint8Array
}

/** Opens what `config` describes. Distinguishes: not there, wrong password, damaged, and newer than this program. */
export async function openRepository(
  backend: Backend,
  context: RepositoryContext,
  options: OpenOptions,
  signal: AbortSignal,
): Promise<Repository> {
  const sealed = await loadConfigFile(backend, signal)
  const key =
    options.keyFile === undefined
      ? await searchKeyFile(backend, options.password, options.keyHint, signal)
      : await openGivenKeyFile(options.keyFile, options.password)
  return openWithKey(backend, context, key.masterKey, key.id, sealed, signal)
}

/** Replaces `config`; only init and upgrade do. */
export async function saveConfig(
  backend: Backend,
  config: RepositoryConfig,
  masterKey: MasterKey,
  signal: AbortSignal,
  options: { readonly retention?: Retention } = {},
): Promise<void> {
  const sealed = new Workbench(masterKey, openPrimitives()).seal(encodeConfig(config))
  await backend.save(configFile, [sealed], options, signal)
  await backend.flush(signal)
}

async function openWithKey(
  backend: Backend,
  context: RepositoryContext,
  masterKey: MasterKey,
  keyId: string,
  sealed: Uint8Array,
  signal: AbortSignal,
): Promise<Repository> {
  const workbench = new Workbench(masterKey, openPrimitives())
  const recognise = (bytes: Uint8Array): RepositoryConfig | undefined => recogniseConfig(workbench, bytes)
  const config = recognise(sealed) ?? (await loadRecognised(backend, configFile, recognise, signal))
  if (config === undefined) throw noRepository(backend)
  if (config.version > newestFormat) {
    throw new CoffreError(
      'repository.format-newer',
      `the repository at ${backend.location} has format ${config.version}, this program knows up to ${newestFormat}`,
      {
        hint: 'Update Coffre.',
      },
    )
  }
  if (!isIrreducible(parsePolynomial(config.chunkerPolynomial))) {
    throw new CoffreError('repository.damaged', `config at ${backend.location} has a chunker polynomial that is not irreducible`)
  }
  return new Repository(backend, context, config, masterKey, keyId)
}

async function loadConfigFile(backend: Backend, signal: AbortSignal): Promise<Uint8Array> {
  try {
    return await backend.load(configFile, undefined, signal)
  } catch (error) {
    throw isCoffreError(error, 'storage.missing') ? noRepository(backend, error) : error
  }
}

function noRepository(backend: Backend, cause?: unknown): CoffreError {
  return new CoffreError('repository.missing', `there is no repository at ${backend.location}`, {
    hint: 'Check the location, or make a repository there with `coffre repo init`.',
    cause,
  })
}

async function refuseExisting(backend: Backend, signal: AbortSignal): Promise<void> {
  let found: unknown
  try {
    found = await backend.stat(configFile, signal)
  } catch (error) {
    if (!isCoffreError(error, 'storage.missing')) throw error
  }
  if (found === undefined) return
  throw new CoffreError('repository.exists', `there is a repository at ${backend.location} already`, {
    hint: 'Nothing was changed. Choose another place, or use the repository that is there.',
  })
}
