import { CoffreError, isCoffreError } from '@coffre/foundation'
import type { Backend, FileHandle } from '@coffre/storage'
import { openPrimitives } from '../crypto/open-primitives.ts'
import type { MasterKey } from '../crypto/sealer.ts'
import { Workbench } from '../crypto/workbench.ts'
import { decodeConfig, type RepositoryConfig } from '../format/config-codec.ts'
import { searchKeyFile } from '../repository/key-files.ts'
import { saveConfig } from '../repository/open-repository.ts'
import { Repository, requestMarginMs } from '../repository/repository.ts'

const newFormat = 2
const undoTimeoutMs = 60_000
const configFile: FileHandle = { type: 'config', name: '' }
/** Where the old config waits until the new one is known to be good. Stock restic does not look there. */
const oldConfigFile: FileHandle = { type: 'state', name: 'config-before-upgrade' }

/**
 * Turns a repository of format 1 into one of format 2, which is a matter of `config` alone: everything else stays and is valid. The
 * old config is kept durably beside it until the new one has been read back; `undoUpgrade` brings it back after a stop that cost the
 * config. The caller holds an exclusive lock and has checked the repository. Resolves to the repository as it is now.
 */
export async function upgradeRepository(repository: Repository, signal: AbortSignal): Promise<Repository> {
  const { backend, config, masterKey, context, keyId } = repository
  if (config.version >= newFormat) {
    throw new CoffreError('usage.invalid', `the repository at ${backend.location} has format ${config.version} already`, {
      hint: 'Nothing was changed, nothing needs to be.',
    })
  }
  repository.assertHeld(requestMarginMs)
  await backend.save(oldConfigFile, [await repository.loadRaw(configFile, signal)], {}, signal)
  await backend.flush(signal)
  const upgraded: RepositoryConfig = { ...config, version: newFormat }
  try {
    await saveConfig(backend, upgraded, masterKey, signal)
    await verifyConfig(backend, upgraded, masterKey, signal)
  } catch (error) {
    throw await undone(backend, masterKey, error)
  }
  await removeOldConfig(backend, signal)
  return new Repository(backend, context, upgraded, masterKey, keyId)
}

/**
 * After a stop in the middle of an upgrade: puts the old config back if the present one is gone or damaged, and removes what is left
 * of the upgrade. True when there was something to do. The next upgrade starts afresh.
 */
export async function undoUpgrade(backend: Backend, password: Uint8Array, signal: AbortSignal): Promise<boolean> {
  if ((await backend.stat(oldConfigFile, signal)) === undefined) return false
  const { masterKey } = await searchKeyFile(backend, password, undefined, signal)
  if ((await readConfig(backend, configFile, masterKey, signal)) === undefined) await putOldConfigBack(backend, masterKey, signal)
  await removeOldConfig(backend, signal)
  return true
}

async function undone(backend: Backend, masterKey: MasterKey, cause: unknown): Promise<CoffreError> {
  // Also after an interruption: the repository must not stay without its config.
  const signal = AbortSignal.timeout(undoTimeoutMs)
  const message = 'the config could not be replaced'
  try {
    await putOldConfigBack(backend, masterKey, signal)
    await removeOldConfig(backend, signal)
    return new CoffreError(codeOf(cause), `${message}; the old one is in place again`, {
      cause,
      hint: 'The repository still has format 1.',
    })
  } catch {
    return new CoffreError(codeOf(cause), `${message}, nor the old one put back`, {
      cause,
      hint: `The old config is kept as coffre/${oldConfigFile.name}; \`coffre repo upgrade\` puts it in place if need be, and tries again.`,
    })
  }
}

function codeOf(error: unknown): CoffreError['code'] {
  return isCoffreError(error) ? error.code : 'internal'
}

async function putOldConfigBack(backend: Backend, masterKey: MasterKey, signal: AbortSignal): Promise<void> {
  const old = await readConfig(backend, oldConfigFile, masterKey, signal)
  if (old === undefined) {
    throw new CoffreError('repository.damaged', `neither config nor its copy at ${backend.location} can be read`, {
      hint: 'Bring `config` back from a copy of the vault or from the recovery kit.',
    })
  }
  await saveConfig(backend, old, masterKey, signal)
  await verifyConfig(backend, old, masterKey, signal)
}

async function verifyConfig(
  backend: Backend,
  expected: RepositoryConfig,
  masterKey: MasterKey,
  signal: AbortSignal,
): Promise<void> {
  const stored = await readConfig(backend, configFile, masterKey, signal)
  if (stored?.version === expected.version && stored.id === expected.id) return
  throw new CoffreError('repository.damaged', `config at ${backend.location} is not what was stored`)
}

/** Undefined when the file is absent, or damaged in any way. */
async function readConfig(
  backend: Backend,
  file: FileHandle,
  masterKey: MasterKey,
  signal: AbortSignal,
): Promise<RepositoryConfig | undefined> {
  try {
    const json = new Workbench(masterKey, openPrimitives()).open(await backend.load(file, undefined, signal))
    return json === undefined ? undefined : decodeConfig(json)
  } catch (error) {
    if (isCoffreError(error, 'storage.missing', 'repository.damaged')) return undefined
    throw error
  }
}

async function removeOldConfig(backend: Backend, signal: AbortSignal): Promise<void> {
  await backend.remove(oldConfigFile, signal)
  await backend.flush(signal)
}
