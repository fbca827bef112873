import { type ByteString, bytesOf } from '@coffre/foundation'

/** The part of a stream of `node:process` that output needs. */
export interface Stream {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(data: Uint8Array, done: (error?: Error | null) => void): boolean
  on(event: 'error', listener: (error: Error) => void): unknown
}

const holdBytesMax = 64 * 1024

/** Text on its way to a stream, in few writes: held until there is much of it or the current turn of the event loop ends. */
export class Sink {
  readonly #stream: Stream
  readonly #onError: (error: Error) => void
  #held: Uint8Array[] = []
  #heldBytes = 0
  #isScheduled = false
  #isBroken = false
  #pending = 0
  #idle: (() => void)[] = []

  /** `onError` hears once that the stream takes nothing any more, such as EPIPE; all that follows is dropped. */
  constructor(stream: Stream, onError: (error: Error) => void) {
    this.#stream = stream
    this.#onError = onError
    stream.on('error', (error) => this.#break(error))
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true
  }

  get columns(): number {
    // A terminal may not know its own width, and then says 0.
    return this.#stream.columns || 80
  }

  get rows(): number {
    return this.#stream.rows || 24
  }

  write(data: ByteString | Uint8Array): void {
    const bytes = typeof data === 'string' ? bytesOf(data) : data
    if (this.#isBroken || bytes.length === 0) return
    this.#held.push(bytes)
    this.#heldBytes += bytes.length
    if (this.#heldBytes >= holdBytesMax) this.#release()
    else if (!this.#isScheduled) {
      this.#isScheduled = true
      setImmediate(() => {
        this.#isScheduled = false
        this.#release()
      })
    }
  }

  /** Resolves once everything written so far has been taken by the system. */
  async flush(): Promise<void> {
    this.#release()
    if (this.#pending > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** Hands over what is held, without waiting. */
  #release(): void {
    if (this.#held.length === 0) return
    const data = Buffer.concat(this.#held)
    this.#held = []
    this.#heldBytes = 0
    this.#pending++
    this.#stream.write(data, (error) => {
      if (error) this.#break(error)
      if (--this.#pending > 0) return
      for (const resolve of this.#idle.splice(0)) resolve()
    })
  }

  #break(error: Error): void {
    if (this.#isBroken) return
    this.#isBroken = true
    this.#held = []
    this.#heldBytes = 0
    this.#onError(error)
  }
}
