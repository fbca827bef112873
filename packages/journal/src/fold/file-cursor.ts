import type { Branch, BranchId, ChangeBatch, FoldedDocument, FoldedLog, LogFormat, Position } from '@coffre/connector'
import type { FoldedFile } from './hour-index.ts'
import { LogTap } from './log-tap.ts'

/** A part of the log that is to be folded: all of it on one branch. */
export interface FoldRun {
  readonly branch: string
  /** Where the first native file begins. */
  readonly after: string
  readonly through: string
}

/** A file that comes next, and what goes with it. */
export interface NextFile {
  readonly log: FoldedLog
  readonly documents: readonly FoldedDocument[]
}

/** Takes the files that a format makes of runs of log, one after the other, and writes down what is in them. */
export class FileCursor implements AsyncDisposable {
  readonly #format: LogFormat
  readonly #runs: Iterator<FoldRun>
  readonly #read: (after: string, through: Position) => AsyncIterable<ChangeBatch>
  readonly #branchOf: (id: BranchId) => Branch
  readonly #signal: AbortSignal
  #tap = new LogTap()
  #items: AsyncIterator<FoldedLog | FoldedDocument> | undefined
  #run: FoldRun | undefined
  #next: NextFile | undefined
  #at = ''

  constructor(
    format: LogFormat,
    runs: readonly FoldRun[],
    read: (after: string, through: Position) => AsyncIterable<ChangeBatch>,
    branchOf: (id: BranchId) => Branch,
    signal: AbortSignal,
  ) {
    this.#format = format
    this.#runs = runs.values()
    this.#read = read
    this.#branchOf = branchOf
    this.#signal = signal
  }

  /** The file that comes next, or undefined when all the log is in files. */
  async peek(): Promise<NextFile | undefined> {
    const documents: FoldedDocument[] = []
    while (this.#next === undefined) {
      this.#items ??= this.#begin()
      if (this.#items === undefined) return undefined
      const { value, done } = await this.#items.next()
      if (done === true) this.#endRun()
      else if (value.kind === 'document') documents.push(value)
      else this.#next = { log: value, documents }
    }
    return this.#next
  }

  /** What the file that was peeked at holds; to be asked once its content was read to its end. */
  take(): FoldedFile {
    const { log } = this.#next ?? {}
    if (log === undefined) throw new Error('there is no file to take')
    const { through, logBytes, isComplete } = log.end()
    const { branch, offset: after } = log.after
    if (branch !== this.#run?.branch || after !== this.#at || through.branch !== branch) {
      throw new Error(`the format made a file of the log after ${branch}@${after}, and ${this.#run?.branch}@${this.#at} was next`)
    }
    const parts = this.#tap.take({ through, logBytes, isComplete })
    this.#at = through.offset
    this.#next = undefined
    return { name: log.name, branch, after, through: through.offset, logBytes, isComplete, parts }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#items?.return?.()
  }

  #begin(): AsyncIterator<FoldedLog | FoldedDocument> | undefined {
    this.#run = this.#runs.next().value
    if (this.#run === undefined) return undefined
    const { branch, after, through } = this.#run
    this.#at = after
    this.#tap = new LogTap()
    const log = this.#tap.watch(this.#read(after, { branch, offset: through }))
    return this.#format.fold(log, this.#branchOf(branch), this.#signal)[Symbol.asyncIterator]()
  }

  #endRun(): void {
    this.#items = undefined
    if (this.#at !== this.#run?.through || !this.#tap.isEmptied) {
      throw new Error(`the format left out log between ${this.#at} and ${this.#run?.through} on branch ${this.#run?.branch}`)
    }
  }
}
