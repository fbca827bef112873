import type { Replay, RestoreRequest, StoredPoint } from '@coffre/connector'
import type { Context } from '@coffre/foundation'
import type { BaseDetails } from '../base/base-details.ts'
import { walPlace } from '../wal/lsn.ts'
import { type EngineAccount, giveTo } from './engine-account.ts'
import { fetchLog, type LogFetch, prepareFetch } from './fetch-log.ts'
import { layOutBase, type mapTablespaces } from './lay-out-base.ts'
import { notesOnSettings, writeOutsideFiles } from './outside-files.ts'
import { type RecoveryTarget, removeRecoverySettings, writeRecoverySettings } from './recovery-settings.ts'
import type { StartedEngine } from './start-engine.ts'

/** What becomes of a base in a folder; found before anything was changed. */
export interface ClusterPlan {
  readonly base: BaseDetails
  readonly folder: string
  readonly mappings: ReturnType<typeof mapTablespaces>
  /** Undefined when the base's own end is the stop. */
  readonly replay: Replay | undefined
  readonly target: RecoveryTarget
  /** Who is to own the files; undefined for ourselves. */
  readonly account: EngineAccount | undefined
}

/** How a server is started over the folder while the log is still being fetched, and ended again when that fails. */
export interface ClusterServer {
  start(signal: AbortSignal): Promise<StartedEngine>
  stop(): Promise<void>
}

export interface RecoveredCluster {
  readonly files: number
  readonly fetched: LogFetch
  readonly started: StartedEngine | undefined
  /** Files of the source that were changed. */
  readonly changed: readonly string[]
  readonly notes: readonly string[]
}

/** Lays the base out, fetches the log through the stop, and has a server recover to it if there is one to be started. */
export async function recoverCluster(
  point: StoredPoint,
  plan: ClusterPlan,
  server: ClusterServer | undefined,
  told: Pick<RestoreRequest, 'onPhase' | 'onProgress'>,
  context: Context,
  signal: AbortSignal,
): Promise<RecoveredCluster> {
  const { folder, replay, mappings, account } = plan
  const baseShare = shareOfBase(point, plan)
  told.onPhase?.('laying-out')
  told.onProgress(0)
  const onPlaced = (bytes: number): void => told.onProgress(baseShare * Math.min(1, bytes / Math.max(1, bytesOf(point))))
  const { files } = await layOutBase(point, folder, mappings, onPlaced, signal)
  told.onProgress(baseShare)
  const { changed, notes } = await configure(plan)
  if (replay !== undefined) await prepareFetch(folder, replay, new Date(context.clock.nowMs()))
  await giveTo(account, folder, ...mappings.map(({ place }) => place))
  const { fetched, started } = await replayLog(
    plan,
    server,
    { ...told, onProgress: (done) => told.onProgress(baseShare + done * (1 - baseShare)) },
    context,
    signal,
  )
  if (started !== undefined) await removeRecoverySettings(folder)
  return { files, fetched, started, changed, notes }
}

/** By bytes: those of the base, and of the log that follows it. */
function shareOfBase(point: StoredPoint, { base, replay }: ClusterPlan): number {
  if (replay === undefined) return 1
  const logBytes = Math.max(0, walPlace(replay.stop.through).lsn - base.begin.lsn)
  return bytesOf(point) / Math.max(1, bytesOf(point) + logBytes)
}

function bytesOf({ manifest }: StoredPoint): number {
  return manifest.counts['bytes'] ?? 0
}

/** Writes everything that the server reads when it starts. */
async function configure({ folder, base, target, mappings }: ClusterPlan): Promise<Pick<RecoveredCluster, 'changed' | 'notes'>> {
  const notes = [...(await writeOutsideFiles(folder, base.outside)), ...(await notesOnSettings(folder))]
  const hasSpacesInPlace = base.tablespaces.length > mappings.length
  const changed = await writeRecoverySettings(folder, target, hasSpacesInPlace)
  if (changed.length > 0) notes.push(`Settings of an earlier recovery were commented out in ${changed.join(', ')}.`)
  if (hasSpacesInPlace)
    notes.push('Tablespaces lie in the data directory, in pg_tblspc; allow_in_place_tablespaces was switched on for that.')
  return { changed, notes }
}

/** Fetches the log, and meanwhile has a server replay it if one is to be started. When either fails the other one is ended. */
async function replayLog(
  { folder, base, replay, account }: ClusterPlan,
  server: ClusterServer | undefined,
  { onPhase, onProgress }: Pick<RestoreRequest, 'onPhase' | 'onProgress'>,
  context: Context,
  signal: AbortSignal,
): Promise<{ readonly fetched: LogFetch; readonly started: StartedEngine | undefined }> {
  const failed = new AbortController()
  const both = AbortSignal.any([signal, failed.signal])
  const orAbort = <Value>(work: Promise<Value>): Promise<Value> =>
    work.catch((error: unknown) => {
      failed.abort(error)
      throw error
    })
  const fetch = async (): Promise<LogFetch> => {
    if (replay === undefined) return { segments: 0, bytes: 0 }
    onPhase?.('fetching-log')
    return await fetchLog(folder, base, replay, account, context, onProgress, both)
  }
  const start = async (): Promise<StartedEngine | undefined> => {
    if (server === undefined) return undefined
    onPhase?.('replaying')
    return await server.start(both)
  }
  const [fetched, started] = await Promise.allSettled([orAbort(fetch()), orAbort(start())])
  if (fetched.status === 'fulfilled' && started.status === 'fulfilled') return { fetched: fetched.value, started: started.value }
  if (started.status === 'fulfilled' && started.value !== undefined) await server?.stop()
  throw failed.signal.reason
}
