/** A set of whole numbers from 0, one bit each: of index entries or of packs. It grows by itself. */
export class Bitmap {
  #bits: Uint8Array
  #size = 0

  constructor(limit = 0) {
    this.#bits = new Uint8Array((limit + 7) >> 3)
  }

  get size(): number {
    return this.#size
  }

  /** False when the number was in the set already. */
  add(number: number): boolean {
    const at = number >> 3
    if (at >= this.#bits.length) this.#grow(at + 1)
    const mask = 1 << (number & 7)
    const byte = this.#bits[at] ?? 0
    if ((byte & mask) !== 0) return false
    this.#bits[at] = byte | mask
    this.#size++
    return true
  }

  has(number: number): boolean {
    return ((this.#bits[number >> 3] ?? 0) & (1 << (number & 7))) !== 0
  }

  delete(number: number): boolean {
    if (!this.has(number)) return false
    const at = number >> 3
    this.#bits[at] = (this.#bits[at] ?? 0) & ~(1 << (number & 7))
    this.#size--
    return true
  }

  *[Symbol.iterator](): Generator<number> {
    for (let at = 0; at < this.#bits.length; at++) {
      const byte = this.#bits[at] ?? 0
      if (byte === 0) continue
      for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) yield at * 8 + bit
    }
  }

  #grow(bytes: number): void {
    const larger = new Uint8Array(Math.max(bytes, this.#bits.length * 2))
    larger.set(this.#bits)
    this.#bits = larger
  }
}
