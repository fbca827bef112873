import type { RepositoryIndex } from '../index/repository-index.ts'

/** Trees that wait to be read, by their index entries. They are given out pack by pack, so that each pack is fetched about once. */
export class TreeQueue {
  readonly #index: RepositoryIndex
  readonly #byPack = new Map<number, number[]>()
  #current: number[] = []
  #currentPack = -1
  #size = 0

  constructor(index: RepositoryIndex) {
    this.#index = index
  }

  get size(): number {
    return this.#size
  }

  add(entry: number): void {
    this.#size++
    const pack = this.#index.blobs.packOf(entry)
    if (pack === this.#currentPack) {
      this.#current.push(entry)
      return
    }
    const waiting = this.#byPack.get(pack)
    if (waiting === undefined) this.#byPack.set(pack, [entry])
    else waiting.push(entry)
  }

  /** Up to `countMax` trees whose content has `bytesMax` bytes in all, but one at least unless the queue is empty. */
  take(countMax: number, bytesMax: number): number[] {
    const taken: number[] = []
    let bytes = 0
    while (this.#size > 0 && taken.length < countMax) {
      if (this.#current.length === 0) this.#turnToFullest()
      const entry = this.#current.at(-1)
      if (entry === undefined) break
      const { sealedBytes, rawBytes } = this.#index.blobs.location(entry)
      bytes += Math.max(sealedBytes, rawBytes)
      if (bytes > bytesMax && taken.length > 0) break
      this.#current.pop()
      this.#size--
      taken.push(entry)
    }
    return taken
  }

  #turnToFullest(): void {
    let fullest: number[] = []
    for (const [pack, waiting] of this.#byPack) {
      if (waiting.length <= fullest.length) continue
      fullest = waiting
      this.#currentPack = pack
    }
    this.#byPack.delete(this.#currentPack)
    this.#current = fullest
  }
}
