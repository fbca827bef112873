import { minuteMs } from '@coffre/foundation'

/** Where a blob lies. `rawBytes` is 0 when the blob is stored uncompressed. */
export interface BlobLocation {
  readonly pack: number
  readonly offset: number
  readonly sealedBytes: number
  readonly rawBytes: number
}

/** The memory of an index, to be handed to another thread. */
export interface BlobIndexMemory {
  readonly control: SharedArrayBuffer
  readonly entries: SharedArrayBuffer
  readonly slots: SharedArrayBuffer
  /** One word for each pack, while references are tracked. */
  readonly marks?: SharedArrayBuffer
}

const entryWords = 12
const slotsMin = 1 << 12
const entriesPerGrowth = 1 << 13
/** 60 million blobs: 2.9 GB of address space, of which only the used part is ever backed by memory. */
const entriesMax = 60_000_000
const slotsMax = 1 << 27

const lockWord = 0
const countWord = 1
const slotCountWord = 2
const nextPackWord = 3
/** Counts the growths of entries and slots, so that other threads renew their views. */
const growthWord = 4
/** Not 0 once nothing is added any more. */
const frozenWord = 5
const controlWords = 16

/** What the lock word says; the last also that some thread may be waiting. */
const free = 0
const held = 1
const contended = 2

const treeBit = 0x80000000
/** In the word of a pack: whether the session refers to it; the other bits are the minute until which it is locked. */
const referencedBit = 0x80000000
const lockMinuteMax = 0x7fffffff
/** The pack number of a blob that was claimed and not yet placed. */
const unplaced: BlobLocation = { pack: 0x7fffffff, offset: 0, sealedBytes: 0, rawBytes: 0 }

/**
 * All blobs of a repository in shared memory: entries of 48 bytes in the order of their arrival (id, pack and type, offset, sealed
 * and raw length) and a table of entry numbers, open addressing, at most three quarters full; at most 60 bytes a blob in all.
 * A blob may have several entries, one for each pack that holds it. Every thread has a BlobIndex of its own over the same memory;
 * a lock word in it orders them. Entries are only ever added.
 */
export class BlobIndex {
  #memory: BlobIndexMemory
  readonly #control: Int32Array
  /** Views of fixed length, made anew after growth: views that follow a growing buffer are thirty times slower. */
  #entries: Uint32Array
  #slots: Uint32Array
  #growths = 0
  /** An id given as bytes, as the eight words that entries are compared by. */
  readonly #id = new Uint32Array(8)
  readonly #idBytes = Buffer.from(this.#id.buffer)
  #marks: Uint32Array | undefined

  constructor(memory: BlobIndexMemory = newMemory()) {
    this.#memory = memory
    this.#marks = memory.marks && new Uint32Array(memory.marks)
    this.#control = new Int32Array(memory.control)
    this.#entries = new Uint32Array(memory.entries, 0, memory.entries.byteLength >>> 2)
    this.#slots = new Uint32Array(memory.slots, 0, memory.slots.byteLength >>> 2)
    this.#growths = Atomics.load(this.#control, growthWord)
  }

  get memory(): BlobIndexMemory {
    return this.#memory
  }

