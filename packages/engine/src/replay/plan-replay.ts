import type { Connector, LogFormat, Position, Replay, ReplayStop, ReplayTarget } from '@coffre/connector'
import { CoffreError, isCoffreError } from '@coffre/foundation'
import { describeLog, type EpochDescription, JournalReader } from '@coffre/journal'
import { loadIndex, type RepositoryIndex } from '@coffre/repository'
import { logOf } from '../capture/log-of.ts'
import type { VaultSession } from '../vault-session.ts'
import { type Base, listBases } from './list-bases.ts'

/** What of a source is wanted back. */
export interface ReplayWish {
  /** As it is named in the vault. */
  readonly source: string
  readonly target: ReplayTarget | { readonly kind: 'latest' }
  /** The branch whose history counts, such as the lost tail of a timeline; the one that goes on unless given. */
  readonly branch?: string
}

/** How it is brought back: from which base, through which log, to where. */
export interface ReplayPlan {
  readonly base: Base
  readonly stop: ReplayStop
  readonly epoch: EpochDescription
  readonly index: RepositoryIndex
  readonly reader: JournalReader
  /** Log from the base on through the stop. */
  readonly logBytes: number
}

/** So much of the end of an idle log is looked through for its last record. */
const lookBackBytes = 64 * 1024 * 1024

/**
 * Finds the base and the log that bring a source back to a target, with nothing but the vault. Everything that a restore needs is known
 * to be there then, but for damage. `journal.outside-window` with the bounds when the target is not in what the vault proves;
 * `point.none` when there is no base to begin from.
 */
export async function planReplay(
  session: VaultSession,
  connector: Connector,
  wish: ReplayWish,
  signal: AbortSignal,
): Promise<ReplayPlan> {
  const index = await loadIndex(session.repository, {}, signal)
  const bases = await listBases(session, index, connector.engine, wish.source, signal)
  if (bases.length === 0) throw noBase(wish.source)
  const epochs = await describeLog(session.repository, index, logOf(wish.source), signal)
  let refusal: unknown
  for (const epoch of epochs.toReversed()) {
    try {
      return await new EpochPlanner(session, connector, index, bases, epoch, wish).plan(signal)
    } catch (error) {
      if (!isCoffreError(error, 'journal.outside-window', 'journal.gap')) throw error
      // What the newest log says of its bounds is what a person wants to know.
      refusal ??= error
    }
  }
  throw (
    refusal ??
    new CoffreError('journal.outside-window', `the vault has no log of ${wish.source}`, {
      hint: 'Restore one of its recovery points, or have its log captured: `coffre protect --continuous`.',
    })
  )
}

/** The same for a connector. */
export function replayOf({ stop, epoch, reader }: ReplayPlan): Replay {
  return { stop, branches: epoch.branches, read: (after, through, signal) => reader.read(after, through, signal) }
}

class EpochPlanner {
  readonly #session: VaultSession
  readonly #connector: Connector
  readonly #index: RepositoryIndex
  readonly #bases: readonly Base[]
  readonly #epoch: EpochDescription
  readonly #wish: ReplayWish

  constructor(
    session: VaultSession,
    connector: Connector,
    index: RepositoryIndex,
    bases: readonly Base[],
    epoch: EpochDescription,
    wish: ReplayWish,
  ) {
    this.#session = session
    this.#connector = connector
    this.#index = index
    this.#bases = bases
    this.#epoch = epoch
    this.#wish = wish
  }

