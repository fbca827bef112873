import { type Branch, type ChangeBatch, formatPosition, type Position } from '@coffre/connector'
import { CoffreError, interruption, throwIfAborted } from '@coffre/foundation'
import type { Repository } from '@coffre/repository'
import { BranchTree } from './branch-tree.ts'
import { FramePool } from './frame-pool.ts'
import { type JournalEnd, loadEnd } from './journal-end.ts'
import { journalDamaged, journalGap, notContiguous } from './journal-error.ts'
import { PendingTail } from './pending-tail.ts'
import { describeTail } from './tail/stored-tail.ts'
import type { TailHead, TailHeader } from './tail/tail-header.ts'
import { TailStore } from './tail/tail-store.ts'

export interface JournalOptions {
  /** Names the log in the vault, for ever: letters, digits and `._+=,:@~-`. */
  readonly stream: string
  /** The head that somebody saw earlier and kept elsewhere: a journal that ends before it has lost its end. */
  readonly anchor?: TailHead
  /** Open also what cannot be mended. Nothing can be appended then before a new epoch has begun. */
  readonly afresh?: boolean
  /** A tail is stored when so much log waits for it. */
  readonly tailBytes?: number
}

const defaultTailBytes = 8 << 20
/** Tails on their way to the vault at the same time, beside the one that is filled. */
const storingMax = 2
const batchBytesMax = 256 << 20

/**
 * Writes the log of one stream, alone. What `durable` says survives a crash, without a gap from the epoch's beginning on; it alone may
 * be acknowledged to the source. After an error of `append` or `seal` nothing more is taken: open the journal anew. Disposing of it
 * throws away what is not sealed.
 */
export class Journal implements AsyncDisposable {
  readonly #stream: string
  readonly #tailBytes: number
  readonly #store: TailStore
  readonly #closing: AbortController
  readonly #pool = new FramePool()
  readonly #unfolded: Map<number, number>
  #unfoldedBytes: number
  #head: TailHead | undefined
  #headNumber: number
  #previous: string
  #epoch: number
  #tree: BranchTree | undefined
  /** Where the log of each branch ends, sealed or not. */
  readonly #ends = new Map<string, string>()
  #durable: Position | undefined
  #pending: PendingTail | undefined
  /** An epoch or a branch has begun that no tail tells of. */
  #hasNews = false
  #storing: Promise<void> = Promise.resolve()
  #storingTails = 0
  #storingBytes = 0
  #failure: unknown

  private constructor(options: JournalOptions, end: JournalEnd, closing: AbortController, store: TailStore) {
    this.#stream = options.stream
    this.#tailBytes = options.tailBytes ?? defaultTailBytes
    this.#store = store
    this.#closing = closing
    this.#unfolded = new Map(end.unfolded)
    this.#unfoldedBytes = this.#unfolded.values().reduce((total, bytes) => total + bytes, 0)
    this.#head = end.head
    this.#headNumber = end.head?.number ?? end.numberMax
    this.#previous = end.head?.id ?? ''
    this.#epoch = end.place?.epoch ?? end.epochMax
    this.#tree = end.place?.tree
    for (const [branch, offset] of end.place?.ends ?? []) this.#ends.set(branch, offset)
    this.#durable = end.place?.durable
    this.#pending = this.#durable === undefined ? undefined : new PendingTail(this.#durable, this.#pool)
  }

  /**
   * Finds the end of the log. `journal.damaged` or `journal.fork` when it cannot be proven that there is no gap before it, unless
   * `afresh`. `signal` ends all work of the journal.
   */
  static async open(repository: Repository, options: JournalOptions, signal: AbortSignal): Promise<Journal> {
    repository.assertWritable()
    const { stream, anchor, afresh = false } = options
    const end = await loadEnd(repository, stream, signal)
    if (!afresh && end.problem !== undefined) throw end.problem
    if (!afresh && anchor !== undefined) assertReaches(end, anchor, stream)
    const closing = new AbortController()
    const store = new TailStore(repository, stream, end.files, AbortSignal.any([signal, closing.signal]))
    if (!afresh && end.last !== undefined) await store.settle(end.last)
    const usable: JournalEnd = afresh ? { ...end, head: undefined, place: undefined } : end
    return new Journal(options, usable, closing, store)
  }

  /** Survives a crash, gapless up to here. Undefined before anything was sealed in the epoch. */
  get durable(): Position | undefined {
    return this.#durable
  }

  /** What was appended reaches to here. Undefined before an epoch has begun. */
  get end(): Position | undefined {
    return this.#pending?.through
  }

  /** 0 before one has begun. */
  get epoch(): number {
    return this.#epoch
  }

  get branches(): readonly Branch[] {
    return this.#tree?.branches ?? []
  }

  /** The last tail that is durable: an anchor, for whoever opens the journal next. */
  get head(): TailHead | undefined {
    return this.#head
  }

  /** Log that is not durable yet. */
  get pendingBytes(): number {
    return this.#storingBytes + (this.#pending?.logBytes ?? 0)
  }

  /** Durable log that waits to be folded. */
  get unfoldedBytes(): number {
    return this.#unfoldedBytes
  }

  /** Tells the journal what a fold has folded. */
  folded({ number }: TailHead): void {
    for (const [tail, bytes] of this.#unfolded) {
      if (tail > number) continue
      this.#unfolded.delete(tail)
      this.#unfoldedBytes -= bytes
    }
  }

  /**
   * An unbroken log begins, after this position; it needs a base that includes it. `branches` are those known to the engine, the
   * position's own and its parents for what their documents are worth. What is pending is dropped: it belongs to the epoch before.
   */
  beginEpoch(position: Position, branches: readonly Branch[]): void {
    this.#assertUsable()
    this.#epoch++
    this.#tree = new BranchTree(position, branches)
    this.#ends.clear()
    this.#ends.set(position.branch, position.offset)
    this.#durable = undefined
    this.#pending = new PendingTail(position, this.#pool)
    this.#hasNews = true
  }

