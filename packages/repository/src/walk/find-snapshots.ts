import { type ByteString, CoffreError } from '@coffre/foundation'
import type { StoredSnapshot } from '../format/snapshot.ts'
import { isEmptyFilter, latestSnapshot, matchesFilter, type SnapshotFilter } from '../policy/snapshot-filter.ts'
import type { Repository } from '../repository/repository.ts'
import { listSnapshots, loadSnapshot, resolveSnapshotId } from '../snapshots/snapshots.ts'

/** A snapshot and the folder in it that `ID:folder` names; '' without one. */
export interface SnapshotPlace {
  readonly snapshot: StoredSnapshot
  readonly subfolder: ByteString
}

/** Resolves `latest`, `latest:folder`, `ID` and `ID:folder`. The filter narrows `latest` only. */
export async function findSnapshot(
  repository: Repository,
  text: string,
  filter: SnapshotFilter,
  signal: AbortSignal,
): Promise<SnapshotPlace> {
  const colon = text.indexOf(':')
  const name = colon < 0 ? text : text.slice(0, colon)
  const subfolder = colon < 0 ? '' : text.slice(colon + 1)
  if (name === 'latest') return { snapshot: await loadLatest(repository, filter, signal), subfolder }
  const id = await resolveSnapshotId(repository, name, signal)
  return { snapshot: await loadSnapshot(repository, id, signal), subfolder }
}

/**
 * The snapshots that `names` give, each once and in that order, or without names all that the filter lets pass, oldest first.
 * `onProblem` is told of a name or a snapshot that is passed over; without it the first one ends the search.
 */
export async function selectSnapshots(
  repository: Repository,
  names: readonly string[],
  filter: SnapshotFilter,
  signal: AbortSignal,
  onProblem?: (name: string, error: unknown) => void,
): Promise<StoredSnapshot[]> {
  if (names.length === 0)
    return (await listSnapshots(repository, signal, onProblem)).filter((snapshot) => matchesFilter(snapshot, filter))
  const chosen = new Map<string, StoredSnapshot>()
  for (const name of names) {
    try {
      const { snapshot, subfolder } = await findSnapshot(repository, name, filter, signal)
      if (subfolder !== '' || name.includes(':')) throw new CoffreError('usage.invalid', `a folder cannot be given here: ${name}`)
      chosen.set(snapshot.id, snapshot)
    } catch (error) {
      if (onProblem === undefined || signal.aborted) throw error
      onProblem(name, error)
    }
  }
  return [...chosen.values()]
}

async function loadLatest(repository: Repository, filter: SnapshotFilter, signal: AbortSignal): Promise<StoredSnapshot> {
  const latest = latestSnapshot(await listSnapshots(repository, signal), filter)
  if (latest !== undefined) return latest
  const wanted = isEmptyFilter(filter) ? 'the repository has no snapshots' : `no snapshot fits ${describeFilter(filter)}`
  throw new CoffreError('snapshot.missing', wanted, {
    hint: '`coffre repo snapshots` lists what is there with hosts, tags and paths.',
  })
}

function describeFilter({ hosts = [], tags = [], paths = [] }: SnapshotFilter): string {
  const parts = [
    hosts.length > 0 ? `host ${hosts.join(' or ')}` : '',
    tags.length > 0 ? `tags ${tags.map((list) => list.join(',')).join(' or ')}` : '',
    paths.length > 0 ? `paths ${paths.join(', ')}` : '',
  ]
  return parts.filter((part) => part !== '').join('; ')
}
