import type { Branch, Position } from '@coffre/connector'
import type { CoffreError } from '@coffre/foundation'
import { loadIndex, type Repository } from '@coffre/repository'
import { BranchTree } from './branch-tree.ts'
import { loadDay } from './fold/load-day.ts'
import type { LogPoint } from './fold/log-point.ts'
import { loadChain } from './load-chain.ts'
import { rangeOf, type StoredTail } from './tail/stored-tail.ts'
import type { BranchEnds, TailHead } from './tail/tail-header.ts'

/** Where the log of a stream ends, and what a writer has to know to go on there. */
export interface JournalEnd {
  /** Undefined where nothing was ever sealed. */
  readonly head: TailHead | undefined
  /** The highest number and epoch that were ever given, as far as can be seen; 0 where none was. */
  readonly numberMax: number
  readonly epochMax: number
  readonly place: EndPlace | undefined
  /** The last tail, unless it is folded. */
  readonly last: StoredTail | undefined
  /** Of the tails that wait to be folded, how much log each has. */
  readonly unfolded: ReadonlyMap<number, number>
  /** The ids of tails that are known. */
  readonly known: ReadonlyMap<number, string>
  /** Every file that is called like a tail. */
  readonly files: readonly string[]
  /** Why the journal cannot go on as it is. */
  readonly problem: CoffreError | undefined
}

export interface EndPlace {
  readonly epoch: number
  readonly tree: BranchTree
  /** Where the log of each branch ends. */
  readonly ends: ReadonlyMap<string, string>
  readonly durable: Position
}

interface Described {
  readonly epoch: number
  readonly begin: Position
  readonly branches: readonly Branch[]
  readonly ends: BranchEnds
  readonly durable: Position
}

export async function loadEnd(repository: Repository, stream: string, signal: AbortSignal): Promise<JournalEnd> {
  const { latest: point, files, chain } = await loadChain(repository, stream, signal)
  const last = chain.tails.at(-1)
  const tail = last ?? chain.start
  const place = tail === undefined ? await placeOf(repository, point, signal) : { ...tail.header, durable: rangeOf(tail).through }
  return {
    head: last ?? point?.tail,
    numberMax: Math.max(point?.tail.number ?? 0, ...files.map(({ number }) => number)),
    epochMax: Math.max(point?.epoch ?? 0, ...files.map(({ epoch }) => epoch)),
    place: place === undefined ? undefined : placeIn(place),
    last,
    unfolded: new Map(chain.tails.map(({ number, header }) => [number, header.logBytes])),
    known: new Map([...(point === undefined ? [] : [point.tail]), ...chain.tails].map(({ number, id }) => [number, id])),
    files: files.map(({ file }) => file.name),
    problem: chain.problem,
  }
}

function placeIn({ epoch, begin, branches, ends, durable }: Described): EndPlace {
  return { epoch, tree: new BranchTree(begin, branches), ends: new Map(ends), durable }
}

/** What the last point says, where no tail is left: as a rule the last one is kept. */
async function placeOf(repository: Repository, point: LogPoint | undefined, signal: AbortSignal): Promise<Described | undefined> {
  if (point === undefined) return undefined
  const { epoch, begin, branches, ends, through } = await loadDay(
    repository,
    await loadIndex(repository, {}, signal),
    point,
    signal,
  )
  return { epoch, begin, branches, ends, durable: through }
}
