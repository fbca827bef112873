import type { RepositoryIndex } from '../index/repository-index.ts'

/** Neighbouring blobs of one pack that are read by one request. */
export interface PackStretch {
  readonly pack: number
  readonly offset: number
  readonly length: number
  /** The index entries of its wanted blobs, in the order of the pack. */
  readonly entries: readonly number[]
}

/** Unneeded bytes between two needed blobs that are read along rather than asked for separately. */
const gapBytesMax = 256 * 1024

/** Groups entries of any packs; no stretch but that of one larger blob is longer than `stretchBytesMax`. */
export function packStretches(index: RepositoryIndex, entries: Iterable<number>, stretchBytesMax: number): PackStretch[] {
  const places = Array.from(entries, (entry) => ({ entry, location: index.blobs.location(entry) }))
  places.sort((a, b) => a.location.pack - b.location.pack || a.location.offset - b.location.offset)
  const stretches: { pack: number; offset: number; length: number; entries: number[] }[] = []
  for (const { entry, location } of places) {
    const last = stretches.at(-1)
    const end = location.offset + location.sealedBytes
    if (
      last !== undefined &&
      last.pack === location.pack &&
      location.offset - (last.offset + last.length) <= gapBytesMax &&
      end - last.offset <= stretchBytesMax
    ) {
      last.length = Math.max(last.length, end - last.offset)
      last.entries.push(entry)
    } else {
      stretches.push({ pack: location.pack, offset: location.offset, length: location.sealedBytes, entries: [entry] })
    }
  }
  return stretches
}
