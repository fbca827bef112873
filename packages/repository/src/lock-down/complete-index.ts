import { throwIfAborted } from '@coffre/foundation'
import { forEachBounded } from '@coffre/storage'
import type { Id } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { readPackHeader } from '../repair/read-pack-header.ts'
import type { Repository } from '../repository/repository.ts'

export interface CompleteIndexOptions {
  /** Called for a pack whose header cannot be read, which is then passed over; without it the first one ends the work. */
  readonly onDamaged?: (pack: Id, error: unknown) => void
  readonly onProgress?: (packsDone: number, packsTotal: number) => void
}

const headersAtOnce = 8

/**
 * Adds what packs say of themselves for all packs that the index does not name, in memory only. A lock on an index ends before that
 * of its packs (rule L4), so that a point may outlive the files that index it: with this it is restored all the same, at the cost
 * of one request for each pack. Resolves to the number of packs added.
 */
export async function completeIndex(
  repository: Repository,
  index: RepositoryIndex,
  options: CompleteIndexOptions,
  signal: AbortSignal,
): Promise<number> {
  const sizes = new Map<Id, number>()
  for await (const pack of repository.backend.list('pack', signal)) {
    if (index.packs.find(pack.name) < 0) sizes.set(pack.name, pack.sizeBytes)
  }
  let added = 0
  let done = 0
  await forEachBounded(sizes, headersAtOnce, async ([name, sizeBytes]) => {
    throwIfAborted(signal)
    try {
      await addPack(repository, index, name, sizeBytes, signal)
      added++
    } catch (error) {
      if (signal.aborted || options.onDamaged === undefined) throw error
      options.onDamaged(name, error)
    }
    options.onProgress?.(++done, sizes.size)
  })
  return added
}

async function addPack(
  repository: Repository,
  index: RepositoryIndex,
  name: Id,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<void> {
  const blobs = await readPackHeader(repository, name, sizeBytes, signal)
  const pack = index.packNumber(name)
  index.packs.setSize(pack, sizeBytes)
  for (const { id, isTree, offset, sealedBytes, rawBytes } of blobs) {
    index.blobs.add(Buffer.from(id, 'hex'), 0, isTree, { pack, offset, sealedBytes, rawBytes })
  }
}
