import { type FileChanges, TransactionChanges } from './transaction-changes.ts'
import type { TransactionEnd } from './transaction-end.ts'

/**
 * What the transactions did that have not ended yet, in bounded memory. Past the bound, savepoints are added to their transactions
 * before it is known whether they are rolled back; if that is not enough, files not seen so far are counted together. Both leave their
 * mark on the transaction: it is then no longer exact.
 */
export class OpenTransactions {
  readonly #entriesMax: number
  readonly #byXid = new Map<number, TransactionChanges>()
  #entries = 0
  #lastXid = 0
  #last: TransactionChanges | undefined
  #canMerge = false

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
  }

  get entries(): number {
    return this.#entries
  }

  /** The counts of one file in one transaction or savepoint, to be added to. */
  file(xid: number, tablespace: number, database: number, file: number): FileChanges {
    const changes = this.#of(xid)
    const known = changes.find(tablespace, database, file)
    if (known !== undefined) return known
    return this.#grow(changes, () => changes.file(tablespace, database, file)) ?? changes.rest
  }

  /** Adds what is not a count, unless there is no room for it. */
  note(xid: number, add: (changes: TransactionChanges) => void): void {
    const changes = this.#of(xid)
    this.#grow(changes, () => add(changes))
  }

  /** Says whose savepoints these are. They may still be rolled back: their counts stay apart as long as memory allows. */
  assign(topXid: number, subxids: readonly number[]): void {
    for (const xid of subxids) this.#of(xid).topXid = topXid
    this.#canMerge = true
  }

  /** All that ends with this record; undefined when nothing of it was seen. */
  finish({ xid, subxids }: TransactionEnd): TransactionChanges | undefined {
    const changes = this.#byXid.get(xid)
    this.#remove(xid, changes)
    let sum = changes
    for (const subxid of subxids) {
      const part = this.#byXid.get(subxid)
      if (part === undefined) continue
      this.#remove(subxid, part)
      sum ??= new TransactionChanges()
      sum.merge(part)
    }
    return sum
  }

  /** Forgets those that no longer run though nothing said so: they were open when the server crashed. */
  forgetBefore(oldestRunningXid: number): void {
    for (const [xid, changes] of this.#byXid) if (precedes(xid, oldestRunningXid)) this.#remove(xid, changes)
  }

  #of(xid: number): TransactionChanges {
    if (xid === this.#lastXid && this.#last !== undefined) return this.#last
    let changes = this.#byXid.get(xid)
    if (changes === undefined) {
      changes = new TransactionChanges()
      this.#byXid.set(xid, changes)
      this.#entries++
    }
    this.#lastXid = xid
    this.#last = changes
    return changes
  }

  /** Undefined, and a mark on the transaction, when there is no room for more. */
  #grow<Result>(changes: TransactionChanges, add: () => Result): Result | undefined {
    if (this.#entries >= this.#entriesMax) this.#mergeSavepoints()
    if (this.#entries >= this.#entriesMax) {
      changes.isExact = false
      return undefined
    }
    const before = changes.entries
    const result = add()
    this.#entries += changes.entries - before
    return result
  }

  #mergeSavepoints(): void {
    if (!this.#canMerge) return
    this.#canMerge = false
    for (const [xid, changes] of [...this.#byXid]) {
      if (changes.topXid === undefined || xid === this.#lastXid) continue
      this.#remove(xid, changes)
      const top = this.#byXid.get(changes.topXid) ?? new TransactionChanges()
      const before = this.#byXid.has(changes.topXid) ? top.entries : 0
      top.merge(changes)
      top.isExact = false
      this.#byXid.set(changes.topXid, top)
      this.#entries += top.entries - before
    }
  }

  #remove(xid: number, changes: TransactionChanges | undefined): void {
    if (changes === undefined) return
    this.#byXid.delete(xid)
    this.#entries -= changes.entries
    if (xid === this.#lastXid) this.#last = undefined
  }
}

/** Transaction numbers are a circle: half of it lies before each. */
function precedes(xid: number, other: number): boolean {
  return ((xid - other) | 0) < 0
}
