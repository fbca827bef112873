import { readFile, realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CoffreError, type Context } from '@coffre/foundation'
import { formatLocation, parseLocation } from '@coffre/storage'
import { JobStore } from '../jobs/job-store.ts'
import { loadMasterKey } from '../secrets/master-key.ts'
import { SecretBox } from '../secrets/secret-box.ts'
import { SecretStore } from '../secrets/secret-store.ts'
import { machineName } from '../server/machine-name.ts'
import type { ServerSettings } from '../server/server-settings.ts'
import { StateLock } from '../server/state-lock.ts'
import { VaultPlaces } from '../vaults/vault-places.ts'
import { findVault } from './find-vault.ts'
import { openOwnCatalogue } from './open-own-catalogue.ts'
import { assertEmpty, type Rebuilt, rebuildCatalogue } from './rebuild-catalogue.ts'

export interface RebuildOrder {
  /** As they were given: local paths are looked for in the working folder. */
  readonly vaults: readonly string[]
  readonly recoveryKeyFiles: readonly string[]
}

/**
 * `coffre catalogue rebuild`: opens every vault before it makes anything, so that a wrong key or place changes nothing, then remakes the
 * catalogue of a state folder that has none.
 */
export async function runRebuild(
  order: RebuildOrder,
  settings: ServerSettings,
  context: Context,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<Rebuilt> {
  const { stateFolder, environment } = settings
  if (order.vaults.length === 0 || order.recoveryKeyFiles.length === 0) {
    throw new CoffreError('usage.invalid', 'a rebuild needs vaults and the file of a recovery key', {
      hint: 'coffre catalogue rebuild --vault LOCATION --recovery-key-file FILE',
    })
  }
  const keys = (await Promise.all(order.recoveryKeyFiles.map(readKeys))).flat()
  await using stack = new AsyncDisposableStack()
  stack.use(await StateLock.take(stateFolder))
  const places = new VaultPlaces(stateFolder, context, environment, 0)
  const found = []
  for (const vault of order.vaults) found.push(stack.use(await findVault(places, await placeOf(vault), keys, log, signal)))
  const { catalogue } = stack.use(await openOwnCatalogue(settings, context, log, signal))
  await assertEmpty(catalogue)
  const secrets = new SecretStore(
    catalogue,
    new SecretBox(await loadMasterKey(stateFolder, context.random), context.random),
    context,
  )
  const machine = await machineName(stateFolder, context.random)
  return await rebuildCatalogue({ catalogue, secrets, store: new JobStore(catalogue, context), context, machine }, found, signal)
}

/** One key on a line. */
export async function readKeys(path: string): Promise<string[]> {
  try {
    const lines = (await readFile(path, 'utf8')).split('\n').map((line) => line.trim())
    return lines.filter((line) => line !== '')
  } catch (cause) {
    throw new CoffreError('usage.invalid', `the recovery key file ${path} cannot be read`, { hint: 'Is the path right?', cause })
  }
}

/** As vaults are known: links resolved, where there is something. */
export async function placeOf(given: string): Promise<string> {
  const location = parseLocation(given)
  if (location.kind !== 'local') return formatLocation(location)
  const path = resolve(location.path)
  return realpath(path).catch(() => path)
}
