import { type ByteString, compareByteStrings, throwIfAborted } from '@coffre/foundation'
import { isSameNode } from '../archive/change-detection.ts'
import { goJsonString } from '../format/go-json.ts'
import type { Id, Node } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { BlobSet } from '../walk/blob-set.ts'
import { childPath, type TreeSource } from '../walk/walk-tree.ts'
import { jsonObject } from './json-text.ts'

export interface DiffOptions {
  /** Report entries of which only the metadata changed. */
  readonly metadata: boolean
  /** Called for each difference, in the order of the paths. */
  readonly onChange: (change: Change) => void
  /** A folder that could not be compared; the rest goes on. */
  readonly onError: (path: ByteString, error: unknown) => void
}

export interface Change {
  /** A folder's path ends with '/', unless a folder became something else. */
  readonly path: ByteString
  /**
   * '+' added, '-' removed, 'T' other type, 'M' other content, 'U' other metadata; 'M?' is content that changed under the very
   * same metadata: bit rot, probably.
   */
  readonly modifier: string
}

export interface DiffSide {
  files: number
  dirs: number
  others: number
  dataBlobs: number
  treeBlobs: number
  bytes: number
}

export interface DiffStatistics {
  readonly changedFiles: number
  readonly added: DiffSide
  readonly removed: DiffSide
}

/** Compares two trees, and says what each has that the other lacks: entries, and blobs with the bytes of their content. */
export async function diff(
  source: TreeSource,
  index: RepositoryIndex,
  before: Id,
  after: Id,
  options: DiffOptions,
  signal: AbortSignal,
): Promise<DiffStatistics> {
  const comparison = new Comparison(source, index, options, signal)
  return comparison.run(before, after)
}

export function changeToJson({ path, modifier }: Change): string {
  return jsonObject({ message_type: '"change"', path: goJsonString(path), modifier: goJsonString(modifier) })
}

/** The snapshots are named as they were asked for. */
export function diffStatisticsToJson(statistics: DiffStatistics, before: string, after: string): string {
  return jsonObject({
    message_type: '"statistics"',
    source_snapshot: goJsonString(before),
    target_snapshot: goJsonString(after),
    changed_files: statistics.changedFiles,
    added: sideToJson(statistics.added),
    removed: sideToJson(statistics.removed),
  })
}

function sideToJson({ files, dirs, others, dataBlobs, treeBlobs, bytes }: DiffSide): string {
  return jsonObject({ files, dirs, others, data_blobs: dataBlobs, tree_blobs: treeBlobs, bytes })
}

class Comparison {
  readonly #source: TreeSource
  readonly #index: RepositoryIndex
  readonly #options: DiffOptions
  readonly #signal: AbortSignal
  readonly #before: BlobSet
  readonly #after: BlobSet
  readonly #common: BlobSet
  readonly #added = emptySide()
  readonly #removed = emptySide()
  #changedFiles = 0

  constructor(source: TreeSource, index: RepositoryIndex, options: DiffOptions, signal: AbortSignal) {
    this.#source = source
    this.#index = index
    this.#options = options
    this.#signal = signal
    this.#before = new BlobSet(index)
    this.#after = new BlobSet(index)
    this.#common = new BlobSet(index)
  }

