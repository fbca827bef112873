import { resolve } from 'node:path'
import type { Replay, RestoreReport, RestoreRequest, StoredPoint } from '@coffre/connector'
import { bytesOf, CoffreError, type Context, interruption } from '@coffre/foundation'
import { type BaseDetails, readBaseDetails } from '../base/base-details.ts'
import type { PostgresqlSettings } from '../settings.ts'
import { formatLsn, walPlace } from '../wal/lsn.ts'
import { checkDataFolder } from './data-folder.ts'
import { type EngineAccount, findEngineAccount, giveTo } from './engine-account.ts'
import { type EngineBinaries, findEngineBinaries } from './engine-binaries.ts'
import { fetchLog, type LogFetch, prepareFetch } from './fetch-log.ts'
import { checkPlaces, layOutBase, mapTablespaces } from './lay-out-base.ts'
import { notesOnSettings, writeOutsideFiles } from './outside-files.ts'
import { type RecoveryTarget, removeRecoverySettings, writeRecoverySettings } from './recovery-settings.ts'
import { parseRestoreOptions, type RestoreOptions } from './restore-options.ts'
import { type RestoredDetails, writeRestoredDetails } from './restored-details.ts'
import { refuseBusyPort, type StartedEngine, startEngine, stopEngine } from './start-engine.ts'

/** How much of the work the laying out of the base is taken for, where log follows it. */
const baseShare = 0.6

/**
 * Puts a base back into a data folder, with the log through the stop, so that PostgreSQL recovers to it when it is started; and starts it
 * if so wished. Everything is looked at before the first change.
 */
export async function restorePostgresql(
  point: StoredPoint,
  request: RestoreRequest,
  settings: PostgresqlSettings,
  context: Context,
  signal: AbortSignal,
): Promise<RestoreReport> {
  const plan = await planRestore(point, request, settings, signal)
  try {
    return await new Restore(point, request, plan, context, signal).run()
  } catch (error) {
    throw signal.aborted ? interruption(signal) : error
  }
}

/** What was found before anything was changed. */
interface RestorePlan {
  readonly base: BaseDetails
  readonly folder: string
  readonly options: RestoreOptions
  readonly mappings: ReturnType<typeof mapTablespaces>
  /** Undefined when the base's own end is the stop. */
  readonly replay: Replay | undefined
  readonly target: RecoveryTarget
  readonly binaries: EngineBinaries | undefined
  readonly account: EngineAccount | undefined
}

