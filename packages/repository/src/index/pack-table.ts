import type { Id } from '../format/node.ts'

const unknownSize = 0xffffffff

/** Packs by number: names as 32 raw bytes and sizes, grown by halves, and a table to find a number by its name. */
export class PackTable {
  #ids = Buffer.alloc(32 * 1024)
  #sizes = new Uint32Array(1024).fill(unknownSize)
  #slots = new Uint32Array(2048)
  #listed = 0
  #numberMax = 0

  /** One more than the highest number in use. */
  get limit(): number {
    return this.#numberMax
  }

  set(number: number, id: Id, sizeBytes?: number): void {
    this.#ensure(number + 1)
    this.#ids.write(id, number * 32, 'hex')
    this.#sizes[number] = sizeBytes ?? unknownSize
    if (++this.#listed * 2 > this.#slots.length) this.#rehash(number)
    this.#occupy(number)
  }

  has(number: number): boolean {
    if (number >= this.#numberMax) return false
    for (let i = 0; i < 32; i++) if (this.#ids[number * 32 + i] !== 0) return true
    return false
  }

  id(number: number): Id {
    return this.#ids.toString('hex', number * 32, number * 32 + 32)
  }

  sizeBytes(number: number): number | undefined {
    const size = this.#sizes[number]
    return size === undefined || size === unknownSize ? undefined : size
  }

  setSize(number: number, sizeBytes: number): void {
    this.#sizes[number] = sizeBytes
  }

  /** The number of the pack, or -1. */
  find(id: Id): number {
    const wanted = Buffer.from(id, 'hex')
    const mask = this.#slots.length - 1
    for (let slot = wanted.readUInt32LE(0) & mask; ; slot = (slot + 1) & mask) {
      const number = (this.#slots[slot] ?? 0) - 1
      if (number < 0) return -1
      if (this.#ids.compare(wanted, 0, 32, number * 32, number * 32 + 32) === 0) return number
    }
  }

  /** All numbers that have a name. */
  *numbers(): Generator<number> {
    for (let number = 0; number < this.#numberMax; number++) if (this.has(number)) yield number
  }

  #ensure(count: number): void {
    if (count > this.#sizes.length) {
      const larger = Math.max(count, this.#sizes.length + (this.#sizes.length >> 1))
      const ids = Buffer.alloc(larger * 32)
      this.#ids.copy(ids)
      this.#ids = ids
      const sizes = new Uint32Array(larger).fill(unknownSize)
      sizes.set(this.#sizes)
      this.#sizes = sizes
    }
    this.#numberMax = Math.max(this.#numberMax, count)
  }

  #rehash(without: number): void {
    const slots = new Uint32Array(this.#slots.length * 2)
    this.#slots = slots
    for (let number = 0; number < this.#numberMax; number++) if (number !== without && this.has(number)) this.#occupy(number)
  }

  #occupy(number: number): void {
    const mask = this.#slots.length - 1
    let slot = this.#ids.readUInt32LE(number * 32) & mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = number + 1
  }
}