  async run(before: Id, after: Id): Promise<DiffStatistics> {
    this.#before.add(before, true)
    this.#after.add(after, true)
    await this.#compareTrees('/', before, after)
    this.#countBlobs(this.#removed, this.#before, this.#after)
    this.#countBlobs(this.#added, this.#after, this.#before)
    return { changedFiles: this.#changedFiles, added: this.#added, removed: this.#removed }
  }

  async #compareTrees(path: ByteString, before: Id, after: Id): Promise<void> {
    const [old, young] = [await this.#source.tree(before, this.#signal), await this.#source.tree(after, this.#signal)]
    for (const [a, b] of pairsByName(old, young)) {
      throwIfAborted(this.#signal)
      if (a !== undefined) addBlobs(this.#before, a)
      if (b !== undefined) addBlobs(this.#after, b)
      if (a !== undefined && b !== undefined) await this.#compareNodes(path, a, b)
      else if (a !== undefined) await this.#oneSided(path, a, '-', this.#removed, this.#before)
      else if (b !== undefined) await this.#oneSided(path, b, '+', this.#added, this.#after)
    }
  }

  async #compareNodes(folder: ByteString, a: Node, b: Node): Promise<void> {
    const path = childPath(folder, a.name)
    const modifier = this.#modifierOf(a, b)
    if (modifier.startsWith('M')) this.#changedFiles++
    if (modifier !== '') this.#options.onChange({ path: b.type === 'dir' ? `${path}/` : path, modifier })
    const [before, after] = [a.subtree, b.subtree]
    if (a.type !== 'dir' || b.type !== 'dir' || before === undefined || after === undefined) return
    await this.#attempt(path, () => (before === after ? this.#collect(path, after) : this.#compareTrees(path, before, after)))
  }

  #modifierOf(a: Node, b: Node): string {
    if (a.type === 'file' && b.type === 'file' && !isSameContent(a.content, b.content)) {
      return isSameNode({ ...a, content: null }, { ...b, content: null }) ? 'M?' : 'M'
    }
    const type = a.type === b.type ? '' : 'T'
    return this.#options.metadata && !isSameNode(a, b) ? `${type}U` : type
  }

  /** An entry that only one side has, with all that is below it. */
  async #oneSided(folder: ByteString, node: Node, modifier: '+' | '-', side: DiffSide, blobs: BlobSet): Promise<void> {
    const path = childPath(folder, node.name)
    side[node.type === 'file' ? 'files' : node.type === 'dir' ? 'dirs' : 'others']++
    this.#options.onChange({ path: node.type === 'dir' ? `${path}/` : path, modifier })
    const { subtree } = node
    if (node.type !== 'dir' || subtree === undefined) return
    await this.#attempt(path, async () => {
      for (const child of await this.#source.tree(subtree, this.#signal)) {
        throwIfAborted(this.#signal)
        addBlobs(blobs, child)
        await this.#oneSided(path, child, modifier, side, blobs)
      }
    })
  }

  /** What both sides share in an unchanged folder does not count, even where one side uses it once more elsewhere. */
  async #collect(path: ByteString, tree: Id): Promise<void> {
    for (const node of await this.#source.tree(tree, this.#signal)) {
      throwIfAborted(this.#signal)
      const isNew = addBlobs(this.#common, node)
      const { subtree } = node
      if (node.type !== 'dir' || subtree === undefined || !isNew) continue
      const child = childPath(path, node.name)
      await this.#attempt(child, () => this.#collect(child, subtree))
    }
  }

  #countBlobs(side: DiffSide, own: BlobSet, other: BlobSet): void {
    for (const entry of own.entries()) {
      if (other.hasEntry(entry) || this.#common.hasEntry(entry)) continue
      const { rawBytes, sealedBytes } = this.#index.blobs.location(entry)
      side[this.#index.blobs.isTree(entry) ? 'treeBlobs' : 'dataBlobs']++
      side.bytes += rawBytes > 0 ? rawBytes : sealedBytes - 32
    }
    for (const { id, isTree } of own.strangers()) {
      if (other.has(id, isTree) || this.#common.has(id, isTree)) continue
      side[isTree ? 'treeBlobs' : 'dataBlobs']++
    }
  }

  async #attempt(path: ByteString, action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (error) {
      throwIfAborted(this.#signal)
      this.#options.onError(path, error)
    }
  }
}

function emptySide(): DiffSide {
  return { files: 0, dirs: 0, others: 0, dataBlobs: 0, treeBlobs: 0, bytes: 0 }
}

/** True unless the node is a folder that was added before. */
function addBlobs(blobs: BlobSet, node: Node): boolean {
  if (node.type === 'dir') return node.subtree !== undefined && blobs.add(node.subtree, true)
  if (node.type === 'file') for (const id of node.content ?? []) blobs.add(id, false)
  return true
}

function isSameContent(a: readonly Id[] | null, b: readonly Id[] | null): boolean {
  if (a === null || b === null) return a === b
  return a.length === b.length && a.every((id, i) => id === b[i])
}

/** Entries of both lists in the order of their names, those of one name together. */
function* pairsByName(before: readonly Node[], after: readonly Node[]): Generator<readonly [Node | undefined, Node | undefined]> {
  let [i, j] = [0, 0]
  for (;;) {
    const [a, b] = [before[i], after[j]]
    if (a === undefined && b === undefined) return
    const order = a === undefined ? 1 : b === undefined ? -1 : compareByteStrings(a.name, b.name)
    if (order <= 0) i++
    if (order >= 0) j++
    yield [order <= 0 ? a : undefined, order >= 0 ? b : undefined]
  }
}
