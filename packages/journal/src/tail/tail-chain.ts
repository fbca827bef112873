import { type CoffreError, isCoffreError } from '@coffre/foundation'
import type { Repository } from '@coffre/repository'
import { journalDamaged, journalFork } from '../journal-error.ts'
import { type FoundTail, findTails } from './list-tails.ts'
import { describeTail, type StoredTail, type TailFile } from './stored-tail.ts'
import type { TailHead } from './tail-header.ts'
import { TailReader } from './tail-reader.ts'

/** Tails that follow each other without a gap, and what ends them. */
export interface TailChain {
  /** By number. More than one epoch, as a rule one after the other. */
  readonly tails: readonly StoredTail[]
  /** The tail that it goes on after, where that is still there. */
  readonly start: StoredTail | undefined
  /** Why tails of an epoch do not count: those after the last of that epoch that is among `tails`. */
  readonly problems: ReadonlyMap<number, CoffreError>
  /** The same for the end of the chain: nothing can be added to it. */
  readonly problem: CoffreError | undefined
}

/** The tail that a chain goes on after. */
export interface ChainStart extends TailHead {
  readonly epoch: number
}

/**
 * Follows the tails among `files` that come after `from`, or from the first one on. Each must be there, be authentic and name the one
 * before. What was cut short at the very end was never sealed, and is passed over. After a problem only an epoch counts that was begun
 * in spite of it.
 */
export async function followTails(
  repository: Repository,
  stream: string,
  files: readonly TailFile[],
  from: ChainStart | undefined,
  signal: AbortSignal,
): Promise<TailChain> {
  const found = await findTails(
    repository,
    stream,
    files.filter(({ number }) => number >= (from?.number ?? 0)),
    signal,
  )
  const chain = new ChainWalk(repository, stream, from, found, signal)
  return chain.walk()
}

class ChainWalk {
  readonly #repository: Repository
  readonly #stream: string
  readonly #signal: AbortSignal
  readonly #groups: ReadonlyMap<number, readonly FoundTail[]>
  readonly #tails: StoredTail[] = []
  #start: StoredTail | undefined
  readonly #problems = new Map<number, CoffreError>()
  #last: TailHead | undefined
  #epoch: number
  #problem: CoffreError | undefined

  constructor(
    repository: Repository,
    stream: string,
    from: ChainStart | undefined,
    found: readonly FoundTail[],
    signal: AbortSignal,
  ) {
    this.#repository = repository
    this.#stream = stream
    this.#signal = signal
    this.#last = from
    this.#groups = Map.groupBy(found, ({ file }) => file.number)
    this.#epoch = from?.epoch ?? 0
  }

  async walk(): Promise<TailChain> {
    const numbers = [...this.#groups.keys()].sort((a, b) => a - b)
    for (const [at, number] of numbers.entries()) {
      const group = this.#groups.get(number) ?? []
      // The tail that the chain begins after is looked at for its id alone.
      if (number === this.#last?.number && this.#tails.length === 0) this.#meetFirst(group)
      else await this.#step(number, group, at === numbers.length - 1)
    }
    if (this.#problem !== undefined) this.#problems.set(this.#epoch, this.#problem)
    return { tails: this.#tails, start: this.#start, problems: this.#problems, problem: this.#problem }
  }

  #meetFirst(group: readonly FoundTail[]): void {
    const whole = wholeOf(group)
    const first = whole.find(({ id }) => id === this.#last?.id)
    this.#start = first
    if (whole.length > 0 && first === undefined) this.#fail(whole[0]?.number ?? 0, 'is not the one that was folded')
  }

  async #step(number: number, group: readonly FoundTail[], isEnd: boolean): Promise<void> {
    const whole = wholeOf(group)
    const fresh = whole.filter(({ header }) => header.previous === '' && header.epoch > this.#epoch)
    if (fresh.length > 0 && (this.#problem !== undefined || number === this.#next)) {
      if (this.#problem !== undefined) this.#problems.set(this.#epoch, this.#problem)
      this.#problem = undefined
      await this.#take(number, fresh)
      return
    }
    if (this.#problem !== undefined) return
    if (number !== this.#next) {
      this.#fail(this.#next, 'is missing, and later ones are there')
      if (fresh.length > 0) await this.#step(number, group, isEnd)
      return
    }
    const following = whole.filter(({ header }) => header.previous === (this.#last?.id ?? ''))
    if (following.length > 0) await this.#take(number, following)
    else if (whole.length > 0) this.#fail(number, 'does not follow the one before it')
    else if (group.some(({ finding }) => finding === 'damaged')) this.#fail(number, 'is damaged')
    else if (!isEnd) this.#fail(number, 'was cut short, and later ones are there')
  }

  get #next(): number {
    return (this.#last?.number ?? 0) + 1
  }

  /** Of two that say the same log, the one that the next tail follows, or that has more of it. */
  async #take(number: number, candidates: readonly StoredTail[]): Promise<void> {
    const successors = wholeOf(this.#groups.get(number + 1) ?? [])
    const followed = candidates.filter(({ id }) => successors.some(({ header }) => header.previous === id))
    const [tail] = (followed.length > 0 ? followed : candidates).toSorted((a, b) => b.header.logBytes - a.header.logBytes)
    if (tail === undefined) return
    try {
      for (const other of candidates) if (other.id !== tail.id) await this.#assertAgree(tail, other)
    } catch (error) {
      if (!isCoffreError(error, 'journal.fork', 'journal.damaged')) throw error
      this.#problem = error
      return
    }
    this.#tails.push(tail)
    this.#last = tail
    this.#epoch = tail.header.epoch
  }

  async #assertAgree(a: StoredTail, b: StoredTail): Promise<void> {
    const disagree = journalFork(`two tails ${a.number} of the journal ${this.#stream} disagree`)
    const [x, y] = [a.header, b.header]
    if (x.epoch !== y.epoch || x.branch !== y.branch || x.after !== y.after) throw disagree
    const common = Math.min(x.logBytes, y.logBytes)
    const { bytes: first } = await new TailReader(this.#repository).read(a, this.#signal)
    const { bytes: second } = await new TailReader(this.#repository).read(b, this.#signal)
    if (Buffer.compare(first.subarray(0, common), second.subarray(0, common)) !== 0) throw disagree
    // The order of the log is that of its offsets: more bytes reach further.
    if (Math.sign(x.logBytes - y.logBytes) !== compareTexts(x.through, y.through)) throw disagree
  }

  #fail(number: number, problem: string): void {
    this.#problem = journalDamaged(describeTail(this.#stream, number), problem)
  }
}

function wholeOf(group: readonly FoundTail[]): StoredTail[] {
  return group.flatMap(({ finding }) => (typeof finding === 'string' ? [] : [finding]))
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
