import type { Branch, BranchId, ChangeBatch, LogFormat, Mark, Position } from '@coffre/connector'
import type { Repository, RepositoryIndex } from '@coffre/repository'
import type { Stretch } from '../branch-tree.ts'
import { journalGap } from '../journal-error.ts'
import { type Located, locate } from './locate.ts'
import { type ContentOptions, LogContent } from './log-content.ts'
import { readMarks } from './read-marks.ts'
import { readStretch } from './read-stretch.ts'

/** An instant of the source's clock, and where to look for it. */
export interface LocateRequest {
  /** Microseconds since 1970, as stamps are. */
  readonly atUs: number
  /** Look only at the log after this position, such as a base's; at the whole epoch unless given. */
  readonly after?: Position
  /** The branch whose history counts; the one that goes on unless given. */
  readonly branch?: BranchId
}

/**
 * Reads the log of one epoch of a stream, as it was when it was opened: what is folded and what is not, as one. Damage and gaps are
 * errors, never passed over.
 */
export class JournalReader {
  readonly #content: LogContent
  readonly #format: LogFormat

  constructor(content: LogContent, format: LogFormat) {
    this.#content = content
    this.#format = format
  }

  /** `journal.gap` when the vault has nothing of the stream, or of the epoch. An index that does not know of all points is read anew. */
  static async open(
    repository: Repository,
    index: RepositoryIndex,
    format: LogFormat,
    options: ContentOptions,
    signal: AbortSignal,
  ): Promise<JournalReader> {
    const content = await LogContent.load(repository, index, options, signal)
    if (content === undefined) throw journalGap(`the vault has no log of ${options.stream}`)
    return new JournalReader(content, format)
  }

  get epoch(): number {
    return this.#content.epoch
  }

  /** Where the epoch began; what comes first may have expired since. */
  get begin(): Position {
    return this.#content.tree.begin
  }

  /** Where the log ends, on the branch that goes on. */
  get end(): Position {
    return this.#content.end
  }

  get branches(): readonly Branch[] {
    return this.#content.tree.branches
  }

  /**
   * Exactly the log after one position through another, from branch to branch; the first batch of a branch says so by `fork`. A
   * position on a branch before its fork is one of its parent.
   */
  async *read(after: Position, through: Position, signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    let isFirst = true
    for (const stretch of this.#content.tree.way(after, through)) {
      let fork = isFirst ? undefined : this.#content.tree.get(stretch.branch)
      isFirst = false
      for await (const batch of readStretch(this.#content, this.#format, stretch, signal)) {
        yield fork === undefined ? batch : { ...batch, fork }
        fork = undefined
      }
      if (fork !== undefined) yield emptyBatch(stretch, fork)
    }
  }

  /** The same with all positions on the branch of `through`, as formats see them. */
  async *readOnBranch(after: string, through: Position, signal: AbortSignal): AsyncGenerator<ChangeBatch> {
    const { branch } = through
    for await (const { fork: _, ...batch } of this.read({ branch, offset: after }, through, signal)) {
      const relabelled = { after: { branch, offset: batch.after.offset }, through: { branch, offset: batch.through.offset } }
      if (batch.bytes.byteLength > 0) yield { ...batch, ...relabelled }
    }
  }

  /** The marks at positions of a way, in the order in which they were taken. */
  marksBetween(after: Position, through: Position, signal: AbortSignal): AsyncGenerator<Mark> {
    return readMarks(this.#content, this.#content.tree.way(after, through), signal)
  }

  /** The last mark at or before a position and the first at or after it: the time at which the log came there lies in between. */
  async markAt(
    position: Position,
    signal: AbortSignal,
  ): Promise<{ readonly before: Mark | undefined; readonly after: Mark | undefined }> {
    const { tree } = this.#content
    const way = tree.way(tree.begin, position)
    let before: Mark | undefined
    for await (const mark of readMarks(this.#content, way, signal)) before = mark
    const rest: Stretch = { branch: position.branch, after: position.offset, through: this.#endOf(position.branch) }
    for await (const after of readMarks(this.#content, [rest], signal)) return { before, after }
    return { before, after: undefined }
  }

  /**
   * The first piece of log that holds a record stamped after an instant, or the end of the log when there is none and a mark proves the
   * instant to have passed. `journal.outside-window`, with the bounds, for instants before the log and after the last mark.
   */
  locate({ atUs, after = this.begin, branch = this.end.branch }: LocateRequest, signal: AbortSignal): Promise<Located> {
    const end = { branch, offset: this.#endOf(branch) }
    return locate(this.#content, this.#content.tree.way(after, end), atUs, signal)
  }

  #endOf(branch: BranchId): string {
    const { tails, days, end } = this.#content
    if (branch === end.branch) return end.offset
    const ends = tails.at(-1)?.header.ends ?? days.at(-1)?.document.ends ?? []
    const found = ends.find(([id]) => id === branch)?.[1]
    if (found === undefined) throw journalGap(`the log of ${this.#content.stream} has no branch ${branch}`)
    return found
  }
}

function emptyBatch({ branch, after }: Stretch, fork: Branch): ChangeBatch {
  const position = { branch, offset: after }
  return { after: position, through: position, bytes: new Uint8Array(0), fork }
}
