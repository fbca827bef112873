import { CoffreError } from '@coffre/foundation'
import type { Bitmap } from '../check/bitmap.ts'
import { sweepTrees } from '../check/sweep-trees.ts'
import type { Id, Node } from '../format/node.ts'
import type { StoredSnapshot } from '../format/snapshot.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import type { Repository } from '../repository/repository.ts'

const missingToldMax = 10

/**
 * The index entries (the first one of each blob) that the snapshots need. Rejects when a tree cannot be read, or with `blob.missing`
 * when no index names a blob that is needed: whoever removes anything then might remove it for good.
 */
export async function findUsedBlobs(
  repository: Repository,
  index: RepositoryIndex,
  snapshots: readonly StoredSnapshot[],
  onProgress: ((treesDone: number, treesKnown: number) => void) | undefined,
  signal: AbortSignal,
): Promise<Bitmap> {
  const missing = new MissingBlobs()
  const roots = snapshots.map((snapshot) => snapshot.tree)
  const visitor = {
    node(tree: Id, node: Node): void {
      if (node.type === 'dir' && node.subtree === undefined) {
        throw new CoffreError(
          'repository.damaged',
          `tree ${tree} has a folder ${JSON.stringify(node.name)} without a tree`,
          repairHint,
        )
      }
    },
    missing: (id: Id, isTree: boolean, tree: Id | undefined): void => missing.add(id, isTree, tree),
    unreadable(_tree: Id, error: unknown): void {
      throw error
    },
    ...(onProgress === undefined ? {} : { progress: onProgress }),
  }
  const reader = new BlobReader(repository, index)
  const used = await sweepTrees(index, reader, roots, visitor, signal)
  reader.release()
  missing.throwIfAny()
  return used
}

const repairHint = {
  hint: 'Nothing was removed. Run `coffre repo check`, then `repair index`; `repair snapshots` drops what is lost for good.',
}

class MissingBlobs {
  readonly #told: string[] = []
  #count = 0

  add(id: Id, isTree: boolean, tree: Id | undefined): void {
    this.#count++
    if (this.#told.length >= missingToldMax) return
    this.#told.push(`${isTree ? 'tree' : 'blob'} ${id}${tree === undefined ? '' : ` of tree ${tree}`}`)
  }

  throwIfAny(): void {
    if (this.#count === 0) return
    const more = this.#count > this.#told.length ? ` and ${this.#count - this.#told.length} more` : ''
    throw new CoffreError('blob.missing', `the snapshots need what no index names: ${this.#told.join(', ')}${more}`, repairHint)
  }
}
