import { CoffreError } from '@coffre/foundation'
import type { Retention } from '@coffre/storage'
import type { Id } from '../format/node.ts'
import type { Snapshot, StoredSnapshot } from '../format/snapshot.ts'
import { decodeSnapshot, encodeSnapshot } from '../format/snapshot-codec.ts'
import { compareInstants } from '../local/timestamp.ts'
import { isMissing, type Repository, requestMarginMs } from '../repository/repository.ts'

const loadsAtOnce = 8
const shortIdMin = 1

/** All snapshots, oldest first. Damaged ones go to `onDamaged`; without it the first one ends the listing. */
export async function listSnapshots(
  repository: Repository,
  signal: AbortSignal,
  onDamaged?: (id: Id, error: unknown) => void,
): Promise<StoredSnapshot[]> {
  return loadSnapshots(repository, await repository.names('snapshot', signal), signal, onDamaged)
}

/** Those of these that are there, oldest first. */
export async function loadSnapshots(
  repository: Repository,
  ids: readonly Id[],
  signal: AbortSignal,
  onDamaged?: (id: Id, error: unknown) => void,
): Promise<StoredSnapshot[]> {
  const snapshots: StoredSnapshot[] = []
  let next = 0
  const reader = async (): Promise<void> => {
    for (let id = ids[next++]; id !== undefined; id = ids[next++]) {
      try {
        snapshots.push(await loadSnapshot(repository, id, signal))
      } catch (error) {
        if (isMissing(error)) continue
        if (onDamaged === undefined || signal.aborted) throw error
        onDamaged(id, error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(loadsAtOnce, ids.length) }, reader))
  return snapshots.sort(compareSnapshots)
}

export function compareSnapshots(a: StoredSnapshot, b: StoredSnapshot): number {
  return compareInstants(a.time, b.time) || (a.id < b.id ? -1 : 1)
}

export async function loadSnapshot(repository: Repository, id: Id, signal: AbortSignal): Promise<StoredSnapshot> {
  return { id, ...decodeSnapshot(await repository.loadUnpacked('snapshot', id, signal)) }
}

/** Stores a snapshot; everything that it refers to must be durable. Itself durable when this resolves. */
export async function saveSnapshot(
  repository: Repository,
  snapshot: Snapshot,
  signal: AbortSignal,
  retention?: Retention,
): Promise<Id> {
  repository.assertHeld(requestMarginMs)
  const id = await repository.saveUnpacked('snapshot', encodeSnapshot(snapshot), signal, retention)
  await repository.backend.flush(signal)
  return id
}

/** The full name for the beginning of one. `snapshot.missing` or `snapshot.ambiguous` otherwise. */
export async function resolveSnapshotId(repository: Repository, prefix: string, signal: AbortSignal): Promise<Id> {
  if (!/^[0-9a-f]+$/.test(prefix) || prefix.length < shortIdMin || prefix.length > 64) throw noSuchSnapshot(prefix)
  const matches = (await repository.names('snapshot', signal)).filter((name) => name.startsWith(prefix))
  if (matches.length > 1) {
    throw new CoffreError('snapshot.ambiguous', `${matches.length} snapshots begin with ${prefix}`, {
      hint: 'Give more digits of the ID.',
    })
  }
  const [id] = matches
  if (id === undefined) throw noSuchSnapshot(prefix)
  return id
}

function noSuchSnapshot(prefix: string): CoffreError {
  return new CoffreError('snapshot.missing', `there is no snapshot ${prefix}`, {
    hint: '`coffre repo snapshots` lists those that are there; `latest` names the newest one.',
  })
}
