import type { Position } from '@coffre/connector'
import type { CoffreError } from '@coffre/foundation'
import { BlobReader, loadIndex, type Repository, type RepositoryIndex } from '@coffre/repository'
import { forEachBounded } from '@coffre/storage'
import { BranchTree } from '../branch-tree.ts'
import type { DayDocument, HourSummary } from '../fold/day-document.ts'
import { loadDay } from '../fold/load-day.ts'
import { currentPoints, type LogPoint } from '../fold/log-point.ts'
import { loadChain } from '../load-chain.ts'
import { rangeOf, type StoredTail, type TailFile } from '../tail/stored-tail.ts'
import { type FoldedHour, loadHour } from './folded-hour.ts'

/** The point of a day and what it says of itself. */
export interface FoldedDay {
  readonly point: LogPoint
  readonly document: DayDocument
}

/** An hour of a day. */
export interface DayHour {
  readonly day: FoldedDay
  readonly summary: HourSummary
}

export interface ContentOptions {
  readonly stream: string
  /** The last one unless given. */
  readonly epoch?: number
}

const loadsAtOnce = 8
const hoursKept = 6

/** What there is of one epoch of a stream: points, tails, and where they end. A picture of the moment when it was loaded. */
export class LogContent {
  readonly repository: Repository
  readonly stream: string
  readonly epoch: number
  readonly tree: BranchTree
  /** By day. */
  readonly days: readonly FoldedDay[]
  /** Tails that are not folded, by number. */
  readonly tails: readonly StoredTail[]
  /** Tails that are folded and still there. */
  readonly foldedTails: readonly TailFile[]
  /** Where the log ends, on the branch that goes on. */
  readonly end: Position
  /** Why later tails of the epoch do not count. */
  readonly problem: CoffreError | undefined
  readonly reader: BlobReader
  readonly #hours = new Map<string, Promise<FoldedHour>>()

  private constructor(
    repository: Repository,
    reader: BlobReader,
    parts: Pick<LogContent, 'stream' | 'epoch' | 'tree' | 'days' | 'tails' | 'foldedTails' | 'end' | 'problem'>,
  ) {
    this.repository = repository
    this.reader = reader
    this.stream = parts.stream
    this.epoch = parts.epoch
    this.tree = parts.tree
    this.days = parts.days
    this.tails = parts.tails
    this.foldedTails = parts.foldedTails
    this.end = parts.end
    this.problem = parts.problem
  }

  /** Undefined when there is nothing of the epoch. */
  static async load(
    repository: Repository,
    index: RepositoryIndex,
    { stream, epoch }: ContentOptions,
    signal: AbortSignal,
  ): Promise<LogContent | undefined> {
    const contents = await LogContent.#load(repository, index, stream, signal, (known) => [epoch ?? known.at(-1) ?? 0])
    return contents.at(0)
  }

  /** All epochs that there is something of, oldest first. */
  static loadAll(repository: Repository, index: RepositoryIndex, stream: string, signal: AbortSignal): Promise<LogContent[]> {
    return LogContent.#load(repository, index, stream, signal, (known) => known)
  }

  static async #load(
    repository: Repository,
    given: RepositoryIndex,
    stream: string,
    signal: AbortSignal,
    choose: (known: readonly number[]) => readonly number[],
  ): Promise<LogContent[]> {
    const { points: all, latest, files, chain } = await loadChain(repository, stream, signal)
    const points = currentPoints(all)
    const known = new Set([...points.map(({ epoch }) => epoch), ...chain.tails.map(({ header }) => header.epoch)])
    const isKnown = points.every(({ snapshot }) => given.find(snapshot.tree, true).length > 0)
    // A fold has made a point since the index was read.
    const index = isKnown ? given : await loadIndex(repository, {}, signal)
    const reader = new BlobReader(repository, index)
    const contents: LogContent[] = []
    for (const epoch of choose([...known].sort((a, b) => a - b))) {
      if (!known.has(epoch)) continue
      const tails = chain.tails.filter(({ header }) => header.epoch === epoch)
      const days = await loadDays(
        repository,
        index,
        points.filter((point) => point.epoch === epoch),
        signal,
      )
      const last = tails.at(-1)
      const place = last?.header ?? days.at(-1)?.document
      if (place === undefined) continue
      contents.push(
        new LogContent(repository, reader, {
          stream,
          epoch,
          tree: new BranchTree(place.begin, place.branches),
          days,
          tails,
          foldedTails: files.filter((file) => file.epoch === epoch && file.number <= (latest?.tail.number ?? 0)),
          end: last === undefined ? (days.at(-1)?.document.through ?? place.begin) : rangeOf(last).through,
          problem: chain.problems.get(epoch),
        }),
      )
    }
    return contents
  }

  /** Every hour that is folded, in the order of time. */
  *hours(): Generator<DayHour> {
    for (const day of this.days) for (const summary of day.document.hours) yield { day, summary }
  }

  /** The few that were asked for last are kept. */
  async hour({ day: { point }, summary }: DayHour, signal: AbortSignal): Promise<FoldedHour> {
    const key = `${point.id} ${summary.hour}`
    const hour = this.#hours.get(key) ?? loadHour(this.reader, point, summary.hour, signal)
    this.#hours.delete(key)
    this.#hours.set(key, hour)
    for (const [oldest] of this.#hours) if (this.#hours.size > hoursKept) this.#hours.delete(oldest)
    try {
      return await hour
    } catch (error) {
      this.#hours.delete(key)
      throw error
    }
  }
}

async function loadDays(
  repository: Repository,
  index: RepositoryIndex,
  points: readonly LogPoint[],
  signal: AbortSignal,
): Promise<FoldedDay[]> {
  const days: FoldedDay[] = []
  await forEachBounded(points.entries(), loadsAtOnce, async ([at, point]) => {
    days[at] = { point, document: await loadDay(repository, index, point, signal) }
  })
  return days
}
