import type { RestoreReport, RestoreRequest, StoredPoint } from '@coffre/connector'
import { type Context, interruption } from '@coffre/foundation'
import { restoreIntoServer } from '../parts/restore-into-server.ts'
import type { PostgresqlSettings } from '../settings.ts'
import { endAtFirst } from './obstacles.ts'
import { planRestore, type RestorePlan } from './plan-restore.ts'
import { recoverCluster } from './recover-cluster.ts'
import { type RestoredDetails, writeRestoredDetails } from './restored-details.ts'
import { type StartedEngine, startEngine, stopEngine } from './start-engine.ts'

/**
 * Puts a base back: parts of it into a running server, or all of it into a data folder, with the log through the stop, so that PostgreSQL
 * recovers to it when it is started; and starts it if so wished. Everything is looked at before the first change.
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
  const plan = await planRestore(point.manifest, { ...request, target }, settings, endAtFirst, signal)
  try {
    return await restoreCluster(point, request, plan, context, signal)
  } catch (error) {
    throw signal.aborted ? interruption(signal) : error
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
