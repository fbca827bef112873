import { CoffreError } from '@coffre/foundation'
import type { Id } from '../format/node.ts'

/** A blob as its pack's header lists it; design.rst, section "Pack Format". */
export interface PackedBlob {
  readonly id: Id
  readonly isTree: boolean
  readonly offset: number
  readonly sealedBytes: number
  /** 0 when the blob is stored uncompressed. */
  readonly rawBytes: number
}

export const headerEntryBytes = 37
export const compressedHeaderEntryBytes = 41

const treeFlag = 1
const compressedFlag = 2

/** Collects the header of a pack while it is filled. */
export class PackHeaderBuilder {
  #bytes = Buffer.allocUnsafe(4096)
  #length = 0
  #count = 0

  get lengthBytes(): number {
    return this.#length
  }

  get blobCount(): number {
    return this.#count
  }

  /** The header so far; valid until the next call. */
  get content(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  add(id: Uint8Array, idOffset: number, isTree: boolean, sealedBytes: number, rawBytes: number): void {
    if (this.#length + compressedHeaderEntryBytes > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(this.#bytes.length * 2)
      this.#bytes.copy(larger, 0, 0, this.#length)
      this.#bytes = larger
    }
    const compressed = rawBytes > 0
    let at = this.#bytes.writeUInt8((isTree ? treeFlag : 0) | (compressed ? compressedFlag : 0), this.#length)
    at = this.#bytes.writeUInt32LE(sealedBytes, at)
    if (compressed) at = this.#bytes.writeUInt32LE(rawBytes, at)
    for (let i = 0; i < 32; i++) this.#bytes[at + i] = id[idOffset + i] ?? 0
    this.#length = at + 32
    this.#count++
  }

  reset(): void {
    this.#length = 0
    this.#count = 0
  }
}

/** The blobs that a decrypted header lists, offsets computed. */
export function parsePackHeader(header: Buffer, packName: string): PackedBlob[] {
  const blobs: PackedBlob[] = []
  let offset = 0
  for (let at = 0; at < header.length; ) {
    const type = header[at] ?? 0
    const compressed = (type & compressedFlag) !== 0
    const entryBytes = compressed ? compressedHeaderEntryBytes : headerEntryBytes
    if (type > 3 || at + entryBytes > header.length) {
      throw new CoffreError('repository.damaged', `the header of pack ${packName} is malformed at byte ${at}`)
    }
    const sealedBytes = header.readUInt32LE(at + 1)
    const rawBytes = compressed ? header.readUInt32LE(at + 5) : 0
    const idAt = at + entryBytes - 32
    blobs.push({ id: header.toString('hex', idAt, idAt + 32), isTree: (type & treeFlag) !== 0, offset, sealedBytes, rawBytes })
    offset += sealedBytes
    at += entryBytes
  }
  return blobs
}
