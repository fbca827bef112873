import { type BackgroundCompressor, openBackgroundCompressor } from '@coffre/repository'
import { frameBytesMax, newFrame, type OpenFrame } from './tail/frame-codec.ts'

/** So much memory is kept for the next frames. */
const keptMax = 12

/** A frame, and the memory that its content lies in, to be given back when it is not needed any more. */
export interface PooledFrame {
  readonly frame: OpenFrame
  readonly memory: Buffer
}

/** Memory for frames, used again and again: left to the garbage collector it would pile up while log comes fast. */
export class FramePool implements AsyncDisposable {
  readonly #compressor: BackgroundCompressor = openBackgroundCompressor()
  readonly #free: Buffer[] = []
  readonly #underWay = new Set<Promise<PooledFrame>>()

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(frameBytesMax)
  }

  give(memory: Buffer): void {
    if (this.#free.length < keptMax) this.#free.push(memory)
  }

  /** Makes a frame of what `take` gave, which is the pool's from now on. */
  newFrame(memory: Buffer, logBytes: number): Promise<PooledFrame> {
    const made = this.#compress(memory, logBytes)
    this.#underWay.add(made)
    const forget = () => this.#underWay.delete(made)
    // Whoever waits for the frame hears of a failure; until then it must not count as unhandled.
    made.then(forget, forget)
    return made
  }

  /** No memory is given back to the system while a thread still writes to it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#underWay)
    this.#free.length = 0
    this.#compressor.release()
  }

  async #compress(memory: Buffer, logBytes: number): Promise<PooledFrame> {
    const target = this.take()
    const frame = await newFrame(this.#compressor, memory.subarray(0, logBytes), target)
    this.give(frame.isCompressed ? memory : target)
    return { frame, memory: frame.isCompressed ? target : memory }
  }
}
