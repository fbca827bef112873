/** Shared memory for packs on their way to a worker. Pieces up to the size of a slot reuse one; larger ones get memory of their own. */
export class PackMemory {
  readonly #slotBytes: number
  readonly #free: SharedArrayBuffer[] = []

  constructor(slotBytes: number) {
    this.#slotBytes = slotBytes
  }

  take(sizeBytes: number): SharedArrayBuffer {
    if (sizeBytes > this.#slotBytes) return new SharedArrayBuffer(sizeBytes)
    return this.#free.pop() ?? new SharedArrayBuffer(this.#slotBytes)
  }

  giveBack(memory: SharedArrayBuffer): void {
    if (memory.byteLength === this.#slotBytes) this.#free.push(memory)
  }
}
