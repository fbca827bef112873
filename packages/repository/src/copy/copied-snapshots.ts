import type { Id } from '../format/node.ts'
import type { Snapshot, StoredSnapshot } from '../format/snapshot.ts'
import { sameInstant } from '../local/timestamp.ts'
import { hasTags } from '../policy/snapshot-filter.ts'

/** Finds snapshots that are there as copies already, as restic does: of the same original, and equal but for parent and original. */
export class CopiedSnapshots {
  readonly #byOriginal = new Map<Id, StoredSnapshot[]>()

  constructor(snapshots: Iterable<StoredSnapshot>) {
    for (const snapshot of snapshots) {
      for (const id of new Set([snapshot.id, snapshot.original ?? snapshot.id])) {
        const known = this.#byOriginal.get(id)
        if (known === undefined) this.#byOriginal.set(id, [snapshot])
        else known.push(snapshot)
      }
    }
  }

  copyOf(snapshot: StoredSnapshot): StoredSnapshot | undefined {
    return this.#byOriginal.get(snapshot.original ?? snapshot.id)?.find((candidate) => isAlike(candidate, snapshot))
  }
}

function isAlike(a: Snapshot, b: Snapshot): boolean {
  const [aTags, bTags, aExcludes, bExcludes] = [a.tags ?? [], b.tags ?? [], a.excludes ?? [], b.excludes ?? []]
  return (
    a.tree === b.tree &&
    sameInstant(a.time, b.time) &&
    (a.hostname ?? '') === (b.hostname ?? '') &&
    (a.username ?? '') === (b.username ?? '') &&
    (a.uid ?? 0) === (b.uid ?? 0) &&
    (a.gid ?? 0) === (b.gid ?? 0) &&
    a.paths.length === b.paths.length &&
    b.paths.every((path) => a.paths.includes(path)) &&
    aTags.length === bTags.length &&
    hasTags(a, bTags) &&
    aExcludes.length === bExcludes.length &&
    aExcludes.every((exclude, i) => exclude === bExcludes[i])
  )
}
