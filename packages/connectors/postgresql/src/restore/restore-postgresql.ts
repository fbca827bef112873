import { resolve } from 'node:path'
import type { RestoreReport, RestoreRequest, StoredPoint } from '@coffre/connector'
import { bytesOf, CoffreError, type Context, interruption } from '@coffre/foundation'
import { readBaseDetails } from '../base/base-details.ts'
import { restoreIntoServer } from '../parts/restore-into-server.ts'
import type { PostgresqlSettings } from '../settings.ts'
import { checkDataFolder } from './data-folder.ts'
import { findEngineAccount } from './engine-account.ts'
import { type EngineBinaries, findEngineBinaries } from './engine-binaries.ts'
import { checkPlaces, mapTablespaces } from './lay-out-base.ts'
import { type ClusterPlan, recoverCluster } from './recover-cluster.ts'
import { neededBytes, recoveryTarget } from './recovery-target.ts'
import { parseRestoreOptions, type RestoreOptions } from './restore-options.ts'
import { type RestoredDetails, writeRestoredDetails } from './restored-details.ts'
import { refuseBusyPort, type StartedEngine, startEngine, stopEngine } from './start-engine.ts'

/**
 * Puts a base back: parts of it into a running server, or all of it into a data folder, with the log through the stop, so that PostgreSQL recovers to it when it is started; and starts it
 * if so wished. Everything is looked at before the first change.
 */
export async function restorePostgresql(
  point: StoredPoint,
  request: RestoreRequest,
  settings: PostgresqlSettings,
  context: Context,
  signal: AbortSignal,
): Promise<RestoreReport> {
  const { target } = request
  if (target.kind === 'engine') return await restoreIntoServer(point, { ...request, target }, settings, context, signal)
  const plan = await planRestore(point, { ...request, target }, settings, signal)
  try {
    return await restoreCluster(point, request, plan, context, signal)
  } catch (error) {
    throw signal.aborted ? interruption(signal) : error
  }
}

/** What was found before anything was changed. */
interface RestorePlan extends ClusterPlan {
  readonly options: RestoreOptions
  readonly binaries: EngineBinaries | undefined
}

async function planRestore(
  { manifest }: StoredPoint,
  { target, overwrite, parts, options: given, replay }: RestoreRequest & { readonly target: { readonly kind: 'folder' } },
  settings: PostgresqlSettings,
  signal: AbortSignal,
): Promise<RestorePlan> {
  const base = readBaseDetails(manifest)
  const options = parseRestoreOptions(given)
  const { databases, database, schema } = options
  if ((parts ?? databases ?? database ?? schema) !== undefined)
    throw new CoffreError('usage.invalid', 'into a folder a base of PostgreSQL can only be restored as a whole', {
      hint: 'Nothing was changed. Tables and databases are restored into a running server: --into postgres://…',
    })
  const folder = resolve(bytesOf(target.path).toString())
  const recovery = recoveryTarget(base, replay)
  const mappings = mapTablespaces(base, options.tablespaces)
  await checkDataFolder(folder, mappings.length > 0 ? 0 : neededBytes(manifest, base, replay), overwrite)
  await checkPlaces(mappings, overwrite)
  const binaries = options.start === undefined ? undefined : await findEngineBinaries(base.major, settings, signal)
  if (options.start !== undefined) await refuseBusyPort(options.start.port)
  const wantsAccount = options.start !== undefined || options.account !== undefined
  const account = wantsAccount ? await findEngineAccount(options.account ?? settings.engineAccount) : undefined
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

/** Puts the base into its folder, and starts a server over it if so wished. */
async function restoreCluster(
  point: StoredPoint,
  request: RestoreRequest,
  plan: RestorePlan,
  context: Context,
  signal: AbortSignal,
): Promise<RestoreReport> {
  const { folder, options, base, binaries, account } = plan
  const { start } = options
  const server =
    start === undefined || binaries === undefined
      ? undefined
      : {
          start: (both: AbortSignal) =>
            startEngine({ ...start, folder, binaries, account, owner: base.owner }, context.clock, both),
          stop: () => stopEngine(folder, binaries, account),
        }
  const { files, fetched, started, changed, notes } = await recoverCluster(point, plan, server, request, context, signal)
  const details: RestoredDetails = {
    rewritten: changed,
    isReplayed: plan.replay !== undefined,
    assertions: options.assertions,
    ...(started?.socketFolder === undefined ? {} : { socketFolder: started.socketFolder }),
    ...(start === undefined ? {} : { port: start.port }),
  }
  request.onProgress(1)
  const counts = { files, segments: fetched.segments, logBytes: fetched.bytes }
  return { target: request.target, counts, notes: [...notes, ...notesOn(plan, started)], details: writeRestoredDetails(details) }
}

function notesOn({ folder, options, binaries, account, base }: RestorePlan, started: StartedEngine | undefined): readonly string[] {
  if (started === undefined || options.start === undefined) {
    const owner =
      account === undefined && process.getuid?.() === 0
        ? [`The files belong to root, as whom PostgreSQL does not run: chown -R postgres: ${folder}`]
        : []
    return [...owner, `PostgreSQL ${base.major} recovers to the target when it is first started on ${folder}.`]
  }
  const pgCtl = `${binaries?.folder}/pg_ctl`
  const as = account === undefined ? '' : `as ${account.name}: `
  return [
    `PostgreSQL ${binaries?.version} runs on port ${options.start.port} of 127.0.0.1, and logs to ${started.logPath}.`,
    `Stop it with (${as}${pgCtl} stop -D ${folder}).`,
    ...(options.start.asProduction
      ? []
      : ['It is a clone: archiving, subscriptions and schedulers are off, by lines in postgresql.auto.conf.']),
  ]
}
