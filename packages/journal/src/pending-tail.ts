import { createHash } from 'node:crypto'
import type { ChangeBatch, Mark, Position, Stamps } from '@coffre/connector'
import type { FramePool, PooledFrame } from './frame-pool.ts'
import { joinStamps } from './record-fields.ts'
import { frameBytesMax, type OpenFrame } from './tail/frame-codec.ts'

/** What was appended and is to become one tail: log of one branch. Frames are compressed as soon as they are full. */
export class PendingTail {
  readonly after: Position
  #through: Position
  #marks: Mark[] = []
  #stamps: Stamps | undefined
  #logBytes = 0
  readonly #frames: Promise<PooledFrame>[] = []
  readonly #digest = createHash('sha256')
  #memory: Buffer | undefined
  #filledBytes = 0

  readonly #pool: FramePool
  /** That of frames that were finished: they are stored from it. */
  readonly #lent: Buffer[] = []

  constructor(after: Position, pool: FramePool) {
    this.#pool = pool
    this.after = after
    this.#through = after
  }

  get through(): Position {
    return this.#through
  }

  get logBytes(): number {
    return this.#logBytes
  }

  get marks(): readonly Mark[] {
    return this.#marks
  }

  get stamps(): Stamps | undefined {
    return this.#stamps
  }

  /** Nothing that has to be stored. */
  get isEmpty(): boolean {
    return this.#logBytes === 0 && this.#marks.length === 0 && this.#through.offset === this.after.offset
  }

  /** Copies the bytes: the batch is not needed any more. */
  add({ through, bytes, mark, stamps }: ChangeBatch): void {
    for (let at = 0; at < bytes.byteLength; ) {
      this.#memory ??= this.#pool.take()
      const piece = bytes.subarray(at, at + frameBytesMax - this.#filledBytes)
      this.#memory.set(piece, this.#filledBytes)
      this.#filledBytes += piece.byteLength
      at += piece.byteLength
      if (this.#filledBytes === frameBytesMax) this.#closeFrame()
    }
    this.#through = through
    this.#logBytes += bytes.byteLength
    this.#stamps = joinStamps(this.#stamps, stamps)
    if (mark !== undefined) this.#addMark(mark)
  }

  /** No more is added. The frames in their order, compressed at the same time. */
  async finish(): Promise<{ readonly frames: readonly OpenFrame[]; readonly sha256: string }> {
    this.#closeFrame()
    const sha256 = this.#digest.digest('hex')
    const made = await Promise.all(this.#frames)
    this.#lent.push(...made.map(({ memory }) => memory))
    return { frames: made.map(({ frame }) => frame), sha256 }
  }

  /** To be called once the frames are not needed any more. */
  release(): void {
    for (const memory of this.#lent.splice(0)) this.#pool.give(memory)
  }

  #closeFrame(): void {
    const memory = this.#memory
    if (memory === undefined) return
    const log = memory.subarray(0, this.#filledBytes)
    this.#digest.update(log)
    this.#frames.push(this.#pool.newFrame(memory, log.byteLength))
    this.#memory = undefined
    this.#filledBytes = 0
  }

  /** Of marks at one position only the first and the last say something. */
  #addMark(mark: Mark): void {
    const [before, last] = this.#marks.slice(-2)
    if (before !== undefined && last !== undefined && isSame(before, mark) && isSame(last, mark)) this.#marks.pop()
    this.#marks.push(mark)
  }
}

function isSame(a: Mark, b: Mark): boolean {
  return a.position.branch === b.position.branch && a.position.offset === b.position.offset
}
