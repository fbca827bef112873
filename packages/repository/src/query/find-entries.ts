import type { ByteString } from '@coffre/foundation'
import { PatternList } from '../filter/pattern-list.ts'
import { goJsonString } from '../format/go-json.ts'
import type { Id, Node } from '../format/node.ts'
import type { StoredSnapshot } from '../format/snapshot.ts'
import type { FileTime } from '../local/local-files.ts'
import { compareTimes, parseTimestamp } from '../local/timestamp.ts'
import { type TreeSource, walkTree } from '../walk/walk-tree.ts'
import { goModeText } from './go-text.ts'
import { jsonObject, unlessZero } from './json-text.ts'

export interface FindOptions {
  /** Any of them; '' stands for every entry. */
  readonly patterns: readonly ByteString[]
  readonly ignoreCase: boolean
  /** Modified not before, and not after. */
  readonly oldest?: FileTime
  readonly newest?: FileTime
  /** A tree that cannot be read; the search goes on without what is below. */
  readonly onUnreadable: (snapshot: StoredSnapshot, tree: Id, error: unknown) => void
}

export interface FoundEntry {
  readonly snapshot: StoredSnapshot
  readonly path: ByteString
  readonly node: Node
}

/** The entries whose path fits a pattern, snapshot by snapshot in the order given. */
export async function* findEntries(
  source: TreeSource,
  snapshots: Iterable<StoredSnapshot>,
  options: FindOptions,
  signal: AbortSignal,
): AsyncGenerator<FoundEntry> {
  const meetsAll = options.patterns.includes('')
  // A '!' has no meaning here, as nothing was excluded before.
  const patterns = options.patterns.map((pattern) => pattern.replace(/^!/, ''))
  const list = new PatternList(patterns, 'find', options.ignoreCase)
  for (const snapshot of snapshots) {
    const onUnreadable = (_path: ByteString, tree: Id, error: unknown): void => options.onUnreadable(snapshot, tree, error)
    for await (const item of walkTree(source, snapshot.tree, { onUnreadable }, signal)) {
      const { matched, childMayMatch } = meetsAll ? { matched: true, childMayMatch: true } : list.match(item.path)
      if (!childMayMatch) item.skip()
      if (matched && isInTime(item.node, options)) yield { snapshot, path: item.path, node: item.node }
    }
  }
}

/** One list, printed piece by piece: for each snapshot with matches an object with them, their number and the snapshot's id. */
export async function* foundEntriesToJson(entries: AsyncIterable<FoundEntry>): AsyncGenerator<string> {
  let snapshot: Id | undefined
  let hits = 0
  for await (const entry of entries) {
    const opens = entry.snapshot.id !== snapshot
    if (opens) {
      yield snapshot === undefined ? '[{"matches":[' : `],"hits":${hits},"snapshot":"${snapshot}"},{"matches":[`
      snapshot = entry.snapshot.id
      hits = 0
    }
    yield `${opens ? '' : ','}${foundEntryToJson(entry)}`
    hits++
  }
  yield snapshot === undefined ? '[]\n' : `],"hits":${hits},"snapshot":"${snapshot}"}]\n`
}

function foundEntryToJson({ path, node }: FoundEntry): string {
  const { user, group, linkTarget, error } = node
  const text = (value: string | undefined): string | undefined => (value ? goJsonString(value) : undefined)
  return jsonObject({
    path: goJsonString(path),
    permissions: goJsonString(goModeText(node.mode ?? 0)),
    type: goJsonString(node.type),
    mode: unlessZero(node.mode),
    mtime: `"${node.mtime}"`,
    atime: `"${node.atime}"`,
    ctime: `"${node.ctime}"`,
    uid: node.uid,
    gid: node.gid,
    user: text(user),
    group: text(group),
    inode: unlessZero(node.inode),
    device_id: unlessZero(node.deviceId),
    size: unlessZero(node.size),
    links: unlessZero(node.links),
    linktarget: text(linkTarget),
    error: text(error),
  })
}

function isInTime(node: Node, { oldest, newest }: FindOptions): boolean {
  if (oldest === undefined && newest === undefined) return true
  const mtime = parseTimestamp(node.mtime)
  return (oldest === undefined || compareTimes(mtime, oldest) >= 0) && (newest === undefined || compareTimes(mtime, newest) <= 0)
}
