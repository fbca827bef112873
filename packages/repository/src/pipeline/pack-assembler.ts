import { CoffreError } from '@coffre/foundation'
import type { Primitives } from '../crypto/primitives.ts'
import type { Region } from '../crypto/region.ts'
import { type Sealer, sealOverheadBytes } from '../crypto/sealer.ts'
import type { BlobIndex } from '../index/blob-index.ts'
import { compressedHeaderEntryBytes, PackHeaderBuilder } from '../pack/pack-header.ts'
import type { PackSlot, PackSlots } from './pack-slots.ts'

/** How much of what is written is opened again and compared before it leaves memory. Trees are always verified. */
export type WriteVerification = 'all' | 'sampled' | 'trees'

export interface AssemblerOptions {
  /** zstd level, or undefined to store data blobs as they are. Trees are compressed whenever the format allows it. */
  readonly level: number | undefined
  /** False for repositories of format 1, which know no compression. */
  readonly canCompress: boolean
  readonly verification: WriteVerification
  /** Data blobs are dealt at random over so many open packs: pack contents then do not show the cut of a file. */
  readonly openDataPacks: number
  /** A whole number from 0 to `below` - 1. */
  readonly randomInteger: (below: number) => number
}

/** A pack that is complete in its slot and waits to be stored. */
export interface FinishedPack {
  readonly number: number
  readonly id: string
  readonly slot: PackSlot
  readonly lengthBytes: number
  /** The header as plaintext: what the index needs. */
  readonly header: Buffer
}

export interface AssemblerCounts {
  dataBlobs: number
  treeBlobs: number
  rawBytes: number
  packedBytes: number
}

interface OpenPack {
  readonly number: number
  readonly slot: PackSlot
  readonly header: PackHeaderBuilder
  /** The index entries of its blobs, in the order of the header. */
  readonly entries: number[]
  usedBytes: number
}

const samplePeriod = 16
/** What hardly shrinks is stored as it is: reading it then costs no decompression. */
const worthwhile = 0.97
const headerLengthBytes = 4

/**
 * Turns blobs into packs on one thread: hash, ask the index, compress, seal, place. A blob's bytes go from the source straight to
 * their place in the pack. Finished packs are handed to `emit`, which owns their slot from then on.
 */
export class PackAssembler {
  readonly counts: AssemblerCounts = { dataBlobs: 0, treeBlobs: 0, rawBytes: 0, packedBytes: 0 }
  readonly #primitives: Primitives
  readonly #sealer: Sealer
  readonly #index: BlobIndex
  readonly #slots: PackSlots
  readonly #options: AssemblerOptions
  readonly #emit: (pack: FinishedPack) => void
  readonly #data: (OpenPack | undefined)[]
  #tree: OpenPack | undefined
  #proof: Region
  #storedBlobs = 0

  constructor(
    primitives: Primitives,
    sealer: Sealer,
    index: BlobIndex,
    slots: PackSlots,
    options: AssemblerOptions,
    emit: (pack: FinishedPack) => void,
  ) {
    this.#primitives = primitives
    this.#sealer = sealer
    this.#index = index
    this.#slots = slots
    this.#options = options
    this.#emit = emit
    this.#data = Array.from({ length: options.openDataPacks }, () => undefined)
    this.#proof = primitives.allocate(1 << 16)
  }

  /** Writes the blob's id to idTarget and stores the blob unless the index has it. True when it was new. */
  add(isTree: boolean, source: Region, offset: number, length: number, idTarget: Region, idOffset: number): boolean {
    this.#primitives.sha256(source, offset, length, idTarget, idOffset)
    const claim = this.#index.claim(idTarget.bytes, idOffset, isTree)
    if (claim >= 0) return false
    this.#store(~claim, isTree, source, offset, length, idTarget, idOffset)
    return true
  }

  /** Stores a blob whose id is known to be right once more, even if the index has it: for repacking. */
  addAgain(isTree: boolean, source: Region, offset: number, length: number, id: Region, idOffset: number): void {
    const entry = this.#index.add(id.bytes, idOffset, isTree, { pack: 0, offset: 0, sealedBytes: 0, rawBytes: 0 })
    this.#store(entry, isTree, source, offset, length, id, idOffset)
  }

  /** Completes every open pack; small ones are merged first. */
  finish(): void {
    const [first, second] = this.#data
    if (first !== undefined && second !== undefined && this.#fits(first, second.usedBytes, second.header.lengthBytes)) {
      this.#merge(first, second)
      this.#data[1] = undefined
    }
    for (let i = 0; i < this.#data.length; i++) {
      const pack = this.#data[i]
      this.#data[i] = undefined
      if (pack !== undefined) this.#complete(pack)
    }
    const tree = this.#tree
    this.#tree = undefined
    if (tree !== undefined) this.#complete(tree)
  }

