import type { Id, Node, Repository } from '@coffre/repository'
import type { FileType } from '@coffre/storage'
import { scanIndex } from '../../../packages/repository/src/format/index-scanner.ts'
import { decodeSnapshot } from '../../../packages/repository/src/format/snapshot-codec.ts'
import { decodeTree } from '../../../packages/repository/src/format/tree-decoder.ts'
import { parsePackHeader } from '../../../packages/repository/src/pack/pack-header.ts'
import { decodeUnpacked } from '../../../packages/repository/src/repository/cleartext.ts'

/** A blob by its id, trees marked: ids of the two kinds are apart. */
type Blob = string

interface IndexFile {
  readonly packs: ReadonlyMap<Id, readonly Blob[]>
}

/** What a snapshot lacks at some moment. */
export interface Lack {
  readonly snapshot: Id
  readonly blob: Blob
  /** `lost`: in no pack at all. `unindexed`: in a pack that is stored and that no index names; `repair index` finds it. */
  readonly kind: 'lost' | 'unindexed'
}

interface KnownTree {
  readonly content: readonly Blob[]
  readonly subtrees: readonly Id[]
}

/** What trees refer to, which is the same in all worlds, as their ids are their hashes; and all that is below them. */
const knownTrees = new Map<Id, KnownTree>()
const needsOfTrees = new Map<Id, readonly Blob[]>()

const folders: Readonly<Record<string, FileType>> = { data: 'pack', index: 'index', snapshots: 'snapshot' }

/** Reads every stored file as it comes and knows, independently of the code that is put to the test, what refers to what. */
export class VaultTruth {
  readonly #repository: Repository
  readonly #packs = new Map<Id, readonly Blob[]>()
  readonly #indexes = new Map<Id, IndexFile>()
  readonly #snapshots = new Map<Id, Id>()

  constructor(repository: Repository) {
    this.#repository = repository
  }

  saved(path: string, bytes: Uint8Array): void {
    const [kind, name] = placeOf(path)
    if (kind === 'pack') this.#packs.set(name, this.#readPack(name, Buffer.from(bytes)))
    if (kind === 'index') this.#indexes.set(name, { packs: this.#readIndex(bytes) })
    if (kind === 'snapshot') this.#snapshots.set(name, decodeSnapshot(this.#unpacked(bytes)).tree)
  }

  removed(path: string): void {
    const [kind, name] = placeOf(path)
    if (kind === 'pack') this.#packs.delete(name)
    if (kind === 'index') this.#indexes.delete(name)
    if (kind === 'snapshot') this.#snapshots.delete(name)
  }

  get snapshots(): ReadonlyMap<Id, Id> {
    return this.#snapshots
  }

  lacks(): Lack[] {
    const stored = new Set<Blob>()
    for (const blobs of this.#packs.values()) for (const blob of blobs) stored.add(blob)
    const indexed = new Set<Blob>()
    for (const { packs } of this.#indexes.values()) {
      for (const [pack, blobs] of packs) if (this.#packs.has(pack)) for (const blob of blobs) indexed.add(blob)
    }
    const lacks: Lack[] = []
    for (const [snapshot, tree] of this.#snapshots) {
      for (const blob of needsOf(tree)) {
        if (!stored.has(blob)) lacks.push({ snapshot, blob, kind: 'lost' })
        else if (!indexed.has(blob)) lacks.push({ snapshot, blob, kind: 'unindexed' })
      }
    }
    return lacks
  }

  #readPack(name: Id, bytes: Buffer): readonly Blob[] {
    const headerBytes = bytes.readUInt32LE(bytes.length - 4)
    const header = this.#open(bytes.subarray(bytes.length - 4 - headerBytes, bytes.length - 4))
    const blobs = parsePackHeader(header, name)
    for (const { id, isTree, offset, sealedBytes, rawBytes } of blobs) {
      if (!isTree || knownTrees.has(id)) continue
      const content = this.#open(bytes.subarray(offset, offset + sealedBytes))
      const json = rawBytes === 0 ? content : this.#repository.workbench.decompress(content, rawBytes)
      knownTrees.set(id, treeOf(decodeTree(json ?? Buffer.alloc(0))))
    }
    return blobs.map(({ id, isTree }) => (isTree ? `t${id}` : id))
  }

  #readIndex(bytes: Uint8Array): Map<Id, Blob[]> {
    const packs = new Map<Id, Blob[]>()
    const id = Buffer.alloc(32)
    let current: Blob[] = []
    scanIndex(this.#unpacked(bytes), {
      id,
      pack() {
        current = []
        packs.set(id.toString('hex'), current)
      },
      blob(isTree) {
        current.push(isTree ? `t${id.toString('hex')}` : id.toString('hex'))
      },
    })
    return packs
  }

  #unpacked(bytes: Uint8Array): Buffer {
    return decodeUnpacked(this.#open(bytes), 'a file of the model', this.#repository.workbench)
  }

  #open(sealed: Uint8Array): Buffer {
    const content = this.#repository.workbench.open(sealed)
    if (content === undefined) throw new Error('a file of the model does not authenticate')
    return content
  }
}

function treeOf(nodes: readonly Node[]): KnownTree {
  const content = nodes.flatMap((node) => node.content ?? [])
  return { content, subtrees: nodes.flatMap((node) => (node.subtree === undefined ? [] : [node.subtree])) }
}

/** Everything that has to be there for the tree to be whole. */
function needsOf(id: Id): readonly Blob[] {
  const known = needsOfTrees.get(id)
  if (known !== undefined) return known
  const tree = knownTrees.get(id)
  // A tree that was never stored anywhere: that it lacks itself is enough to know.
  if (tree === undefined) return [`t${id}`]
  const needs = [`t${id}`, ...tree.content, ...tree.subtrees.flatMap((subtree) => needsOf(subtree))]
  if (tree.subtrees.every((subtree) => needsOfTrees.has(subtree))) needsOfTrees.set(id, needs)
  return needs
}

function placeOf(path: string): readonly [kind: string, name: string] {
  return [folders[path.slice(0, path.indexOf('/'))] ?? '', path.slice(path.lastIndexOf('/') + 1)]
}
