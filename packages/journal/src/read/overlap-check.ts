import { createHash, type Hash } from 'node:crypto'
import type { ChangeBatch } from '@coffre/connector'
import { journalFork } from '../journal-error.ts'
import { describeTail, findTail, type StoredTail, type TailFile } from '../tail/stored-tail.ts'
import type { LogContent } from './log-content.ts'

const headersAhead = 8

/**
 * Compares log that is folded with the tails that it came in, where these are still there (rule J3). Their headers have the hash of
 * their log, so that the tails themselves need not be read.
 */
export class OverlapCheck {
  readonly #content: LogContent
  readonly #signal: AbortSignal
  /** By where their log begins. */
  readonly #tails: ReadonlyMap<string, TailFile>
  readonly #order: readonly TailFile[]
  readonly #headers = new Map<TailFile, Promise<StoredTail | undefined>>()
  #at: string | undefined
  #tail: StoredTail | undefined
  #digest: Hash | undefined

  constructor(content: LogContent, branch: string, signal: AbortSignal) {
    this.#content = content
    this.#signal = signal
    const known = content.tails.map(({ file }) => file)
    this.#order = [...content.foldedTails, ...known].filter((file) => file.branch === branch && file.through > file.after)
    this.#tails = new Map(this.#order.map((file) => [file.after, file]))
  }

  /** `journal.fork` when a tail that ends with this batch has other log than was seen. Batches come whole and in order. */
  async see({ after, through, bytes }: ChangeBatch): Promise<void> {
    if (this.#at !== after.offset) this.#tail = undefined
    if (this.#tail === undefined) await this.#begin(after.offset)
    this.#at = through.offset
    this.#digest?.update(bytes)
    const { header } = this.#tail ?? {}
    if (header === undefined || through.offset < header.through) return
    this.#tail = undefined
    if (through.offset > header.through || this.#digest?.digest('hex') === header.sha256) return
    const what = describeTail(header.stream, header.number)
    throw journalFork(`${what} has other log from ${header.after} to ${header.through} on branch ${header.branch} than was folded`)
  }

  async #begin(offset: string): Promise<void> {
    this.#digest = undefined
    const file = this.#tails.get(offset)
    if (file === undefined) return
    const place = this.#order.indexOf(file)
    for (const next of this.#order.slice(place, place + headersAhead)) void this.#load(next)
    this.#tail = await this.#load(file)
    this.#headers.delete(file)
    if (this.#tail !== undefined) this.#digest = createHash('sha256')
  }

  /** A tail that is not whole any more was folded: it is missed by nobody. */
  #load(file: TailFile): Promise<StoredTail | undefined> {
    const { repository, stream } = this.#content
    const load =
      this.#headers.get(file) ??
      findTail(repository, stream, file, this.#signal).then((found) => (typeof found === 'string' ? undefined : found))
    load.catch(() => undefined)
    this.#headers.set(file, load)
    return load
  }
}
