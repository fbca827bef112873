import type { PackedBlob } from '../pack/pack-header.ts'
import type { Id } from './node.ts'

/** A pack with its blobs, as an index lists it. */
export interface IndexedPack {
  readonly id: Id
  readonly blobs: readonly PackedBlob[]
}

const pieceLength = 1 << 16

/** Writes one index file as restic 0.18 would, pack by pack and blob by blob; design.rst, section "Indexing". */
export class IndexEncoder {
  #bytes = Buffer.allocUnsafe(4 * pieceLength)
  #length = 0
  #text = '{"packs":['
  #packs = 0
  #blobsOfPack = 0
  #blobs = 0

  get blobCount(): number {
    return this.#blobs
  }

  get packCount(): number {
    return this.#packs
  }

  beginPack(id: Id): void {
    if (this.#packs > 0) this.#text += ']},'
    this.#text += `{"id":"${id}","blobs":[`
    this.#packs++
    this.#blobsOfPack = 0
  }

  /** `rawBytes` is 0 for a blob that is stored uncompressed. */
  blob(id: Id, isTree: boolean, offset: number, sealedBytes: number, rawBytes: number): void {
    const separator = this.#blobsOfPack++ === 0 ? '' : ','
    const raw = rawBytes === 0 ? '' : `,"uncompressed_length":${rawBytes}`
    this.#text += `${separator}{"id":"${id}","type":"${isTree ? 'tree' : 'data'}","offset":${offset},"length":${sealedBytes}${raw}}`
    this.#blobs++
    if (this.#text.length >= pieceLength) this.#flush()
  }

  /** The file's content. The encoder is not to be used afterwards. */
  finish(): Buffer {
    this.#text += this.#packs > 0 ? ']}]}\n' : ']}\n'
    this.#flush()
    return this.#bytes.subarray(0, this.#length)
  }

  #flush(): void {
    const needed = this.#length + this.#text.length
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
      this.#bytes.copy(larger, 0, 0, this.#length)
      this.#bytes = larger
    }
    this.#length += this.#bytes.write(this.#text, this.#length, 'latin1')
    this.#text = ''
  }
}

export function encodeIndex(packs: Iterable<IndexedPack>): Buffer {
  const encoder = new IndexEncoder()
  for (const pack of packs) {
    encoder.beginPack(pack.id)
    for (const { id, isTree, offset, sealedBytes, rawBytes } of pack.blobs) encoder.blob(id, isTree, offset, sealedBytes, rawBytes)
  }
  return encoder.finish()
}