  #store(entry: number, isTree: boolean, source: Region, offset: number, length: number, id: Region, idOffset: number): void {
    const large = length + sealOverheadBytes + headerRoom(compressedHeaderEntryBytes) > this.#slots.slotBytes
    const pack = large ? this.#open(this.#slots.takeLarge(length + (length >> 8) + 4096)) : this.#packFor(isTree, length)
    const at = pack.usedBytes
    const rawBytes = this.#seal(pack, isTree, source, offset, length)
    const sealedBytes = pack.usedBytes - at
    this.#verify(pack, isTree, at, sealedBytes, rawBytes, length, id, idOffset)
    pack.header.add(id.bytes, idOffset, isTree, sealedBytes, rawBytes)
    pack.entries.push(entry)
    this.#index.place(entry, { pack: pack.number, offset: at, sealedBytes, rawBytes })
    this.counts[isTree ? 'treeBlobs' : 'dataBlobs']++
    this.counts.rawBytes += length
    this.counts.packedBytes += sealedBytes
    if (large) this.#complete(pack)
  }

  /** Compresses if that pays and seals, straight into the pack. The raw length when compressed, 0 otherwise. */
  #seal(pack: OpenPack, isTree: boolean, source: Region, offset: number, length: number): number {
    const { region } = pack.slot
    const at = pack.usedBytes
    const level = isTree ? (this.#options.level ?? 1) : this.#options.level
    if (this.#options.canCompress && level !== undefined && length > 0) {
      const room = region.bytes.length - at - sealOverheadBytes - headerRoom(pack.header.lengthBytes + compressedHeaderEntryBytes)
      const packed = this.#primitives.compress(region, at + 16, room, source, offset, length, level)
      if (packed > 0 && (isTree || packed < length * worthwhile)) {
        this.#sealer.seal(region, at, region, at + 16, packed)
        pack.usedBytes = at + packed + sealOverheadBytes
        return length
      }
    }
    this.#sealer.seal(region, at, source, offset, length)
    pack.usedBytes = at + length + sealOverheadBytes
    return 0
  }

  /** Opens what was just sealed and compares its hash, before a bit that flipped in memory can become part of a backup. */
  #verify(
    pack: OpenPack,
    isTree: boolean,
    at: number,
    sealedBytes: number,
    rawBytes: number,
    length: number,
    id: Region,
    idOffset: number,
  ): void {
    const { verification } = this.#options
    const wanted = isTree || verification === 'all' || (verification === 'sampled' && this.#storedBlobs % samplePeriod === 0)
    this.#storedBlobs++
    if (!wanted) return
    const openedBytes = sealedBytes - sealOverheadBytes
    const needed = 64 + openedBytes + rawBytes
    if (this.#proof.bytes.length < needed) this.#proof = this.#primitives.allocate(Math.ceil(needed / (1 << 20)) * (1 << 20))
    const proof = this.#proof
    const contentAt = rawBytes > 0 ? 64 + openedBytes : 64
    const opened = this.#sealer.open(proof, 64, pack.slot.region, at, sealedBytes)
    const whole =
      opened && (rawBytes === 0 || this.#primitives.decompress(proof, contentAt, rawBytes, proof, 64, openedBytes) === rawBytes)
    if (whole) this.#primitives.sha256(proof, contentAt, length, proof, 0)
    if (!whole || proof.bytes.compare(id.bytes, idOffset, idOffset + 32, 0, 32) !== 0) {
      throw new CoffreError('internal', `a blob of ${length} bytes did not read back as it was written`, {
        hint: 'Memory or processor of this machine may be faulty. Nothing of this blob was stored; test the memory.',
      })
    }
  }

  #packFor(isTree: boolean, length: number): OpenPack {
    const which = isTree ? 0 : this.#options.randomInteger(this.#data.length)
    const open = isTree ? this.#tree : this.#data[which]
    if (open !== undefined) {
      if (this.#fits(open, length + sealOverheadBytes, compressedHeaderEntryBytes)) return open
      this.#complete(open)
    }
    const fresh = this.#open(this.#slots.take())
    if (isTree) this.#tree = fresh
    else this.#data[which] = fresh
    return fresh
  }

  #open(slot: PackSlot): OpenPack {
    return { number: this.#index.reservePack(), slot, header: new PackHeaderBuilder(), entries: [], usedBytes: 0 }
  }

  #fits(pack: OpenPack, moreBytes: number, moreHeaderBytes: number): boolean {
    return pack.usedBytes + moreBytes + headerRoom(pack.header.lengthBytes + moreHeaderBytes) <= pack.slot.region.bytes.length
  }

  /** Moves the sealed blobs of `from` behind those of `into`. */
  #merge(into: OpenPack, from: OpenPack): void {
    from.slot.region.bytes.copy(into.slot.region.bytes, into.usedBytes, 0, from.usedBytes)
    const id = Buffer.alloc(32)
    for (const entry of from.entries) {
      const { sealedBytes, rawBytes } = this.#index.location(entry)
      this.#index.copyId(entry, id, 0)
      this.#index.place(entry, { pack: into.number, offset: into.usedBytes, sealedBytes, rawBytes })
      into.header.add(id, 0, this.#index.isTree(entry), sealedBytes, rawBytes)
      into.entries.push(entry)
      into.usedBytes += sealedBytes
    }
    this.#slots.giveBack(from.slot)
  }

  /** Appends the sealed header and its length, names the pack by its hash, and lets it go. */
  #complete(pack: OpenPack): void {
    const { region } = pack.slot
    const header = Buffer.from(pack.header.content)
    const at = pack.usedBytes
    header.copy(region.bytes, at + 16)
    this.#sealer.seal(region, at, region, at + 16, header.length)
    const sealedHeaderBytes = header.length + sealOverheadBytes
    region.bytes.writeUInt32LE(sealedHeaderBytes, at + sealedHeaderBytes)
    const lengthBytes = at + sealedHeaderBytes + headerLengthBytes
    this.#primitives.sha256(region, 0, lengthBytes, this.#proof, 0)
    const id = this.#proof.bytes.toString('hex', 0, 32)
    this.#emit({ number: pack.number, id, slot: pack.slot, lengthBytes, header })
  }
}

/** What a header of so many bytes takes at the end of a pack. */
function headerRoom(headerBytes: number): number {
  return headerBytes + sealOverheadBytes + headerLengthBytes
}
