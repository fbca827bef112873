import type { ByteString } from '@coffre/foundation'
import type { Snapshot } from '../format/snapshot.ts'
import type { FileTime } from '../local/local-files.ts'
import { compareTimes, parseTimestamp } from '../local/timestamp.ts'

/** Tags that are wanted together. The empty tag stands for having no tags at all. */
export type TagList = readonly string[]

/** Which snapshots a command is about. What is empty does not restrict. */
export interface SnapshotFilter {
  /** Any of them. */
  readonly hosts?: readonly string[]
  /** Any of the lists, all tags of it. */
  readonly tags?: readonly TagList[]
  /** All of them. */
  readonly paths?: readonly ByteString[]
}

/** The tags of one `--tag a,b` or `--keep-tag a,b`. */
export function parseTagList(text: string): TagList {
  return text.split(',').map((tag) => tag.trim())
}

export function isEmptyFilter({ hosts = [], tags = [], paths = [] }: SnapshotFilter): boolean {
  return hosts.length + tags.length + paths.length === 0
}

export function matchesFilter(snapshot: Pick<Snapshot, 'hostname' | 'tags' | 'paths'>, filter: SnapshotFilter): boolean {
  const { hosts = [], tags = [], paths = [] } = filter
  return (
    (hosts.length === 0 || hosts.includes(snapshot.hostname ?? '')) &&
    (tags.length === 0 || tags.some((list) => hasTags(snapshot, list))) &&
    paths.every((path) => snapshot.paths.includes(path))
  )
}

/** Whether the snapshot has all tags of the list. For a snapshot without tags, the first empty one decides, as in restic. */
export function hasTags({ tags = [] }: Pick<Snapshot, 'tags'>, list: TagList): boolean {
  for (const tag of list) {
    if (tag === '' && tags.length === 0) return true
    if (!tags.includes(tag)) return false
  }
  return true
}

/** The latest snapshot that the filter lets pass and that is not later than `limit`; of equally late ones the last. */
export function latestSnapshot<S extends Snapshot>(
  snapshots: Iterable<S>,
  filter: SnapshotFilter,
  limit?: FileTime,
): S | undefined {
  let latest: S | undefined
  let latestTime: FileTime | undefined
  for (const snapshot of snapshots) {
    const time = parseTimestamp(snapshot.time)
    if (limit !== undefined && compareTimes(time, limit) > 0) continue
    if (latestTime !== undefined && compareTimes(time, latestTime) < 0) continue
    if (!matchesFilter(snapshot, filter)) continue
    latest = snapshot
    latestTime = time
  }
  return latest
}
