import type { Connector, RestoreReport } from '@coffre/connector'
import type { Context } from '@coffre/foundation'

/** A configuration and its secrets, as a user gives them. */
export interface GivenSource {
  readonly config: unknown
  readonly secrets: unknown
}

/**
 * One source to be tested, with some data and, where the engine has one, a log: fresh, and disposed of by the suite. What is said of
 * the data is found out without the connector, by the engine's own means.
 */
export interface ConnectorSubject extends AsyncDisposable {
  readonly connector: Connector
  readonly context: Context
  readonly source: GivenSource
  /** The same source, written in other ways. */
  readonly sameSource: readonly unknown[]
  /** Other sources of the engine. */
  readonly otherSources: readonly unknown[]
  /** What `parseConfig` refuses, each with the field that it has to name. */
  readonly wrongConfigs: readonly (readonly [config: unknown, field: string])[]
  readonly wrongSecrets: readonly unknown[]
  /** Well-formed, with nothing there that answers, and with secrets that are refused. */
  readonly unreachable: GivenSource
  readonly refused: GivenSource
  /** Texts that nobody must ever see: every secret of the configurations above. */
  readonly secretTexts: readonly string[]
  /** Changes the data, as its users would: each time in another way. The log has it when this resolves. */
  change(): Promise<void>
  /** The data as they stand now; equal for equal data. */
  describe(): Promise<unknown>
  describeRestored(report: RestoreReport): Promise<unknown>
  /** Damages what was restored. */
  plantDifference(report: RestoreReport): Promise<void>
  /** Lets time pass on the source's clock: waits, or moves a fake one. */
  passTime(ms: number): Promise<void>
  /** What the source holds for us at the moment, such as connections and snapshots; 0 once all is given back. */
  held(): Promise<number>
  /** Where the engine has a log: makes it discard its log, though nobody acknowledged it. */
  discardLog?(): Promise<void>
  /** Where another server can take over: makes it so. The log then has another branch. */
  failOver?(): Promise<void>
  /** How much more than a second may lie between marks; 0 unless given. */
  readonly markToleranceMs?: number
}

export type ConnectorFactory = () => Promise<ConnectorSubject>

export const noSignal: AbortSignal = new AbortController().signal
