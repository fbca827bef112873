import type { Lsn } from './lsn.ts'
import { formatRelationFile, type RelationFile } from './record-parts.ts'
import type { FileChanges, TransactionChanges } from './transaction-changes.ts'
import type { TransactionEnd } from './transaction-end.ts'

/** What is known of names; undefined where nothing is. */
export interface RelationNames {
  /** A relation keeps its name and changes its file: the history of both is the caller's. */
  ofFile(file: RelationFile): string | undefined
  ofRelation(database: number, oid: number): string | undefined
  ofDatabase(oid: number): string | undefined
}

/**
 * `truncate-or-rewrite`: the relation got a new file, as by TRUNCATE, VACUUM FULL, CLUSTER or many an ALTER TABLE. The log tells TRUNCATE
 * apart only with `wal_level = logical`.
 */
export type LogEventKind = 'drop' | 'truncate' | 'truncate-or-rewrite' | 'drop-database' | 'mass-delete' | 'mass-update'

/** Something in a committed transaction that one may wish it had not done. */
export interface LogEvent {
  readonly kind: LogEventKind
  /** Names where known, else paths such as 1663/5/16384; `database 5`, `relation 5/16384` for what the log names by number. */
  readonly relations: readonly string[]
  /** How many more there are. */
  readonly relationsOmitted: number
  /** Rows deleted or updated. */
  readonly rows: number | undefined
  readonly xid: number
  readonly timeUs: number
  /** Where the last record before it begins: a restore with `recovery_target_lsn` here, inclusive, ends just before it. */
  readonly justBefore: Lsn
  /** Where it begins itself: all that ends at or before this is the log without it. */
  readonly start: Lsn
  /** Whether the counts are exact; else they may contain rolled-back savepoints, or lack what memory had no room for. */
  readonly isExact: boolean
}

/** Below are the files of the system's own tables, until they are rewritten (FirstNormalObjectId). */
const firstUserFile = 16_384
const relationsMax = 100

/** What a commit did that is worth a line. */
export function* eventsOf(end: TransactionEnd, changes: TransactionChanges | undefined, names: RelationNames, massRowsMin: number) {
  const event = (
    kind: LogEventKind,
    relations: readonly string[],
    rows?: number,
    { start, previous } = end as Pick<TransactionEnd, 'start' | 'previous'>,
  ): LogEvent => ({
    kind,
    relations: relations.slice(0, relationsMax),
    relationsOmitted: Math.max(0, relations.length - relationsMax),
    rows,
    xid: end.xid,
    timeUs: end.timeUs,
    justBefore: previous,
    start,
    isExact: changes?.isExact ?? true,
  })
  for (const { oid, start, previous } of changes?.droppedDatabases ?? []) {
    yield event('drop-database', [names.ofDatabase(oid) ?? `database ${oid}`], undefined, { start, previous })
  }
  const truncated = truncatedNames(changes, names)
  if (truncated.length > 0) yield event('truncate', truncated)
  const { dropped, replaced } = sortRemoved(end.removed, changes?.created ?? [], names)
  const untold = replaced.filter((name) => !truncated.includes(name))
  if (untold.length > 0) yield event('truncate-or-rewrite', untold)
  if (dropped.length > 0) yield event('drop', dropped)
  for (const file of changes?.files() ?? []) {
    if (file.file < firstUserFile) continue
    if (file.deletes >= massRowsMin) yield event('mass-delete', [nameOf(file, names)], file.deletes)
    if (file.updates >= massRowsMin) yield event('mass-update', [nameOf(file, names)], file.updates)
  }
}

/** Without relations that the transaction had made itself: the first file of a relation has the relation's number. */
function truncatedNames(changes: TransactionChanges | undefined, names: RelationNames): readonly string[] {
  if (changes === undefined) return []
  const made = new Set(changes.created.map(({ file }) => file))
  const seen = changes.truncated.filter(({ oid }) => !made.has(oid))
  return seen.map(({ database, oid }) => names.ofRelation(database, oid) ?? `relation ${database}/${oid}`)
}

/**
 * Tells the files that went for good from those that another file took the place of: by name where names are known; else, as long as the
 * transaction made files that nobody knows, each of those removed may be the one that such a file replaces.
 */
function sortRemoved(removed: readonly RelationFile[], created: readonly RelationFile[], names: RelationNames) {
  const removedPaths = new Set(removed.map(formatRelationFile))
  const createdPaths = new Set(created.map(formatRelationFile))
  const survivors = created.filter((file) => !removedPaths.has(formatRelationFile(file)))
  const survivorNames = new Set(survivors.map((file) => names.ofFile(file)))
  const dropped: string[] = []
  const replaced: string[] = []
  for (const file of removed) {
    // What the transaction itself had made, nobody has seen.
    if (createdPaths.has(formatRelationFile(file))) continue
    const name = names.ofFile(file)
    const isReplaced = survivorNames.has(undefined) || (name !== undefined && survivorNames.has(name))
    const list = isReplaced ? replaced : dropped
    list.push(nameOf(file, names))
  }
  return { dropped, replaced }
}

function nameOf(file: RelationFile | FileChanges, names: RelationNames): string {
  return names.ofFile(file) ?? formatRelationFile(file)
}
