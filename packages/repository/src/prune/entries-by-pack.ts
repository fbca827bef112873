import type { RepositoryIndex } from '../index/repository-index.ts'

/** All index entries, grouped by their packs, in four bytes each. Of what the index holds when this is made. */
export class EntriesByPack {
  readonly #index: RepositoryIndex
  /** Where the entries of each pack begin in `#order`. */
  readonly #starts: Uint32Array
  readonly #order: Uint32Array

  constructor(index: RepositoryIndex) {
    const { blobs, packs } = index
    const { count } = blobs
    this.#index = index
    const starts = new Uint32Array(packs.limit + 1)
    for (let entry = 0; entry < count; entry++) {
      const next = blobs.packOf(entry) + 1
      if (next < starts.length) starts[next] = (starts[next] ?? 0) + 1
    }
    for (let pack = 1; pack < starts.length; pack++) starts[pack] = (starts[pack] ?? 0) + (starts[pack - 1] ?? 0)
    const ends = starts.slice()
    this.#order = new Uint32Array(starts.at(-1) ?? 0)
    for (let entry = 0; entry < count; entry++) {
      const pack = blobs.packOf(entry)
      const at = ends[pack]
      if (at === undefined || pack >= packs.limit) continue
      this.#order[at] = entry
      ends[pack] = at + 1
    }
    this.#starts = starts
  }

  /** The pack's entries in the order of their places. A view that holds until the next call for the same pack. */
  of(pack: number): Uint32Array {
    const entries = this.#order.subarray(this.#starts[pack] ?? 0, this.#starts[pack + 1] ?? 0)
    const offsetOf = (entry: number): number => this.#index.blobs.location(entry).offset
    let last = -1
    for (const entry of entries) {
      const offset = offsetOf(entry)
      if (offset < last) return entries.sort((a, b) => offsetOf(a) - offsetOf(b))
      last = offset
    }
    return entries
  }
}