  async plan(signal: AbortSignal): Promise<ReplayPlan> {
    const options = { stream: logOf(this.#wish.source), epoch: this.#epoch.epoch }
    for (const base of this.#bases) {
      const format = this.#connector.logFormat?.(base.document)
      if (format === undefined) break
      const reader = await JournalReader.open(this.#session.repository, this.#index, format, options, signal)
      if (!(await this.#isCovered(reader, base, signal))) continue
      const stop = await this.#stopAfter(reader, format, base, signal)
      if (stop === undefined) continue
      const logBytes = format.cut({ after: base.begin, through: stop.through, bytes: new Uint8Array(0) }, stop.through)
      return { base, stop, epoch: this.#epoch, index: this.#index, reader, logBytes }
    }
    throw new CoffreError(
      'journal.outside-window',
      `no base of ${this.#wish.source} lies before what is wanted, with all of its log`,
      {
        hint: 'The window begins with the end of the oldest base. `coffre timeline` shows it.',
      },
    )
  }

  /** Whether the epoch has the log from the base's beginning on, and the base ended on the way to the target: else it is none. */
  async #isCovered(reader: JournalReader, { begin, end }: Base, signal: AbortSignal): Promise<boolean> {
    try {
      for (const position of [begin, end]) for await (const _ of reader.read(position, this.#target(reader), signal)) break
      return true
    } catch (error) {
      if (isCoffreError(error, 'journal.gap')) return false
      throw error
    }
  }

  /** Where to stop, if that lies at or after the base's end: undefined means an older base is needed. */
  async #stopAfter(reader: JournalReader, format: LogFormat, base: Base, signal: AbortSignal): Promise<ReplayStop | undefined> {
    const { target } = this.#wish
    if (target.kind === 'latest') return this.#atEnd(reader, format, base, this.#target(reader), Number.POSITIVE_INFINITY, signal)
    if (target.kind === 'time') return this.#atTime(reader, format, base, target.us, signal)
    try {
      const log = reader.read(format.fileStart(base.end), this.#target(reader), signal)
      const stop = await this.#connector.locate?.(log, target, base.document, signal)
      return stop !== undefined && isReached(base.end, stop.through) ? stop : undefined
    } catch (error) {
      if (isCoffreError(error, 'journal.outside-window') && base !== this.#bases.at(-1)) return undefined
      throw error
    }
  }

  async #atTime(
    reader: JournalReader,
    format: LogFormat,
    base: Base,
    us: number,
    signal: AbortSignal,
  ): Promise<ReplayStop | undefined> {
    const { branch } = this.#wish
    const located = await reader.locate({ atUs: us, ...(branch === undefined ? {} : { branch }) }, signal)
    if (located.kind === 'end') return this.#atEnd(reader, format, base, located.through, us, signal)
    if (!isReached(base.end, located.through)) return undefined
    const from = format.fileStart(located.before ?? located.after)
    const log = reader.read(from, this.#target(reader), signal)
    const stop = await this.#connector.locate?.(log, { kind: 'time', us }, base.document, signal)
    return stop !== undefined && isReached(base.end, stop.through) ? stop : undefined
  }

  /** The end of the log: with the last record in it, if it is not long ago. */
  async #atEnd(
    reader: JournalReader,
    format: LogFormat,
    base: Base,
    through: Position,
    us: number,
    signal: AbortSignal,
  ): Promise<ReplayStop | undefined> {
    if (!isReached(base.end, through)) return undefined
    const from = this.#lookBackFrom(format, base, through)
    const log = reader.read(from, through, signal)
    const found = await this.#connector.locate?.(log, { kind: 'time', us }, base.document, signal)
    return found ?? { through }
  }

  #lookBackFrom(format: LogFormat, base: Base, through: Position): Position {
    const all = { after: base.end, through, bytes: new Uint8Array(0) }
    if (base.end.branch !== through.branch || format.cut(all, through) <= lookBackBytes) return format.fileStart(base.end)
    return format.fileStart(format.before?.(through, lookBackBytes) ?? base.end)
  }

  #target(reader: JournalReader): Position {
    const { branch } = this.#wish
    if (branch === undefined || branch === reader.end.branch) return reader.end
    const window = this.#epoch.windows.findLast((one) => one.branch === branch)
    if (window !== undefined) return { branch, offset: window.through }
    throw new CoffreError('journal.outside-window', `the log of ${this.#wish.source} has no branch ${branch}`, {
      hint: `It has ${this.#epoch.branches.map(({ id }) => id).join(', ')}.`,
    })
  }
}

/** Positions on different branches have no order; that one lies on the way to the other was proven by reading. */
function isReached(end: Position, through: Position): boolean {
  return end.branch !== through.branch || end.offset <= through.offset
}

function noBase(source: string): CoffreError {
  return new CoffreError('point.none', `the vault has no base of ${source} to begin from`, {
    hint: 'Its first backup makes one: `coffre backup`. Points that are partial or damaged are not used.',
  })
}
