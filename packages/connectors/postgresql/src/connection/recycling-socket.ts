import { Socket } from 'node:net'

/** More than the server sends in one piece, and little enough to stay in the processor's cache. */
const arrivalBytes = 128 * 1024
/** What is shorter is copied: many small arrivals shall not hold much memory each. */
const keptBytesMin = arrivalBytes / 8
const freeMax = 10

/**
 * A socket that reads into the same memory again and again. Left to Node, every arrival is new memory, and collecting it takes a
 * quarter of the time of whoever reads hundreds of megabytes a second. Until `deliverTo` it is a socket like any other.
 */
export class RecyclingSocket extends Socket {
  readonly #free: Buffer[] = []
  readonly #lent = new Map<ArrayBufferLike, Buffer>()
  #taker: ((arrival: Buffer) => void) | undefined

  constructor() {
    super({
      onread: {
        buffer: () => this.#free.pop() ?? Buffer.allocUnsafeSlow(arrivalBytes),
        callback: (bytes, memory) => this.#arrived(memory as Buffer, bytes),
      },
    })
  }

  /** From now on, arrivals are no `data` events. Their memory is the taker's until it gives it back by `recycle`. */
  deliverTo(taker: (arrival: Buffer) => void): void {
    this.#taker = taker
  }

  /** Takes the memory of an arrival back, which must not be looked at any more. */
  recycle(arrival: Buffer): void {
    const memory = this.#lent.get(arrival.buffer)
    if (memory === undefined) return
    this.#lent.delete(arrival.buffer)
    if (this.#free.length < freeMax) this.#free.push(memory)
  }

  #arrived(memory: Buffer, bytes: number): boolean {
    const arrival = memory.subarray(0, bytes)
    if (this.#taker !== undefined && bytes >= keptBytesMin) {
      this.#lent.set(memory.buffer, memory)
      this.#taker(arrival)
      return true
    }
    const copy = Buffer.from(arrival)
    this.#free.push(memory)
    if (this.#taker === undefined) return this.push(copy)
    this.#taker(copy)
    return true
  }
}