  /** `journal.gap`, and nothing taken, unless the batch follows what was appended. Waits while too much is on its way to the vault. */
  async append(batch: ChangeBatch): Promise<void> {
    this.#assertUsable()
    const { tree } = this.#assertFollows(batch)
    const { fork, after } = batch
    if (fork !== undefined && tree.get(fork.id) === undefined) {
      this.#handOver()
      tree.add(fork)
      this.#pending = new PendingTail(after, this.#pool)
      this.#hasNews = true
    }
    this.#pending?.add(batch)
    this.#ends.set(batch.through.branch, batch.through.offset)
    if ((this.#pending?.logBytes ?? 0) >= this.#tailBytes) this.#handOver()
    while (this.#storingTails >= storingMax) await this.#storing
    this.#assertUsable()
  }

  /** Resolves when all that was appended is durable, to its end. Marks alone are sealed too. */
  async seal(signal: AbortSignal): Promise<Position> {
    this.#assertUsable()
    throwIfAborted(signal)
    this.#handOver()
    await orInterrupted(this.#storing, signal)
    this.#assertUsable()
    if (this.#durable === undefined) throw journalGap(`no epoch of the journal ${this.#stream} has begun`)
    return this.#durable
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new CoffreError('interrupted', `the journal ${this.#stream} was closed`))
    await this.#storing
    await this.#pool[Symbol.asyncDispose]()
  }

  #assertUsable(): void {
    if (this.#failure !== undefined) throw this.#failure
    throwIfAborted(this.#closing.signal)
  }

  #assertFollows({ after, through, bytes, fork }: ChangeBatch): { readonly tree: BranchTree } {
    const tree = this.#tree
    const { end } = this
    if (tree === undefined || end === undefined) throw journalGap(`no epoch of the journal ${this.#stream} has begun`)
    if (fork !== undefined && tree.get(fork.id) === undefined) this.#assertForks(tree, fork, after)
    else if (after.branch !== end.branch || after.offset !== end.offset) throw notContiguous(end, after)
    const isForward = bytes.byteLength === 0 ? through.offset === after.offset : through.offset > after.offset
    if (through.branch !== after.branch || !isForward || bytes.byteLength > batchBytesMax) {
      throw journalGap(
        `${bytes.byteLength} bytes of changes cannot lie between ${formatPosition(after)} and ${formatPosition(through)}`,
      )
    }
    return { tree }
  }

  /** A branch begins where it left a parent that the journal has, at or before the parent's end. */
  #assertForks(tree: BranchTree, { id, parent }: Branch, after: Position): void {
    const end = parent && this.#ends.get(parent.id)
    const begin = parent && tree.beginOf(parent.id)
    if (parent === undefined || end === undefined || begin === undefined) {
      throw journalGap(`branch ${id} begins at ${formatPosition(after)}, and the journal has nothing of its parent`)
    }
    if (after.branch !== id || after.offset !== parent.forkOffset || after.offset > end || after.offset < begin) {
      throw journalGap(
        `branch ${id} begins at ${formatPosition(after)} and left branch ${parent.id} at ${parent.forkOffset}, of which the journal has ${begin} to ${end}`,
      )
    }
  }

  /** What is pending goes on its way to the vault, behind what went before. */
  #handOver(): void {
    const tail = this.#pending
    if (tail === undefined || (tail.isEmpty && !this.#hasNews)) return
    const tree = this.#tree
    if (tree === undefined) return
    this.#pending = new PendingTail(tail.through, this.#pool)
    this.#hasNews = false
    const epoch = this.#epoch
    const { begin, branches } = tree
    const ends = [...this.#ends]
    this.#storingTails++
    this.#storingBytes += tail.logBytes
    const stored = this.#storing.then(() => this.#storeTail(tail, { epoch, begin, branches, ends }))
    this.#storing = stored
      .catch((error: unknown) => {
        this.#failure ??= error
      })
      .finally(() => {
        this.#storingTails--
        this.#storingBytes -= tail.logBytes
      })
  }

  async #storeTail(tail: PendingTail, place: Pick<TailHeader, 'epoch' | 'begin' | 'branches' | 'ends'>): Promise<void> {
    if (this.#failure !== undefined) return
    const { frames, sha256 } = await tail.finish()
    const { after, through, marks, stamps, logBytes } = tail
    const range = { branch: after.branch, after: after.offset, through: through.offset }
    const chain = { stream: this.#stream, number: this.#headNumber + 1, previous: this.#previous }
    const header = { ...chain, ...place, ...range, marks, stamps, logBytes, sha256 }
    const head = await this.#store.store({ header, frames })
    tail.release()
    this.#head = head
    this.#headNumber = head.number
    this.#previous = head.id
    // The last tails of an epoch may become durable when the next one has begun.
    if (place.epoch === this.#epoch) this.#durable = through
    this.#unfolded.set(head.number, logBytes)
    this.#unfoldedBytes += logBytes
  }
}

function assertReaches({ head, known }: JournalEnd, anchor: TailHead, stream: string): void {
  const what = describeTail(stream, anchor.number)
  const found = known.get(anchor.number)
  if (found !== undefined && found !== anchor.id) throw journalDamaged(what, 'is not the one that was seen earlier')
  const number = head?.number ?? 0
  if (number < anchor.number) throw journalDamaged(what, `is gone: the journal ends with tail ${number}`)
}

/** Waits no longer than the signal allows; what is waited for goes on. */
async function orInterrupted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const giveUp = (): void => reject(interruption(signal))
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}
