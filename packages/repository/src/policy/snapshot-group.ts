import { type ByteString, CoffreError, compareByteStrings } from '@coffre/foundation'
import type { Snapshot } from '../format/snapshot.ts'

/** By what snapshots are grouped. */
export interface GroupBy {
  readonly host: boolean
  readonly paths: boolean
  readonly tags: boolean
}

/** What the snapshots of a group have in common; null where they are not grouped by it, and for the tags of snapshots without any. */
export interface SnapshotGroupKey {
  readonly hostname: string
  readonly paths: readonly ByteString[] | null
  readonly tags: readonly string[] | null
}

export interface SnapshotGroup<S> {
  readonly key: SnapshotGroupKey
  readonly snapshots: readonly S[]
}

/** `host,paths,tags` or a part of it, as `--group-by` takes it. Throws `usage.invalid`. */
export function parseGroupBy(text: string): GroupBy {
  const groupBy = { host: false, paths: false, tags: false }
  for (const option of text.split(',')) {
    if (option === 'host' || option === 'hosts') groupBy.host = true
    else if (option === 'path' || option === 'paths') groupBy.paths = true
    else if (option === 'tag' || option === 'tags') groupBy.tags = true
    else if (option !== '') {
      throw new CoffreError('usage.invalid', `snapshots cannot be grouped by "${option}"`, {
        hint: 'Use host, paths and tags, separated by commas.',
      })
    }
  }
  return groupBy
}

/**
 * The groups, in the order of their keys' JSON (restic's own order changes from run to run); in each, the snapshots in the order given.
 * As in restic, the paths of the snapshots come out sorted, and their tags if they are grouped by them.
 */
export function groupSnapshots<S extends Snapshot>(snapshots: Iterable<S>, groupBy: GroupBy): SnapshotGroup<S>[] {
  const groups = new Map<string, { key: SnapshotGroupKey; snapshots: S[] }>()
  for (const snapshot of snapshots) {
    const tags = groupBy.tags && snapshot.tags !== undefined ? { tags: [...snapshot.tags].sort(compareByteStrings) } : {}
    const sorted = { ...snapshot, paths: [...snapshot.paths].sort(compareByteStrings), ...tags }
    const key: SnapshotGroupKey = {
      hostname: groupBy.host ? (snapshot.hostname ?? '') : '',
      paths: groupBy.paths ? sorted.paths : null,
      tags: groupBy.tags ? (sorted.tags ?? null) : null,
    }
    const text = JSON.stringify(key)
    const group = groups.get(text)
    if (group === undefined) groups.set(text, { key, snapshots: [sorted] })
    else group.snapshots.push(sorted)
  }
  return [...groups].sort(([a], [b]) => compareByteStrings(a, b)).map(([, group]) => group)
}

/** A group as people read it: `host a, path [/b], tags [c]`. */
export function describeGroup({ hostname, paths, tags }: SnapshotGroupKey): string {
  const parts: string[] = []
  if (hostname !== '') parts.push(`host ${hostname}`)
  if (paths?.length) parts.push(`path [${paths.join(' ')}]`)
  if (tags?.length) parts.push(`tags [${tags.join(' ')}]`)
  return parts.join(', ')
}
