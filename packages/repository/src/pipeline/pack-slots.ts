import { CoffreError } from '@coffre/foundation'
import type { Primitives } from '../crypto/primitives.ts'
import type { Region } from '../crypto/region.ts'

/** A place in memory where a pack is put together. */
export interface PackSlot {
  readonly region: Region
  readonly memory: SharedArrayBuffer
  /** Its number in the shared pool, or -1 when it was made for one large pack. */
  readonly number: number
}

export interface PackSlots {
  readonly slotBytes: number
  /** A free slot of `slotBytes`; on a worker thread this waits until one is given back. */
  take(): PackSlot
  /** A slot for a pack that is larger than `slotBytes`. */
  takeLarge(sizeBytes: number): PackSlot
  giveBack(slot: PackSlot): void
}

/** The memory of a pool of slots, to be handed to other threads. */
export interface SlotPoolMemory {
  /** Word 0 counts changes, word 1 is set to stop, then a word for each slot: 0 free, 1 taken. */
  readonly control: SharedArrayBuffer
  readonly slots: readonly SharedArrayBuffer[]
}

const changeWord = 0
const stopWord = 1
const firstSlotWord = 2

export function newSlotPoolMemory(count: number, slotBytes: number): SlotPoolMemory {
  return {
    control: new SharedArrayBuffer((firstSlotWord + count) * 4),
    slots: Array.from({ length: count }, () => new SharedArrayBuffer(slotBytes)),
  }
}

/** A fixed number of slots shared by all threads. Only threads that may block take from it; any thread gives back. */
export class SlotPool implements PackSlots {
  readonly slotBytes: number
  readonly #control: Int32Array
  readonly #slots: readonly PackSlot[]
  readonly #primitives: Primitives

  constructor(memory: SlotPoolMemory, primitives: Primitives) {
    this.#control = new Int32Array(memory.control)
    this.#primitives = primitives
    this.#slots = memory.slots.map((slot, number) => ({ region: primitives.pin(slot), memory: slot, number }))
    this.slotBytes = memory.slots[0]?.byteLength ?? 0
  }

  take(): PackSlot {
    for (;;) {
      const seen = Atomics.load(this.#control, changeWord)
      if (Atomics.load(this.#control, stopWord) !== 0) throw new CoffreError('interrupted', 'the work was stopped')
      for (const slot of this.#slots) {
        if (Atomics.compareExchange(this.#control, firstSlotWord + slot.number, 0, 1) === 0) return slot
      }
      Atomics.wait(this.#control, changeWord, seen)
    }
  }

  takeLarge(sizeBytes: number): PackSlot {
    const memory = new SharedArrayBuffer(sizeBytes)
    return { region: this.#primitives.pin(memory), memory, number: -1 }
  }

  giveBack(slot: { readonly number: number }): void {
    if (slot.number < 0) return
    Atomics.store(this.#control, firstSlotWord + slot.number, 0)
    this.#signal()
  }

  /** The slot that another thread of this pool has taken, or one of its own memory. */
  adopt(number: number, memory: SharedArrayBuffer): PackSlot {
    return (
      this.#slots[number] ?? { region: { bytes: Buffer.from(memory as unknown as ArrayBuffer), address: 0 }, memory, number: -1 }
    )
  }

  /** Every waiting and later `take` fails from now on. */
  stop(): void {
    Atomics.store(this.#control, stopWord, 1)
    this.#signal()
  }

  #signal(): void {
    Atomics.add(this.#control, changeWord, 1)
    Atomics.notify(this.#control, changeWord)
  }
}

/** Slots for a thread that must not block: made when needed, kept for reuse. The owner bounds how many are in use. */
export class GrowingSlots implements PackSlots {
  readonly slotBytes: number
  readonly #primitives: Primitives
  readonly #free: PackSlot[] = []

  constructor(slotBytes: number, primitives: Primitives) {
    this.slotBytes = slotBytes
    this.#primitives = primitives
  }

  take(): PackSlot {
    return this.#free.pop() ?? this.takeLarge(this.slotBytes)
  }

  takeLarge(sizeBytes: number): PackSlot {
    const memory = new SharedArrayBuffer(sizeBytes)
    return { region: this.#primitives.pin(memory), memory, number: -1 }
  }

  giveBack(slot: PackSlot): void {
    if (slot.memory.byteLength === this.slotBytes) this.#free.push(slot)
  }
}
