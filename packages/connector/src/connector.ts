import type { ByteString, Context } from '@coffre/foundation'
import type { ChangeBatch } from './change-batch.ts'
import type { Finding } from './finding.ts'
import type { RestoreForesight } from './foresight.ts'
import type { LogFormat } from './log-format.ts'
import type { LogMapOptions, LogMinute } from './log-minute.ts'
import type { PointManifest } from './manifest.ts'
import type { PointItem } from './point-item.ts'
import type { Branch, Mark, Position } from './position.ts'

/** What an engine can do. Data, so that API, CLI and policy can ask without knowing the engine. */
export interface ConnectorAbilities {
  /** It has a log that can be captured, hence any second can be restored. */
  readonly isContinuous: boolean
  /** A snapshot shows one instant, not a smear of several. */
  readonly isConsistent: boolean
  /** Where parts of a point, such as tables, can be restored to alone; nowhere when empty. */
  readonly restoresPartsTo: readonly ('folder' | 'engine')[]
  /** It is restored into a folder, into a running engine, or either. */
  readonly restoresTo: readonly ('folder' | 'engine')[]
}

/**
 * All that Coffre knows of an engine. Stateless; one instance serves all sources of its engine. `Config` is what a user configured,
 * `Secrets` what must not be seen: it is kept encrypted, and never appears in errors, findings, manifests or progress.
 * Every implementation passes `connectorContract`.
 */
export interface Connector<Config = unknown, Secrets = unknown> {
  /** `postgresql`, `files` …; part of tags and folders, hence for ever. */
  readonly engine: string
  readonly abilities: ConnectorAbilities
  /** The configuration as typed values, or `source.config-invalid` naming the field. Pure. */
  parseConfig(input: unknown): Config
  parseSecrets(input: unknown): Secrets
  /** The same source has the same key, however it was written: guards against protecting it twice. Pure, no secret. */
  identify(config: Config): string
  /** Looks whether and how well the source can be protected. Changes nothing. Unreachable or refused is an error finding, not a throw. */
  check(config: Config, secrets: Secrets, context: Context, signal: AbortSignal): Promise<readonly Finding[]>
  /** `source.unreachable` or `source.credentials` when it cannot. */
  open(config: Config, secrets: Secrets, context: Context, signal: AbortSignal): Promise<Source>
  /** Puts a point back. The target is checked before the first change: `target.not-empty` unless `overwrite`. */
  restore(point: StoredPoint, request: RestoreRequest, context: Context, signal: AbortSignal): Promise<RestoreReport>
  /**
   * What `restore` would find before its first change, by the checks that it makes itself. Changes nothing. What makes no sense is thrown as
   * there; what only the machine or the target stands against is told. Where it is absent nothing is known beforehand.
   */
  foresee?(manifest: PointManifest, request: ForeseenRequest, context: Context, signal: AbortSignal): Promise<RestoreForesight>
  /**
   * Where to stop for a target, found in log that is given in order: from the begin of a native file, or from a position that was
   * delivered, at or before the piece with the first record after the target. Only where there is a log. `journal.outside-window` when the
   * target is not in it.
   */
  locate?(log: AsyncIterable<ChangeBatch>, target: ReplayTarget, manifest: PointManifest, signal: AbortSignal): Promise<ReplayStop>
  /** What a log did, minute by minute; the log as for `locate`. Only where there is one. */
  mapLog?(
    log: AsyncIterable<ChangeBatch>,
    options: LogMapOptions,
    manifest: PointManifest,
    signal: AbortSignal,
  ): Promise<readonly LogMinute[]>
  /** How log that follows this point was made into files; only where there is a log. */
  logFormat?(manifest: PointManifest): LogFormat
  /** Gives back what the source keeps for us, such as slots, once it is protected no more. Idempotent. */
  release?(config: Config, secrets: Secrets, context: Context, signal: AbortSignal): Promise<void>
  /** Looks at what was restored with the engine's own means. */
  verify(point: StoredPoint, restored: RestoreReport, context: Context, signal: AbortSignal): Promise<readonly Finding[]>
}

/** One open source. Disposing of it ends every stream of it and gives back all that the engine held for us. */
export interface Source extends AsyncDisposable {
  /**
   * Begins a snapshot. The position is fixed when this resolves and reserved: the log from it on stays readable until acknowledged.
   * One at a time.
   */
  snapshot(signal: AbortSignal): Promise<SnapshotStream>
  /** Only where abilities say so. */
  readonly log?: SourceLog
}

export interface SnapshotStream {
  /** Where the log stood when it began; undefined without a log. */
  readonly begin: Position | undefined
  /** Grows as the connector finds out; undefined when it cannot know. */
  readonly expectedBytes: number | undefined
  /** In the order of a walk. Ends only when everything was delivered; any lack is an error; what could not be read is named by `finish`. */
  readonly items: AsyncIterable<PointItem>
  /** To be called once `items` has ended. */
  finish(): Promise<SnapshotEnd>
}

