import { type ByteString, CoffreError } from '@coffre/foundation'
import { goJsonString } from '../format/go-json.ts'
import type { Id } from '../format/node.ts'
import type { StoredSnapshot } from '../format/snapshot.ts'
import type { FoundBlob, RepositoryIndex } from '../index/repository-index.ts'
import { type TreeSource, walkTree } from '../walk/walk-tree.ts'
import { jsonObject } from './json-text.ts'

/** What is searched for: data blobs and trees by their ids, or by the beginning of them, 8 digits at least. */
export interface WantedObjects {
  readonly blobs: readonly string[]
  readonly trees: readonly string[]
}

export interface FoundObject {
  readonly kind: 'blob' | 'tree'
  readonly id: Id
  readonly snapshot: StoredSnapshot
  /** Of the file or folder that uses it. */
  readonly path: ByteString
  /** The tree that lists the file; undefined for trees. */
  readonly parentTree: Id | undefined
}

export type UnreadableListener = (snapshot: StoredSnapshot, tree: Id, error: unknown) => void

/**
 * Where objects are used. Once every tree has been found, a search for trees alone leaves each snapshot at the first place, as
 * restic's does.
 */
export async function* findObjects(
  source: TreeSource,
  snapshots: Iterable<StoredSnapshot>,
  wanted: WantedObjects,
  onUnreadable: UnreadableListener,
  signal: AbortSignal,
): AsyncGenerator<FoundObject> {
  const blobs = new IdPrefixes(wanted.blobs)
  const trees = new IdPrefixes(wanted.trees)
  let foundTrees = 0
  for (const snapshot of snapshots) {
    for await (const found of objectsOf(source, snapshot, blobs, trees, onUnreadable, signal)) {
      yield found
      if (found.kind === 'tree' && ++foundTrees >= wanted.trees.length && wanted.blobs.length === 0) break
    }
  }
}

/** The blobs that packs hold, by the ids of the packs or their beginnings; `usage.invalid` for a pack that no index lists. */
export function blobsOfPacks(index: RepositoryIndex, packs: readonly string[]): Id[] {
  const numbers = new Set<number>()
  for (const wanted of packs) {
    const prefix = new IdPrefixes([wanted])
    const found = index.packs.numbers().filter((number) => prefix.has(index.packs.id(number)))
    const before = numbers.size
    for (const number of found) numbers.add(number)
    if (numbers.size > before) continue
    throw new CoffreError('usage.invalid', `no index lists the pack ${wanted}`, {
      hint: '`coffre repo repair index` adds packs that no index lists.',
    })
  }
  const ids: Id[] = []
  for (let entry = 0; entry < index.blobs.count; entry++)
    if (numbers.has(index.blobs.packOf(entry))) ids.push(index.blobs.idHex(entry))
  return ids
}

/** Where an object is stored, of several places the first; undefined when no index names it. */
export function packOfObject(index: RepositoryIndex, id: Id, isTree: boolean): FoundBlob | undefined {
  return index.find(id, isTree)[0]
}

/** One list, printed piece by piece. */
export async function* foundObjectsToJson(objects: AsyncIterable<FoundObject>): AsyncGenerator<string> {
  let before = '['
  for await (const { kind, id, path, parentTree, snapshot } of objects) {
    const fields = {
      object_type: `"${kind}"`,
      id: `"${id}"`,
      path: goJsonString(path),
      parent_tree: parentTree === undefined ? undefined : `"${parentTree}"`,
      snapshot: `"${snapshot.id}"`,
      time: `"${snapshot.time}"`,
    }
    yield before + jsonObject(fields)
    before = ','
  }
  yield before === '[' ? '[]\n' : ']\n'
}

async function* objectsOf(
  source: TreeSource,
  snapshot: StoredSnapshot,
  blobs: IdPrefixes,
  trees: IdPrefixes,
  onUnreadable: UnreadableListener,
  signal: AbortSignal,
): AsyncGenerator<FoundObject> {
  const report = (_path: ByteString, tree: Id, error: unknown): void => onUnreadable(snapshot, tree, error)
  if (trees.has(snapshot.tree)) yield { kind: 'tree', id: snapshot.tree, snapshot, path: '/', parentTree: undefined }
  for await (const { path, node, tree } of walkTree(source, snapshot.tree, { onUnreadable: report }, signal)) {
    if (node.type === 'dir' && node.subtree !== undefined && trees.has(node.subtree)) {
      yield { kind: 'tree', id: node.subtree, snapshot, path, parentTree: undefined }
    }
    if (node.type !== 'file') continue
    for (const id of node.content ?? []) if (blobs.has(id)) yield { kind: 'blob', id, snapshot, path, parentTree: tree }
  }
}

const digitsMin = 8

class IdPrefixes {
  readonly #whole = new Set<string>()
  readonly #beginnings: string[] = []

  constructor(ids: readonly string[]) {
    for (const id of ids) {
      if (!/^[0-9a-f]+$/.test(id) || id.length < digitsMin || id.length > 64) {
        throw new CoffreError('usage.invalid', `not an ID: ${JSON.stringify(id)}`, {
          hint: `Give the hexadecimal digits of it, the first ${digitsMin} at least.`,
        })
      }
      if (id.length === 64) this.#whole.add(id)
      else this.#beginnings.push(id)
    }
  }

  has(id: Id): boolean {
    return this.#whole.has(id) || this.#beginnings.some((beginning) => id.startsWith(beginning))
  }
}
