import type { ByteString } from '@coffre/foundation'
import {
  findSnapshot,
  formatInstant,
  type GroupBy,
  latestSnapshot,
  listSnapshots,
  parseTimestamp,
  type StoredSnapshot,
} from '@coffre/repository'
import type { Session } from './open-session.ts'

export interface ParentWish {
  /** An ID or `latest`, when one was asked for. */
  readonly wanted: string | undefined
  /** What the parent has in common with the new snapshot; host and paths unless said otherwise. */
  readonly groupBy: GroupBy | undefined
  readonly hostname: string
  readonly tags: readonly string[]
  readonly paths: readonly ByteString[]
  /** When the backup is dated. */
  readonly timeMs: number | undefined
}

const byHostAndPaths: GroupBy = { host: true, paths: true, tags: false }

/** The snapshot that tells what has not changed since: the one that was asked for, else the latest of the same group before now. */
export async function findParent({ repository, signal }: Session, wish: ParentWish): Promise<StoredSnapshot | undefined> {
  const { wanted, groupBy = byHostAndPaths } = wish
  if (wanted !== undefined && wanted !== 'latest') return (await findSnapshot(repository, wanted, {}, signal)).snapshot
  const filter = {
    ...(groupBy.host ? { hosts: [wish.hostname] } : {}),
    ...(groupBy.paths ? { paths: wish.paths } : {}),
    ...(groupBy.tags ? { tags: [wish.tags] } : {}),
  }
  const limit = parseTimestamp(formatInstant(wish.timeMs ?? repository.context.clock.nowMs()))
  // A damaged snapshot cannot be a parent, and is no reason not to make a backup.
  const snapshots = await listSnapshots(repository, signal, () => undefined)
  const latest = latestSnapshot(snapshots, filter, limit)
  if (latest === undefined && wanted !== undefined) return (await findSnapshot(repository, wanted, filter, signal)).snapshot
  return latest
}
