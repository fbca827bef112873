import { CoffreError } from '@coffre/foundation'
import type { Id } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import type { Repository } from '../repository/repository.ts'
import { BlobSet } from '../walk/blob-set.ts'
import { streamTrees } from '../walk/stream-trees.ts'

/**
 * Counts everything below these trees as referred to, for snapshots of trees that the session did not walk itself: after `tag`,
 * `rewrite` or `copy` found them stored already. Passes over what is in `seen`, and adds to it. Rejects when a blob is in no index.
 */
export async function referTrees(
  repository: Repository,
  index: RepositoryIndex,
  roots: Iterable<Id>,
  signal: AbortSignal,
  seen: BlobSet = new BlobSet(index),
): Promise<void> {
  for await (const { id, isTree } of blobsBelow(repository, index, roots, seen, signal)) {
    if (index.has(id, isTree)) continue
    throw new CoffreError('blob.missing', `${isTree ? 'tree' : 'data'} blob ${id} is in no index, so that it cannot be locked`, {
      hint: 'Run `coffre repo check`; `repair index` finds blobs that no index names, `repair snapshots` drops what is lost.',
    })
  }
}

/** The packs that snapshots of these trees need: for each blob one, the same one for all where it has copies. */
export async function packsOf(
  repository: Repository,
  index: RepositoryIndex,
  roots: Iterable<Id>,
  signal: AbortSignal,
): Promise<Set<Id>> {
  const packs = new Set<Id>()
  for await (const { id, isTree } of blobsBelow(repository, index, roots, new BlobSet(index), signal)) {
    const [place] = index.find(id, isTree)
    if (place !== undefined) packs.add(place.packId)
  }
  return packs
}

async function* blobsBelow(
  repository: Repository,
  index: RepositoryIndex,
  roots: Iterable<Id>,
  seen: BlobSet,
  signal: AbortSignal,
): AsyncGenerator<{ readonly id: Id; readonly isTree: boolean }> {
  for await (const tree of streamTrees(new BlobReader(repository, index), roots, seen, {}, signal)) {
    yield { id: tree.id, isTree: true }
    for (const node of tree.nodes) for (const id of node.content ?? []) if (seen.add(id, false)) yield { id, isTree: false }
  }
}
