import { sealOverheadBytes } from '../crypto/sealer.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { compressedHeaderEntryBytes, headerEntryBytes } from '../pack/pack-header.ts'

const headerLengthBytes = 4

/** What the index says of each pack, by the pack's number. */
export class PackTotals {
  /** How many blobs the pack has; 0 for numbers that no pack has. */
  readonly blobs: Uint32Array
  readonly treeBlobs: Uint32Array
  readonly #contentBytes: Float64Array
  readonly #headerBytes: Uint32Array
  readonly #uncompressed: Uint8Array

  constructor(index: RepositoryIndex) {
    const limit = index.packs.limit
    this.blobs = new Uint32Array(limit)
    this.treeBlobs = new Uint32Array(limit)
    this.#contentBytes = new Float64Array(limit)
    this.#headerBytes = new Uint32Array(limit)
    this.#uncompressed = new Uint8Array(limit)
    for (let entry = 0, all = index.blobs.count; entry < all; entry++) this.#add(index, entry)
  }

  get limit(): number {
    return this.blobs.length
  }

  isIndexed(pack: number): boolean {
    return (this.blobs[pack] ?? 0) > 0
  }

  /** Both trees and data: only very old programs wrote such packs. */
  isMixed(pack: number): boolean {
    const trees = this.treeBlobs[pack] ?? 0
    return trees > 0 && trees < (this.blobs[pack] ?? 0)
  }

  hasUncompressed(pack: number): boolean {
    return this.#uncompressed[pack] === 1
  }

  /** The pack's header with its seal and its length. */
  headerBytes(pack: number): number {
    return (this.#headerBytes[pack] ?? 0) + sealOverheadBytes + headerLengthBytes
  }

  /** The size that the file must have. */
  expectedBytes(pack: number): number {
    return (this.#contentBytes[pack] ?? 0) + this.headerBytes(pack)
  }

  #add(index: RepositoryIndex, entry: number): void {
    const { pack, sealedBytes, rawBytes } = index.blobs.location(entry)
    if (pack >= this.limit) return
    this.blobs[pack] = (this.blobs[pack] ?? 0) + 1
    if (index.blobs.isTree(entry)) this.treeBlobs[pack] = (this.treeBlobs[pack] ?? 0) + 1
    this.#contentBytes[pack] = (this.#contentBytes[pack] ?? 0) + sealedBytes
    this.#headerBytes[pack] = (this.#headerBytes[pack] ?? 0) + (rawBytes > 0 ? compressedHeaderEntryBytes : headerEntryBytes)
    if (rawBytes === 0) this.#uncompressed[pack] = 1
  }
}
