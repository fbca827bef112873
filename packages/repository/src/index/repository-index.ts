import type { Id } from '../format/node.ts'
import { BlobIndex, type BlobLocation } from './blob-index.ts'
import { PackTable } from './pack-table.ts'

/** Where a blob lies, with the name of its pack. */
export interface FoundBlob extends BlobLocation {
  readonly entry: number
  readonly packId: Id
  readonly packBytes: number | undefined
}

/** Which packs a session relies on. */
interface PackTrust {
  /** Packs that are there, by the storage's listing; without it, all that are named. What ends behind them does not count. */
  readonly sizes?: ReadonlyMap<Id, number> | undefined
  readonly withoutPacks?: ReadonlySet<Id> | undefined
}

/** Everything the index files of a repository say: blobs in shared memory, packs by number. */
export class RepositoryIndex {
  readonly blobs: BlobIndex
  readonly packs = new PackTable()
  /** The index files that it was read from. */
  readonly files = new Set<Id>()

  constructor(blobs = new BlobIndex()) {
    this.blobs = blobs
  }

  /** An index for one session alone, of what it may rely on: the same as if it had been read from these files with that trust. */
  copy({ sizes, withoutPacks }: PackTrust): RepositoryIndex {
    const ends = new Float64Array(this.packs.limit).fill(-1)
    const trusted: [number: number, id: Id, sizeBytes: number | undefined][] = []
    for (const number of this.packs.numbers()) {
      const id = this.packs.id(number)
      const sizeBytes = sizes?.get(id)
      if (withoutPacks?.has(id) || (sizes !== undefined && sizeBytes === undefined)) continue
      ends[number] = sizeBytes ?? Number.POSITIVE_INFINITY
      trusted.push([number, id, sizeBytes])
    }
    const copy = new RepositoryIndex(this.blobs.copy((pack, end) => end <= (ends[pack] ?? -1)))
    for (const [number, id, sizeBytes] of trusted) copy.packs.set(number, id, sizeBytes)
    for (const file of this.files) copy.files.add(file)
    return copy
  }

  /** The number of the pack, a new one when it was unknown. */
  packNumber(id: Id): number {
    const known = this.packs.find(id)
    if (known >= 0) return known
    const number = this.blobs.reservePack()
    this.packs.set(number, id)
    return number
  }

  /** Whether a session may refer to the blob; where references are tracked, it is then taken to do so. */
  has(id: Id, isTree: boolean): boolean {
    return this.blobs.referHex(id, isTree) >= 0
  }

  /** Tracks, from now on, which packs a session refers to; to be called before it begins to write. */
  trackReferences(lockedUntilMs: (pack: Id) => number | undefined): void {
    this.blobs.trackReferences((pack) => (this.packs.has(pack) ? lockedUntilMs(this.packs.id(pack)) : undefined))
  }

  /** The packs that were there when tracking began and that the session has referred to since. */
  *referencedPacks(): Generator<Id> {
    for (const pack of this.packs.numbers()) if (this.blobs.isReferenced(pack)) yield this.packs.id(pack)
  }

  /** Every place of a blob, those of known packs only. */
  find(id: Id, isTree: boolean): FoundBlob[] {
    return this.blobs
      .findAllHex(id, isTree)
      .map((entry) => this.found(entry))
      .filter((found) => this.packs.has(found.pack))
  }

  found(entry: number): FoundBlob {
    const location = this.blobs.location(entry)
    const known = this.packs.has(location.pack)
    return {
      ...location,
      entry,
      packId: known ? this.packs.id(location.pack) : '',
      packBytes: this.packs.sizeBytes(location.pack),
    }
  }

  /** The length of a blob's content, or undefined when it is not indexed. */
  contentBytes(id: Id, isTree: boolean): number | undefined {
    const entry = this.blobs.findHex(id, isTree)
    if (entry < 0) return undefined
    const { rawBytes, sealedBytes } = this.blobs.location(entry)
    return rawBytes > 0 ? rawBytes : sealedBytes - 32
  }
}
