import { isCoffreError } from '@coffre/foundation'
import type { Region, Repository } from '@coffre/repository'
import type { ByteRange } from '@coffre/storage'
import { journalDamaged } from '../journal-error.ts'
import { ReusedRegion } from '../reused-region.ts'
import { describeTail, type StoredTail } from './stored-tail.ts'

/** A frame as it is stored. */
export interface SealedFrame {
  readonly tail: StoredTail
  /** Which of the tail's frames it is. */
  readonly number: number
  readonly range: ByteRange
}

interface Loading {
  readonly frame: SealedFrame
  readonly memory: ReusedRegion
  readonly loaded: Promise<void>
}

/** Far stores answer after some tens of milliseconds, however little is asked for. */
const framesAhead = 8
const bytesAhead = 8 << 20

/** Loads frames, one after the other, and those ahead that will be asked for next. */
export class FrameLoader {
  readonly #repository: Repository
  readonly #free: ReusedRegion[] = []
  readonly #loading: Loading[] = []
  #loadingBytes = 0
  #coming: Iterator<SealedFrame> | undefined
  #next: SealedFrame | undefined
  #lent: ReusedRegion | undefined

  constructor(repository: Repository) {
    this.#repository = repository
  }

  /** What will be asked for from now on, in this order; some of it may be passed over. */
  expect(frames: Iterable<SealedFrame>): void {
    this.#coming = frames[Symbol.iterator]()
    this.#next = undefined
  }

  /** The frame at the start of some memory, the caller's until the next call. `journal.damaged` when it is not there. */
  async load(frame: SealedFrame, signal: AbortSignal): Promise<Region> {
    if (this.#lent !== undefined) this.#free.push(this.#lent)
    this.#lent = undefined
    this.#passOver(frame)
    const first = this.#loading.shift() ?? this.#begin(frame, signal)
    this.#loadingBytes -= frame.range.length
    this.#lent = first.memory
    this.#loadAhead(signal)
    await first.loaded
    return first.memory.region
  }

  /** What was loaded ahead and is not wanted any more: its memory may still be written to, and is not used again. */
  #passOver(wanted: SealedFrame): void {
    while (this.#loading[0] !== undefined && !isSame(this.#loading[0].frame, wanted)) {
      this.#loadingBytes -= this.#loading.shift()?.frame.range.length ?? 0
    }
    if (this.#loading.length === 0) this.#skipTo(wanted)
  }

  /** The wanted frame is loaded at once, so that those ahead of it are the ones that follow. */
  #skipTo(wanted: SealedFrame): void {
    for (let next = this.#peek(); next !== undefined; next = this.#peek()) {
      this.#next = undefined
      if (isSame(next, wanted)) return
    }
  }

  #loadAhead(signal: AbortSignal): void {
    for (let next = this.#peek(); next !== undefined; next = this.#peek()) {
      if (this.#loading.length >= framesAhead) return
      if (this.#loading.length > 0 && this.#loadingBytes + next.range.length > bytesAhead) return
      this.#loading.push(this.#begin(next, signal))
      this.#next = undefined
    }
  }

  #peek(): SealedFrame | undefined {
    if (this.#next === undefined) {
      const coming = this.#coming?.next()
      this.#next = coming === undefined || coming.done === true ? undefined : coming.value
    }
    return this.#next
  }

  #begin(frame: SealedFrame, signal: AbortSignal): Loading {
    const memory = this.#free.pop() ?? new ReusedRegion(this.#repository.workbench.primitives)
    const { bytes } = memory.ofBytes(frame.range.length)
    this.#loadingBytes += frame.range.length
    const loaded = this.#fill(frame, bytes, signal)
    // It may fail before its turn comes, or after whoever reads has left.
    loaded.catch(() => undefined)
    return { frame, memory, loaded }
  }

  async #fill({ tail, range }: SealedFrame, bytes: Buffer, signal: AbortSignal): Promise<void> {
    const { backend } = this.#repository
    const { file, versionId, header } = tail
    try {
      if (versionId === undefined || backend.objectLock === undefined) await backend.load(file.file, range, signal, bytes)
      else bytes.set(await backend.objectLock.loadVersion(file.file, versionId, range, signal))
    } catch (error) {
      if (!isCoffreError(error, 'storage.missing', 'storage.truncated')) throw error
      throw journalDamaged(describeTail(header.stream, header.number), 'is gone, or its end is', { cause: error })
    }
  }
}

/** Where the frames of tails lie. */
export function* framesOf(tails: Iterable<StoredTail>): Generator<SealedFrame> {
  for (const tail of tails) {
    let offset = tail.headBytes
    for (const [number, { sealedBytes }] of tail.header.frames.entries()) {
      yield { tail, number, range: { offset, length: sealedBytes } }
      offset += sealedBytes
    }
  }
}

function isSame(a: SealedFrame, b: SealedFrame): boolean {
  return a.tail.id === b.tail.id && a.number === b.number
}
