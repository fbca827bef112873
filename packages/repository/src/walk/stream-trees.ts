import { throwIfAborted } from '@coffre/foundation'
import type { Id, Node } from '../format/node.ts'
import { decodeTree } from '../format/tree-decoder.ts'
import type { BlobReader } from '../repository/blob-reader.ts'
import type { BlobSet } from './blob-set.ts'

export interface StreamedTree {
  readonly id: Id
  /** The blob itself. */
  readonly content: Buffer
  readonly nodes: readonly Node[]
}

export interface StreamOptions {
  /** Called for a tree that cannot be read, which is then passed over; without it the stream ends with the error. */
  readonly onUnreadable?: (tree: Id, error: unknown) => void
}

/** Trees on their way at the same time. */
const loadsAtOnce = 8

type Loaded = { readonly id: Id; readonly tree: StreamedTree } | { readonly id: Id; readonly error: unknown }

/**
 * Every tree that can be reached from `roots` and is not in `seen`, once and in no promised order. `seen` grows by the trees that
 * are yielded, so that it can be given again for other roots: what hangs below a seen tree counts as seen.
 */
export async function* streamTrees(
  reader: BlobReader,
  roots: Iterable<Id>,
  seen: BlobSet,
  options: StreamOptions,
  signal: AbortSignal,
): AsyncGenerator<StreamedTree> {
  const waiting = [...roots].filter((id) => seen.add(id, true)).reverse()
  const loads = new Map<Id, Promise<Loaded>>()
  while (waiting.length > 0 || loads.size > 0) {
    while (loads.size < loadsAtOnce) {
      const id = waiting.pop()
      if (id === undefined) break
      loads.set(id, load(reader, id, signal))
    }
    const loaded = await Promise.race(loads.values())
    loads.delete(loaded.id)
    throwIfAborted(signal)
    if ('error' in loaded) {
      if (options.onUnreadable === undefined) throw loaded.error
      options.onUnreadable(loaded.id, loaded.error)
      continue
    }
    // The last one in is the first one out: the first folder goes last, so that the walk stays deep and the list short.
    for (const { type, subtree } of loaded.tree.nodes.toReversed()) {
      if (type === 'dir' && subtree !== undefined && seen.add(subtree, true)) waiting.push(subtree)
    }
    yield loaded.tree
  }
}

async function load(reader: BlobReader, id: Id, signal: AbortSignal): Promise<Loaded> {
  try {
    const content = await reader.blob(id, true, signal)
    return { id, tree: { id, content, nodes: decodeTree(content) } }
  } catch (error) {
    return { id, error }
  }
}
