import type { Id } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'

export interface BlobName {
  readonly id: Id
  readonly isTree: boolean
}

/** A set of blobs at one bit for each blob of the index; those that no index names are kept by name. */
export class BlobSet {
  readonly #index: RepositoryIndex
  #bits = new Uint8Array(1 << 12)
  readonly #strangers = new Map<string, BlobName>()
  #size = 0

  constructor(index: RepositoryIndex) {
    this.#index = index
  }

  get size(): number {
    return this.#size
  }

  /** False when the blob was in the set already. */
  add(id: Id, isTree: boolean): boolean {
    const entry = this.#index.blobs.findHex(id, isTree)
    const isNew = entry < 0 ? this.#addStranger(id, isTree) : this.#addEntry(entry)
    if (isNew) this.#size++
    return isNew
  }

  has(id: Id, isTree: boolean): boolean {
    const entry = this.#index.blobs.findHex(id, isTree)
    return entry < 0 ? this.#strangers.has(strangerKey(id, isTree)) : this.hasEntry(entry)
  }

  /** `entry` is the first one of its blob, as `entries` gives it. */
  hasEntry(entry: number): boolean {
    return ((this.#bits[entry >> 3] ?? 0) & (1 << (entry & 7))) !== 0
  }

  /** The first index entry of each blob that is indexed. */
  *entries(): Generator<number> {
    for (let at = 0; at < this.#bits.length; at++) {
      const byte = this.#bits[at] ?? 0
      if (byte === 0) continue
      for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) yield at * 8 + bit
    }
  }

  /** The blobs that no index names. */
  strangers(): Iterable<BlobName> {
    return this.#strangers.values()
  }

  #addEntry(entry: number): boolean {
    const at = entry >> 3
    if (at >= this.#bits.length) {
      const larger = new Uint8Array(Math.max(at + 1, this.#bits.length * 2))
      larger.set(this.#bits)
      this.#bits = larger
    }
    const mask = 1 << (entry & 7)
    const byte = this.#bits[at] ?? 0
    this.#bits[at] = byte | mask
    return (byte & mask) === 0
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
