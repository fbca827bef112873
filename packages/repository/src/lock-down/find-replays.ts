import { isCoffreError } from '@coffre/foundation'
import type { FileHandle } from '@coffre/storage'
import { scanIndex } from '../format/index-scanner.ts'
import type { Id } from '../format/node.ts'
import type { Repository } from '../repository/repository.ts'
import { loadVaultState } from '../state/load-vault-state.ts'

/** Snapshots that Coffre has removed and that are there again: their content is whole, what they refer to need not be. */
export async function findReplayedSnapshots(repository: Repository, signal: AbortSignal): Promise<FileHandle[]> {
  const { retired } = await loadVaultState(repository, signal)
  const names = await repository.names('snapshot', signal)
  return names.filter((name) => retired.has(name)).map((name) => ({ type: 'snapshot', name }))
}

/**
 * Indexes that name packs and none that is there: one that a prune has replaced. Stock restic believes it, and stores nothing of
 * what it names (finding 2).
 */
export async function findReplayedIndexes(repository: Repository, signal: AbortSignal): Promise<FileHandle[]> {
  const packs = new Set<Id>()
  for await (const pack of repository.backend.list('pack', signal)) packs.add(pack.name)
  const replayed: FileHandle[] = []
  for (const name of await repository.names('index', signal)) {
    if (await namesOnlyAbsent(repository, name, packs, signal)) replayed.push({ type: 'index', name })
  }
  return replayed
}

async function namesOnlyAbsent(repository: Repository, name: Id, packs: ReadonlySet<Id>, signal: AbortSignal): Promise<boolean> {
  const counts = { present: 0, absent: 0 }
  const id = Buffer.alloc(32)
  const pack = (): void => {
    counts[packs.has(id.toString('hex')) ? 'present' : 'absent']++
  }
  try {
    scanIndex(await repository.loadUnpacked('index', name, signal), { id, pack, blob: () => undefined })
  } catch (error) {
    // Gone meanwhile, or damaged: neither is a replay.
    if (isCoffreError(error, 'storage.missing', 'repository.damaged')) return false
    throw error
  }
  return counts.absent > 0 && counts.present === 0
}