export interface SnapshotEnd {
  readonly manifest: PointManifest
  /** What could not be read: the point is then partial, kept and named. */
  readonly skipped: readonly { readonly path: ByteString; readonly reason: string }[]
  /** What was found wrong in what was read, such as pages with a bad checksum: the point is then not called good. */
  readonly findings: readonly Finding[]
}

/**
 * A source's log. The order of calls that keeps the promise: capture, make durable, and only then acknowledge. Capturing again after
 * a position that was delivered before yields the same bytes from there on.
 */
export interface SourceLog {
  /** Where the log ends now. */
  head(signal: AbortSignal): Promise<Mark>
  branches(signal: AbortSignal): Promise<readonly Branch[]>
  /** How it becomes files in a vault; without one it is captured, and not folded. */
  format?(signal: AbortSignal): Promise<LogFormat>
  /**
   * The log from just after `after`, without a gap, for as long as the caller reads; with a mark at least each second, idle or not.
   * `source.position-lost` when the source no longer has it: then only a new base helps. Ends when the signal is aborted.
   */
  capture(after: Position, signal: AbortSignal): AsyncIterable<ChangeBatch>
  /** The source may discard its log through `position`. Positions made durable only; never goes back; idempotent. */
  acknowledge(position: Position, signal: AbortSignal): Promise<void>
}

/** A recovery point as a restore sees it: the manifest and the files that its snapshot yielded. */
export interface StoredPoint {
  readonly manifest: PointManifest
  /** Every entry below a path, in the order of a walk; contents are fetched only when read. */
  items(below: ByteString, signal: AbortSignal): AsyncIterable<PointItem>
  /**
   * Lays the entries below a folder of the point out as files, faster than through `items`: in parallel, sparse, with metadata. What is
   * there already is brought to the wanted content, what is not in the point stays. `onPlaced` is told how many bytes of contents are in
   * place, as often as it likes, at last all of them.
   */
  extract(below: ByteString, targetFolder: ByteString, signal: AbortSignal, onPlaced?: (bytes: number) => void): Promise<void>
}

export interface RestoreRequest {
  readonly target: RestoreTarget
  readonly overwrite: boolean
  /** Replays the log that follows the point; only where there is one. */
  readonly replay?: Replay
  /** What only this engine knows of, as a user gave it: `source.config-invalid` naming the field when it makes no sense. */
  readonly options?: unknown
  /** Parts to restore, in the engine's words; all when absent. */
  readonly parts?: readonly string[]
  /** Fractions of the work done, from 0 to 1; told as often as it likes. */
  readonly onProgress: (done: number) => void
  /** Told as each part of the work begins. */
  readonly onPhase?: (phase: RestorePhase) => void
}

/** A restore that is asked about, and not made. */
export type ForeseenRequest = Omit<RestoreRequest, 'onProgress' | 'onPhase'>

/**
 * What a restore is at: laying out the point, fetching log, replaying it in an engine that was started, also while more of it is fetched,
 * loading parts into another one, looking at what came of it. Of the last one the connector is not asked to tell.
 */
export type RestorePhase = 'laying-out' | 'fetching-log' | 'replaying' | 'loading' | 'checking'

/** What a user asks to be restored to. */
export type ReplayTarget =
  /** The longest log before the first record stamped after this time, microseconds since 1970 by the source's clock. */
  | { readonly kind: 'time'; readonly us: number }
  | { readonly kind: 'transaction'; readonly id: string }
  /** A name that was put into the log, such as a restore point. */
  | { readonly kind: 'name'; readonly name: string }
  /** In the engine's own writing. */
  | { readonly kind: 'position'; readonly text: string }

/** Where to stop, and what lies on both sides of it. */
export interface ReplayStop {
  /** The end of the last record that is kept. */
  readonly through: Position
  readonly lastKept?: ReplayRecord
  readonly firstLeftOut?: ReplayRecord
  /** What else the engine's replay needs to stop there, as its connector found it. Plain JSON. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** A record that is stamped, such as a commit. */
export interface ReplayRecord {
  readonly position: Position
  readonly us: number
  /** For people: `commit of transaction 742`. */
  readonly label: string
}

/** Log after a point, and how far to replay it. */
export interface Replay {
  readonly stop: ReplayStop
  /** The branch of `stop`, and those that it comes from. */
  readonly branches: readonly Branch[]
  /** The log of the stop's branch and of those before it, contiguous, for as long as the vault has it; a gap is an error. */
  read(after: Position, through: Position, signal: AbortSignal): AsyncIterable<ChangeBatch>
}

export type RestoreTarget =
  | { readonly kind: 'folder'; readonly path: ByteString }
  | { readonly kind: 'engine'; readonly config: unknown; readonly secrets: unknown }

export interface RestoreReport {
  readonly target: RestoreTarget
  readonly counts: Readonly<Record<string, number>>
  /** What was left out or changed, and why: one sentence each. */
  readonly notes: readonly string[]
  /** What `verify` needs to know of it, in the connector's words. Plain JSON, no secret. */
  readonly details?: Readonly<Record<string, unknown>>
}
