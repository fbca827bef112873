import type { Lsn } from './lsn.ts'
import type { RelationFile } from './record-parts.ts'

/** Rows that a transaction wrote to one file; rows that an UPDATE moved to another partition are updates of the one they left. */
export interface FileChanges extends RelationFile {
  inserts: number
  updates: number
  deletes: number
}

export interface DroppedDatabase {
  readonly oid: number
  /** Replay deletes its files before the transaction ends: the record before that is the last one to keep for whoever wants it back. */
  readonly start: Lsn
  readonly previous: Lsn
}

/** What one transaction or savepoint did, as far as the log was seen. */
export class TransactionChanges {
  /** By the number of the file alone, so that no key has to be made; the same number in two databases is rare. */
  readonly #files = new Map<number, FileChanges[]>()
  #fileCount = 0
  /** New files of relations: of new ones, and of those that were truncated or rewritten. */
  readonly created: RelationFile[] = []
  /** Relations, by database and object identifier, that TRUNCATE named (`wal_level = logical` only). */
  readonly truncated: { readonly database: number; readonly oid: number }[] = []
  readonly droppedDatabases: DroppedDatabase[] = []
  /** The transaction that this is a savepoint of, once known. */
  topXid: number | undefined
  /** Whether memory had room for all of it, and each savepoint could be kept apart until its end. */
  isExact = true
  /** What was written to files for which there was no room. */
  readonly rest: FileChanges = { tablespace: 0, database: 0, file: 0, inserts: 0, updates: 0, deletes: 0 }

  /** How much memory it takes, in entries of about a hundred bytes. */
  get entries(): number {
    const lists = this.created.length + this.truncated.length + this.droppedDatabases.length
    return 1 + this.#fileCount + lists
  }

  *files(): Generator<Readonly<FileChanges>> {
    for (const sameNumber of this.#files.values()) yield* sameNumber
  }

  find(tablespace: number, database: number, file: number): FileChanges | undefined {
    const sameNumber = this.#files.get(file)
    if (sameNumber === undefined) return undefined
    for (const found of sameNumber) if (found.database === database && found.tablespace === tablespace) return found
    return undefined
  }

  /** The counts of a file, made when there are none yet. */
  file(tablespace: number, database: number, file: number): FileChanges {
    const found = this.find(tablespace, database, file)
    if (found !== undefined) return found
    const made = { tablespace, database, file, inserts: 0, updates: 0, deletes: 0 }
    const sameNumber = this.#files.get(file)
    if (sameNumber === undefined) this.#files.set(file, [made])
    else sameNumber.push(made)
    this.#fileCount++
    return made
  }

  /** Takes over what a savepoint did. */
  merge(other: TransactionChanges): void {
    for (const counts of other.files()) addCounts(this.file(counts.tablespace, counts.database, counts.file), counts)
    addCounts(this.rest, other.rest)
    this.created.push(...other.created)
    this.truncated.push(...other.truncated)
    this.droppedDatabases.push(...other.droppedDatabases)
    if (!other.isExact) this.isExact = false
  }
}

function addCounts(sum: FileChanges, more: Readonly<FileChanges>): void {
  sum.inserts += more.inserts
  sum.updates += more.updates
  sum.deletes += more.deletes
}
