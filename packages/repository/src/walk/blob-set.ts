import { Bitmap } from '../check/bitmap.ts'
import type { Id } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'

export interface BlobName {
  readonly id: Id
  readonly isTree: boolean
}

/** A set of blobs at one bit for each blob of the index; those that no index names are kept by name. */
export class BlobSet {
  readonly #index: RepositoryIndex
  readonly #entries = new Bitmap()
  readonly #strangers = new Map<string, BlobName>()

  constructor(index: RepositoryIndex) {
    this.#index = index
  }

  get size(): number {
    return this.#entries.size + this.#strangers.size
  }

  /** False when the blob was in the set already. */
  add(id: Id, isTree: boolean): boolean {
    const entry = this.#index.blobs.findHex(id, isTree)
    return entry < 0 ? this.#addStranger(id, isTree) : this.#entries.add(entry)
  }

  has(id: Id, isTree: boolean): boolean {
    const entry = this.#index.blobs.findHex(id, isTree)
    return entry < 0 ? this.#strangers.has(strangerKey(id, isTree)) : this.hasEntry(entry)
  }

  /** `entry` is the first one of its blob, as `entries` gives it. */
  hasEntry(entry: number): boolean {
    return this.#entries.has(entry)
  }

  /** The first index entry of each blob that is indexed. */
  entries(): Iterable<number> {
    return this.#entries
  }

  /** The blobs that no index names. */
  strangers(): Iterable<BlobName> {
    return this.#strangers.values()
  }

  #addStranger(id: Id, isTree: boolean): boolean {
    const key = strangerKey(id, isTree)
    if (this.#strangers.has(key)) return false
    this.#strangers.set(key, { id, isTree })
    return true
  }
}

function strangerKey(id: Id, isTree: boolean): string {
  return isTree ? `t${id}` : id
}