async function planRestore(
  { manifest }: StoredPoint,
  { target, overwrite, parts, options: given, replay }: RestoreRequest,
  settings: PostgresqlSettings,
  signal: AbortSignal,
): Promise<RestorePlan> {
  const base = readBaseDetails(manifest)
  const options = parseRestoreOptions(given)
  if (target.kind !== 'folder')
    throw new CoffreError('usage.invalid', 'a base of PostgreSQL is restored into a folder', {
      hint: 'Name an empty folder; with `--start` a server is started over it.',
    })
  if (parts !== undefined)
    throw new CoffreError('usage.invalid', 'a base of PostgreSQL can only be restored as a whole', {
      hint: 'Restore all of it beside, start it there, and copy the tables that you need with pg_dump.',
    })
  const folder = resolve(bytesOf(target.path).toString())
  const recovery = recoveryTarget(base, replay)
  const mappings = mapTablespaces(base, options.tablespaces)
  const logBytes = replay === undefined ? 0 : Math.max(0, walPlace(replay.stop.through).lsn - base.begin.lsn)
  const neededBytes = (manifest.counts['bytes'] ?? 0) + logBytes + 2 * base.segmentBytes
  await checkDataFolder(folder, mappings.length > 0 ? 0 : neededBytes, overwrite)
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

function recoveryTarget(base: BaseDetails, replay: Replay | undefined): RecoveryTarget {
  if (replay === undefined) return { kind: 'base' }
  const { timeline, lsn } = walPlace(replay.stop.through)
  if (lsn < base.end.lsn) {
    throw new CoffreError(
      'journal.outside-window',
      `the stop at ${formatLsn(lsn)} lies before ${formatLsn(base.end.lsn)}, the end of the base`,
      {
        hint: 'Nothing was changed. Choose a base that is older than the stop.',
      },
    )
  }
  const wanted = replay.stop.details?.['targetLsn']
  if (lsn === base.end.lsn) return { kind: 'base' }
  if (wanted === undefined) throw new Error(`the stop at ${formatLsn(lsn)} does not say how PostgreSQL gets there`)
  return { kind: 'record', lsn: String(wanted), timeline }
}

class Restore {
  readonly #point: StoredPoint
  readonly #request: RestoreRequest
  readonly #plan: RestorePlan
  readonly #context: Context
  readonly #signal: AbortSignal
  readonly #notes: string[] = []

  constructor(point: StoredPoint, request: RestoreRequest, plan: RestorePlan, context: Context, signal: AbortSignal) {
    this.#point = point
    this.#request = request
    this.#plan = plan
    this.#context = context
    this.#signal = signal
  }

  async run(): Promise<RestoreReport> {
    const { onProgress, onPhase, target } = this.#request
    const { folder, replay, mappings, account, options } = this.#plan
    onPhase?.('laying-out')
    onProgress(0)
    const { files } = await layOutBase(this.#point, folder, mappings, this.#signal)
    onProgress(replay === undefined ? 0.95 : baseShare)
    const changed = await this.#configure()
    if (replay !== undefined) await prepareFetch(folder, replay, new Date(this.#context.clock.nowMs()))
    await giveTo(account, folder, ...mappings.map(({ place }) => place))
    const { fetched, started } = await this.#replay()
    if (started !== undefined) await removeRecoverySettings(folder)
    this.#note(started)
    const details: RestoredDetails = {
      rewritten: changed,
      isReplayed: replay !== undefined,
      assertions: options.assertions,
      ...(started?.socketFolder === undefined ? {} : { socketFolder: started.socketFolder }),
      ...(options.start === undefined ? {} : { port: options.start.port }),
    }
    onProgress(1)
    const counts = { files, segments: fetched.segments, logBytes: fetched.bytes }
    return { target, counts, notes: this.#notes, details: writeRestoredDetails(details) }
  }

  /** Everything that the server reads when it starts. Resolves to the files of the source that were changed. */
  async #configure(): Promise<readonly string[]> {
    const { folder, base, target, mappings } = this.#plan
    this.#notes.push(...(await writeOutsideFiles(folder, base.outside)), ...(await notesOnSettings(folder)))
    const hasSpacesInPlace = base.tablespaces.length > mappings.length
    const changed = await writeRecoverySettings(folder, target, hasSpacesInPlace)
    if (changed.length > 0) this.#notes.push(`Settings of an earlier recovery were commented out in ${changed.join(', ')}.`)
    if (hasSpacesInPlace)
      this.#notes.push('Tablespaces lie in the data directory, in pg_tblspc; allow_in_place_tablespaces was switched on for that.')
    return changed
  }

  /** Fetches the log, and meanwhile has a server replay it if one is to be started. When either fails the other one is ended. */
  async #replay(): Promise<{ readonly fetched: LogFetch; readonly started: StartedEngine | undefined }> {
    const failed = new AbortController()
    const both = AbortSignal.any([this.#signal, failed.signal])
    const orAbort = <Value>(work: Promise<Value>): Promise<Value> =>
      work.catch((error: unknown) => {
        failed.abort(error)
        throw error
      })
    const outcomes = await Promise.allSettled([orAbort(this.#fetch(both)), orAbort(this.#start(both))])
    const [fetched, started] = outcomes
    if (fetched.status === 'fulfilled' && started.status === 'fulfilled') return { fetched: fetched.value, started: started.value }
    const { folder, binaries, account } = this.#plan
    if (started.status === 'fulfilled' && started.value !== undefined && binaries !== undefined)
      await stopEngine(folder, binaries, account)
    throw failed.signal.reason
  }

  async #fetch(signal: AbortSignal): Promise<LogFetch> {
    const { folder, base, replay, account } = this.#plan
    if (replay === undefined) return { segments: 0, bytes: 0 }
    this.#request.onPhase?.('fetching-log')
    const onProgress = (done: number): void => this.#request.onProgress(baseShare + done * (0.95 - baseShare))
    return await fetchLog(folder, base, replay, account, this.#context, onProgress, signal)
  }

  async #start(signal: AbortSignal): Promise<StartedEngine | undefined> {
    const { folder, binaries, account, options, base } = this.#plan
    if (options.start === undefined || binaries === undefined) return undefined
    this.#request.onPhase?.('replaying')
    return await startEngine({ ...options.start, folder, binaries, account, owner: base.owner }, this.#context.clock, signal)
  }

  #note(started: StartedEngine | undefined): void {
    const { folder, options, binaries, account, base } = this.#plan
    if (started === undefined || options.start === undefined) {
      if (account === undefined && process.getuid?.() === 0)
        this.#notes.push(`The files belong to root, as whom PostgreSQL does not run: chown -R postgres: ${folder}`)
      this.#notes.push(`PostgreSQL ${base.major} recovers to the target when it is first started on ${folder}.`)
      return
    }
    const pgCtl = `${binaries?.folder}/pg_ctl`
    const as = account === undefined ? '' : `as ${account.name}: `
    this.#notes.push(
      `PostgreSQL ${binaries?.version} runs on port ${options.start.port} of 127.0.0.1, and logs to ${started.logPath}.`,
    )
    this.#notes.push(`Stop it with (${as}${pgCtl} stop -D ${folder}).`)
    if (!options.start.asProduction)
      this.#notes.push('It is a clone: archiving, subscriptions and schedulers are off, by lines in postgresql.auto.conf.')
  }
}