  get count(): number {
    return Atomics.load(this.#control, countWord)
  }

  /** Bytes of memory in use, for the promise of 60 bytes a blob. */
  get memoryBytes(): number {
    return this.count * entryWords * 4 + Atomics.load(this.#control, slotCountWord) * 4
  }

  /** A number for a pack that is about to be filled, unique over all threads. */
  reservePack(): number {
    return Atomics.add(this.#control, nextPackWord, 1)
  }

  /**
   * An index in memory of its own, with the entries that are wanted by their pack and where in it they end. Packs keep their numbers.
   * No other thread may use this one meanwhile.
   */
  copy(isWanted: (pack: number, end: number) => boolean): BlobIndex {
    const copy = new BlobIndex()
    Atomics.store(copy.#control, nextPackWord, Atomics.load(this.#control, nextPackWord))
    const takes = (entry: number): boolean => isWanted(this.packOf(entry), this.#endOf(entry))
    const { count } = this
    let first = 0
    while (first < count && takes(first)) first++
    if (first === count) copy.#takeAll(this)
    else for (let entry = 0; entry < count; entry++) if (entry < first || takes(entry)) copy.#take(this, entry)
    return copy
  }

  /** Makes room in the table for `blobs` in all, to spare the growth on the way. */
  reserve(blobs: number): void {
    this.#locked(() => this.#ensureSlots(blobs))
  }

  /** Adds one more place for a blob; the number of its entry. */
  add(id: Uint8Array, idOffset: number, isTree: boolean, location: BlobLocation): number {
    this.#setId(id, idOffset)
    return this.#locked(() => this.#append(isTree, location))
  }

  /**
   * The entry of the blob, or the complement (`~entry`, negative) of a new one made for it: of many threads that claim a blob,
   * exactly one is given a new entry and has to store the blob and `place` it.
   */
  claim(id: Uint8Array, idOffset: number, isTree: boolean): number {
    this.#setId(id, idOffset)
    return this.#locked(() => {
      const found = this.#refer(isTree)
      return found >= 0 ? found : ~this.#append(isTree, unplaced)
    })
  }

  /** As findHex, for a blob that the session is going to refer to: where references are tracked, it counts as one. */
  referHex(id: string, isTree: boolean): number {
    this.#idBytes.write(id, 0, 'hex')
    return this.#locked(() => this.#refer(isTree))
  }

  /**
   * Marks, from now on, each pack that blobs were found in by `claim` and `referHex` (rule L3). Of several copies the one that is
   * locked longest counts. Must be called before the memory goes to other threads; packs numbered later, the session's own, are
   * not marked.
   */
  trackReferences(lockedUntilMs: (pack: number) => number | undefined): void {
    const packs = Atomics.load(this.#control, nextPackWord)
    const marks = new SharedArrayBuffer(packs * 4)
    this.#marks = new Uint32Array(marks)
    this.#memory = { ...this.#memory, marks }
    for (let pack = 0; pack < packs; pack++) {
      this.#marks[pack] = Math.min(Math.max(0, Math.floor((lockedUntilMs(pack) ?? 0) / minuteMs)), lockMinuteMax)
    }
  }

  isReferenced(pack: number): boolean {
    return ((this.#marks?.[pack] ?? 0) & referencedBit) !== 0
  }

  /** Takes the lock from a thread that was ended while it held it. No other thread may use the index at that time. */
  breakLock(): void {
    Atomics.store(this.#control, lockWord, free)
  }

  /** Nothing is going to be added any more, by no thread: from now on look-ups need no lock. */
  freeze(): void {
    this.#locked(() => Atomics.store(this.#control, frozenWord, 1))
  }

  /** The first entry of the blob, or -1. */
  find(id: Uint8Array, idOffset: number, isTree: boolean): number {
    this.#setId(id, idOffset)
    return this.#locked(() => this.#find(isTree))
  }

  findHex(id: string, isTree: boolean): number {
    this.#idBytes.write(id, 0, 'hex')
    return this.#locked(() => this.#find(isTree))
  }

  /** Every entry of the blob. */
  findAllHex(id: string, isTree: boolean): number[] {
    this.#idBytes.write(id, 0, 'hex')
    return this.#locked(() => this.#findAll(isTree))
  }

  /** Whether the blob has an entry for exactly this place. */
  isAt(id: string, isTree: boolean, location: BlobLocation): boolean {
    this.#idBytes.write(id, 0, 'hex')
    return this.#locked(() => this.#isAt(isTree, location))
  }

  /** Corrects an entry, such as a claimed one once its place is known. */
  place(entry: number, location: BlobLocation): void {
    const at = this.#at(entry)
    const isTree = ((this.#entries[at + 8] ?? 0) & treeBit) !== 0
    this.#writeLocation(at, isTree, location)
  }

  location(entry: number): BlobLocation {
    const at = this.#at(entry)
    return {
      pack: this.packOf(entry),
      offset: this.#entries[at + 9] ?? 0,
      sealedBytes: this.#entries[at + 10] ?? 0,
      rawBytes: this.#entries[at + 11] ?? 0,
    }
  }

  packOf(entry: number): number {
    // The place first: finding it may replace the view.
    const at = this.#at(entry)
    return (this.#entries[at + 8] ?? 0) & ~treeBit
  }

  #endOf(entry: number): number {
    const at = this.#at(entry)
    return (this.#entries[at + 9] ?? 0) + (this.#entries[at + 10] ?? 0)
  }

  isTree(entry: number): boolean {
    const at = this.#at(entry)
    return ((this.#entries[at + 8] ?? 0) & treeBit) !== 0
  }

  idHex(entry: number): string {
    const at = this.#at(entry)
    for (let i = 0; i < 8; i++) this.#id[i] = this.#entries[at + i] ?? 0
    return this.#idBytes.toString('hex')
  }

  copyId(entry: number, target: Uint8Array, targetOffset: number): void {
    const at = this.#at(entry)
    for (let i = 0; i < 8; i++) this.#id[i] = this.#entries[at + i] ?? 0
    target.set(this.#idBytes, targetOffset)
  }

  /** The entries that have the same id and type as `entry`, itself included. */
  siblings(entry: number): number[] {
    const at = this.#at(entry)
    for (let i = 0; i < 8; i++) this.#id[i] = this.#entries[at + i] ?? 0
    return this.#locked(() => this.#findAll(this.isTree(entry)))
  }

  #setId(id: Uint8Array, offset: number): void {
    for (let i = 0; i < 32; i++) this.#idBytes[i] = id[offset + i] as number
  }

  /** Where an entry begins. One that another thread added may lie beyond the view of this thread. */
  #at(entry: number): number {
    const at = entry * entryWords
    if (at + entryWords > this.#entries.length) this.#renewViews()
    return at
  }

  #renewViews(): void {
    this.#growths = Atomics.load(this.#control, growthWord)
    this.#entries = new Uint32Array(this.#memory.entries, 0, this.#memory.entries.byteLength >>> 2)
    this.#slots = new Uint32Array(this.#memory.slots, 0, this.#memory.slots.byteLength >>> 2)
  }

  #grew(): void {
    Atomics.add(this.#control, growthWord, 1)
    this.#renewViews()
  }

  #find(isTree: boolean): number {
    const mask = Atomics.load(this.#control, slotCountWord) - 1
    for (let slot = (this.#id[0] ?? 0) & mask; ; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] ?? 0) - 1
      if (entry < 0) return -1
      if (this.#matches(entry, isTree)) return entry
    }
  }

  /** The first entry, its pack marked; with marks, the first of those in the pack that is locked longest. */
  #refer(isTree: boolean): number {
    const marks = this.#marks
    if (marks === undefined) return this.#find(isTree)
    let best = -1
    let bestMinute = -1
    const mask = Atomics.load(this.#control, slotCountWord) - 1
    for (let slot = (this.#id[0] ?? 0) & mask; ; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] ?? 0) - 1
      if (entry < 0) break
      if (!this.#matches(entry, isTree)) continue
      const minute = (marks[this.packOf(entry)] ?? 0) & ~referencedBit
      if (minute > bestMinute) {
        best = entry
        bestMinute = minute
      }
    }
    const pack = best < 0 ? marks.length : this.packOf(best)
    if (pack < marks.length) Atomics.or(marks, pack, referencedBit)
    return best
  }

  #findAll(isTree: boolean): number[] {
    const found: number[] = []
    const mask = Atomics.load(this.#control, slotCountWord) - 1
    for (let slot = (this.#id[0] ?? 0) & mask; ; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] ?? 0) - 1
      if (entry < 0) return found
      if (this.#matches(entry, isTree)) found.push(entry)
    }
  }

  #isAt(isTree: boolean, { pack, offset, sealedBytes, rawBytes }: BlobLocation): boolean {
    const mask = Atomics.load(this.#control, slotCountWord) - 1
    for (let slot = (this.#id[0] ?? 0) & mask; ; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] ?? 0) - 1
      if (entry < 0) return false
      if (!this.#matches(entry, isTree) || this.packOf(entry) !== pack) continue
      const at = this.#at(entry)
      const isSame =
        this.#entries[at + 9] === offset && this.#entries[at + 10] === sealedBytes && this.#entries[at + 11] === rawBytes
      if (isSame) return true
    }
  }

  #matches(entry: number, isTree: boolean): boolean {
    const at = this.#at(entry)
    for (let i = 0; i < 8; i++) if (this.#entries[at + i] !== this.#id[i]) return false
    return this.isTree(entry) === isTree
  }

  #append(isTree: boolean, location: BlobLocation): number {
    if (Atomics.load(this.#control, frozenWord) !== 0) throw new Error('nothing is added to a frozen index')
    const entry = Atomics.load(this.#control, countWord)
    this.#ensureEntries(entry + 1)
    this.#ensureSlots(entry + 1)
    const at = this.#at(entry)
    for (let i = 0; i < 8; i++) this.#entries[at + i] = this.#id[i] as number
    this.#writeLocation(at, isTree, location)
    this.#occupy(entry)
    Atomics.store(this.#control, countWord, entry + 1)
    return entry
  }

  /** Everything at once, the table too. */
  #takeAll(source: BlobIndex): void {
    const { count } = source
    this.#ensureEntries(count)
    const slots = Atomics.load(source.#control, slotCountWord)
    if (this.#memory.slots.byteLength < slots * 4) this.#memory.slots.grow(slots * 4)
    this.#grew()
    this.#entries.set(source.#entries.subarray(0, count * entryWords))
    this.#slots.set(source.#slots.subarray(0, slots))
    Atomics.store(this.#control, slotCountWord, slots)
    Atomics.store(this.#control, countWord, count)
  }

  #take(source: BlobIndex, entry: number): void {
    const at = source.#at(entry)
    for (let i = 0; i < 8; i++) this.#id[i] = source.#entries[at + i] ?? 0
    this.#append(source.isTree(entry), source.location(entry))
  }

  #writeLocation(at: number, isTree: boolean, location: BlobLocation): void {
    this.#entries[at + 8] = isTree ? (location.pack | treeBit) >>> 0 : location.pack
    this.#entries[at + 9] = location.offset
    this.#entries[at + 10] = location.sealedBytes
    this.#entries[at + 11] = location.rawBytes
  }

  #occupy(entry: number): void {
    const mask = Atomics.load(this.#control, slotCountWord) - 1
    let slot = (this.#entries[entry * entryWords] ?? 0) & mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = entry + 1
  }

  #ensureEntries(count: number): void {
    const needed = count * entryWords * 4
    const have = this.#memory.entries.byteLength
    if (needed <= have) return
    if (count > entriesMax) throw new RangeError(`an index holds at most ${entriesMax} blobs`)
    const grown = have + Math.max(entriesPerGrowth * entryWords * 4, Math.ceil(have / 8 / 4096) * 4096)
    this.#memory.entries.grow(Math.min(grown, entriesMax * entryWords * 4))
    this.#grew()
  }

  #ensureSlots(count: number): void {
    const have = Atomics.load(this.#control, slotCountWord)
    if (count * 4 <= have * 3) return
    let wanted = have
    while (count * 4 > wanted * 3) wanted *= 2
    if (wanted > slotsMax) throw new RangeError(`an index holds at most ${entriesMax} blobs`)
    if (this.#memory.slots.byteLength < wanted * 4) this.#memory.slots.grow(wanted * 4)
    this.#grew()
    this.#slots.fill(0, 0, wanted)
    Atomics.store(this.#control, slotCountWord, wanted)
    for (let entry = 0, all = this.count; entry < all; entry++) this.#occupy(entry)
  }

  #locked<T>(action: () => T): T {
    if (this.#isFrozen()) return action()
    if (Atomics.compareExchange(this.#control, lockWord, free, held) !== free) this.#waitForLock()
    try {
      if (Atomics.load(this.#control, growthWord) !== this.#growths) this.#renewViews()
      return action()
    } finally {
      if (Atomics.exchange(this.#control, lockWord, free) === contended) Atomics.notify(this.#control, lockWord, 1)
    }
  }

  /** Takes the lock as one for which somebody may wait; its release then wakes one. */
  #waitForLock(): void {
    while (Atomics.exchange(this.#control, lockWord, contended) !== free) Atomics.wait(this.#control, lockWord, contended, 1)
  }

  #isFrozen(): boolean {
    if (Atomics.load(this.#control, frozenWord) === 0) return false
    if (Atomics.load(this.#control, growthWord) !== this.#growths) this.#renewViews()
    return true
  }
}

function newMemory(): BlobIndexMemory {
  const control = new SharedArrayBuffer(controlWords * 4)
  new Int32Array(control)[slotCountWord] = slotsMin
  return {
    control,
    entries: new SharedArrayBuffer(0, { maxByteLength: entriesMax * entryWords * 4 }),
    slots: new SharedArrayBuffer(slotsMin * 4, { maxByteLength: slotsMax * 4 }),
  }
}
