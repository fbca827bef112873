import { frameBytesMax } from './tail/frame-codec.ts'

/** So much memory is kept for the next frames. */
const keptMax = 12

/** Memory for frames, used again and again: left to the garbage collector it would pile up while log comes fast. */
export class FramePool {
  readonly #free: Buffer[] = []

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(frameBytesMax)
  }

  give(memory: Buffer): void {
    if (this.#free.length < keptMax) this.#free.push(memory)
  }
}
