import { resolve } from 'node:path'
import type { ForeseenRequest, PointManifest } from '@coffre/connector'
import { bytesOf, CoffreError } from '@coffre/foundation'
import { readBaseDetails } from '../base/base-details.ts'
import type { PostgresqlSettings } from '../settings.ts'
import { checkDataFolder } from './data-folder.ts'
import { findEngineAccount } from './engine-account.ts'
import { type EngineBinaries, findEngineBinaries } from './engine-binaries.ts'
import { checkPlaces, mapTablespaces } from './lay-out-base.ts'
import type { MakeCheck } from './obstacles.ts'
import type { ClusterPlan } from './recover-cluster.ts'
import { neededBytes, recoveryTarget } from './recovery-target.ts'
import { parseRestoreOptions, type RestoreOptions } from './restore-options.ts'
import { refuseBusyPort } from './start-engine.ts'

/** What was found before anything was changed. */
export interface RestorePlan extends ClusterPlan {
  readonly options: RestoreOptions
  readonly binaries: EngineBinaries | undefined
}

/** Looks at all that a restore of a base into a folder takes, and changes nothing. */
export async function planRestore(
  manifest: PointManifest,
  request: ForeseenRequest & { readonly target: { readonly kind: 'folder' } },
  settings: PostgresqlSettings,
  check: MakeCheck,
  signal: AbortSignal,
): Promise<RestorePlan> {
  const { target, overwrite, parts, options: given, replay } = request
  const base = readBaseDetails(manifest)
  const options = parseRestoreOptions(given)
  const { start, databases, schemas, database, schema } = options
  if ((parts ?? databases ?? schemas ?? database ?? schema) !== undefined)
    throw new CoffreError('usage.invalid', 'into a folder a base of PostgreSQL can only be restored as a whole', {
      hint: 'Nothing was changed. Tables, schemas and databases are restored into a running server: --into postgres://…',
    })
  const folder = resolve(bytesOf(target.path).toString())
  const recovery = recoveryTarget(base, replay)
  const mappings = mapTablespaces(base, options.tablespaces)
  await check(() => checkDataFolder(folder, mappings.length > 0 ? 0 : neededBytes(manifest, base, replay), overwrite))
  await check(() => checkPlaces(mappings, overwrite))
  const binaries = start === undefined ? undefined : await check(() => findEngineBinaries(base.major, settings, signal))
  if (start !== undefined) await check(() => refuseBusyPort(start.port))
  const wantsAccount = start !== undefined || options.account !== undefined
  const account = wantsAccount ? await check(() => findEngineAccount(options.account ?? settings.engineAccount)) : undefined
  return {
    base,
    folder,
    options,
    mappings,
    replay: recovery.kind === 'base' ? undefined : replay,
    target: recovery,
    binaries,
    account,
  }
}
