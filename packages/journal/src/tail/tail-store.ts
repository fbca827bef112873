import { hourMs } from '@coffre/foundation'
import { openShortLock, type Repository, type ShortLock } from '@coffre/repository'
import { bodySizeBytes, type FileHandle, type SaveOptions } from '@coffre/storage'
import { journalDamaged, journalFork } from '../journal-error.ts'
import type { OpenFrame } from './frame-codec.ts'
import { listTails } from './list-tails.ts'
import { describeTail, type StoredTail } from './stored-tail.ts'
import { type SealedHead, sealFrame, sealHead } from './tail-file.ts'
import type { TailHead, TailHeader } from './tail-header.ts'
import { encodeTailName, tagDigits, tailNameStart } from './tail-name.ts'

/** Tails are locked for so long in locked vaults (rule J5): they are folded long before. */
export const tailLockMs = 48 * hourMs
/** A policy that changed meanwhile is seen after so long. */
const lockRefreshMs = hourMs
/** A request that is made while the lease holds for so much longer ends within it. */
const requestMarginMs = 60_000

/** A tail as it is to be sealed; what can only be told of the sealed frames is missing. */
export interface TailDraft {
  readonly header: Omit<TailHeader, 'frames'>
  readonly frames: readonly OpenFrame[]
}

/** Stores the tails of one stream, one after the other, so that at any time only the last can be half there. */
export class TailStore {
  readonly #repository: Repository
  readonly #stream: string
  readonly #signal: AbortSignal
  /** Files that were there when the journal was opened: what others put beside them later is another writer's. */
  readonly #known: ReadonlySet<string>
  /** Used again and again. */
  #readBack = new Uint8Array(0)
  #lock: ShortLock | undefined
  #lockedMs = Number.NEGATIVE_INFINITY

  constructor(repository: Repository, stream: string, known: Iterable<string>, signal: AbortSignal) {
    this.#repository = repository
    this.#stream = stream
    this.#known = new Set(known)
    this.#signal = signal
  }

  /** Durable, read back, and the only one of its number when it resolves. */
  async store({ header, frames }: TailDraft): Promise<TailHead> {
    const sealed: Buffer[] = []
    for (const frame of frames) {
      sealed.push(sealFrame(this.#repository, frame))
      // Each takes some milliseconds: others have their turn in between.
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
    const sizes = frames.map(({ logBytes, isCompressed }, at) => ({
      sealedBytes: sealed[at]?.byteLength ?? 0,
      logBytes,
      isCompressed,
    }))
    const head = sealHead(this.#repository, { ...header, frames: sizes })
    const file = this.#fileOf(header, head)
    await this.#save(file, [head.bytes, ...sealed])
    await this.#verify(file, header.number, [head.bytes, ...sealed])
    return { number: header.number, id: head.id }
  }

  /**
   * Stores a tail again that another process has stored, and perhaps not made durable before it died. Stores that keep versions answer
   * a save only when it is durable.
   */
  async settle({ file: { file }, number }: StoredTail): Promise<void> {
    const { backend } = this.#repository
    if (backend.objectLock !== undefined) return
    const bytes = await backend.load(file, undefined, this.#signal)
    await this.#save(file, [bytes])
    await this.#verify(file, number, [bytes])
  }

  #fileOf({ number, epoch, branch, after, through }: TailDraft['header'], { id }: SealedHead): FileHandle {
    const name = encodeTailName({ number, epoch, branch, after, through, tag: id.slice(0, tagDigits) })
    return { type: 'journal', name: `${this.#stream}/${name}` }
  }

  async #save(file: FileHandle, body: readonly Uint8Array[]): Promise<void> {
    const options = await this.#options()
    this.#repository.assertHeld(requestMarginMs)
    await this.#repository.backend.save(file, body, options, this.#signal)
    await this.#repository.backend.flush(this.#signal)
  }

  async #verify(file: FileHandle, number: number, body: readonly Uint8Array[]): Promise<void> {
    const length = bodySizeBytes(body)
    if (this.#readBack.byteLength < length) this.#readBack = new Uint8Array(length)
    const stored = await this.#repository.backend.load(file, { offset: 0, length }, this.#signal, this.#readBack)
    if (!isSame(stored, body)) {
      throw journalDamaged(describeTail(this.#stream, number), 'is not what was stored a moment ago')
    }
    const others = await listTails(this.#repository, this.#stream, this.#signal, tailNameStart(number))
    const strangers = others.filter((other) => other.file.name !== file.name && !this.#known.has(other.file.name))
    if (strangers.length > 0) throw journalFork(`another writer has stored a tail ${number} of the journal ${this.#stream}`)
  }

  async #options(): Promise<SaveOptions> {
    const { clock } = this.#repository.context
    if (clock.monotonicMs() - this.#lockedMs >= lockRefreshMs) {
      this.#lock = await openShortLock(this.#repository, tailLockMs, this.#signal)
      this.#lockedMs = clock.monotonicMs()
    }
    return this.#lock === undefined ? {} : { retention: this.#lock.retention() }
  }
}

function isSame(stored: Uint8Array, body: readonly Uint8Array[]): boolean {
  let at = 0
  for (const chunk of body) {
    if (Buffer.compare(stored.subarray(at, at + chunk.byteLength), chunk) !== 0) return false
    at += chunk.byteLength
  }
  return at === stored.byteLength
}
