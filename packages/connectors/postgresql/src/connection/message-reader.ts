import type { Socket } from 'node:net'
import { CoffreError } from '@coffre/foundation'
import { RecyclingSocket } from './recycling-socket.ts'

/** The head of one message of the server: its type letter and how many bytes of content follow. */
export interface MessageHead {
  /** As a character code. */
  readonly type: number
  readonly length: number
}

const headBytes = 5
/** The socket rests while so much waits to be read: what a slow vault makes the server wait for. */
const queuedBytesMax = 1024 * 1024
/** A message that is not a copy of data is small; what claims to be larger is no PostgreSQL. */
const bodyBytesMax = 64 * 1024 * 1024

/**
 * Cuts what arrives on a socket into the server's messages. Parts of contents are views on what arrived, without a copy. Messages are
 * read in order, each to its end, by one reader.
 */
export class MessageReader {
  readonly #socket: Socket
  readonly #chunks: Buffer[] = []
  /** Read to its end, and perhaps still looked at by whoever asked for the last part. */
  #spent: Buffer | undefined
  /** How much of the first chunk was read. */
  #offset = 0
  #queuedBytes = 0
  /** What is left of the content of the message whose head was read last. */
  #restBytes = 0
  #end: { readonly error: Error | undefined } | undefined
  #arrival: PromiseWithResolvers<void> | undefined

  /** From now on whatever arrives belongs to this reader. */
  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    if (socket instanceof RecyclingSocket) socket.deliverTo((chunk) => this.#take(chunk))
    socket.on('error', (error) => this.#finish(error))
    socket.on('close', () => this.#finish(undefined))
    socket.on('end', () => this.#finish(undefined))
  }

  /** The head of the next message. `source.unreachable` when the connection ended. */
  async head(): Promise<MessageHead> {
    if (this.#restBytes > 0) throw new Error(`${this.#restBytes} bytes of the message before were not read`)
    this.#recycle()
    while (this.#queuedBytes < headBytes) await this.#arrive()
    const type = this.#byte()
    let length = 0
    for (let i = 0; i < 4; i++) length = length * 256 + this.#byte()
    if (length < 4)
      throw new CoffreError('source.failed', `the server sent a message of ${length} bytes, which PostgreSQL does not`)
    this.#restBytes = length - 4
    return { type, length: length - 4 }
  }

  /**
   * The next part of the content, as much as is there and at most `bytesMax`; undefined at its end. It is the caller's until he asks
   * for anything more.
   */
  async part(bytesMax = Number.POSITIVE_INFINITY): Promise<Buffer | undefined> {
    if (this.#restBytes === 0) return undefined
    this.#recycle()
    let [first] = this.#chunks
    while (first === undefined) {
      await this.#arrive()
      ;[first] = this.#chunks
    }
    const wanted = Math.min(this.#restBytes, bytesMax, first.length - this.#offset)
    const part = first.subarray(this.#offset, this.#offset + wanted)
    this.#skip(wanted)
    this.#restBytes -= wanted
    return part
  }

  /** The rest of the content in one piece, which is the caller's. */
  async body(): Promise<Buffer> {
    if (this.#restBytes > bodyBytesMax)
      throw new CoffreError('source.failed', `the server sent a message of ${this.#restBytes} bytes`)
    const body = Buffer.allocUnsafe(this.#restBytes)
    let filled = 0
    for (let part = await this.part(); part !== undefined; part = await this.part()) filled += part.copy(body, filled)
    return body
  }

  #recycle(): void {
    if (this.#spent !== undefined && this.#socket instanceof RecyclingSocket) this.#socket.recycle(this.#spent)
    this.#spent = undefined
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#queuedBytes += chunk.length
    if (this.#queuedBytes > queuedBytesMax) this.#socket.pause()
    this.#arrival?.resolve()
  }

  #finish(error: Error | undefined): void {
    this.#end ??= { error }
    this.#arrival?.resolve()
  }

  /** Resolves once there is more; rejects when nothing can come any more. */
  async #arrive(): Promise<void> {
    const queued = this.#queuedBytes
    while (this.#queuedBytes === queued) {
      if (this.#end !== undefined) throw connectionLost(this.#end.error)
      this.#arrival = Promise.withResolvers()
      if (this.#socket.isPaused()) this.#socket.resume()
      await this.#arrival.promise
      this.#arrival = undefined
    }
  }

  #byte(): number {
    const byte = this.#chunks[0]?.[this.#offset]
    if (byte === undefined) throw new Error('read beyond what has arrived')
    this.#skip(1)
    return byte
  }

  #skip(bytes: number): void {
    this.#offset += bytes
    this.#queuedBytes -= bytes
    if (this.#offset === this.#chunks[0]?.length) {
      // A head that spans two arrivals leaves one behind that nobody looks at.
      this.#recycle()
      this.#spent = this.#chunks.shift()
      this.#offset = 0
    }
    if (this.#queuedBytes < queuedBytesMax / 2 && this.#socket.isPaused()) this.#socket.resume()
  }
}

function connectionLost(cause: Error | undefined): CoffreError {
  return new CoffreError(
    'source.unreachable',
    `the connection to PostgreSQL ended${cause === undefined ? '' : `: ${cause.message}`}`,
    {
      ...(cause === undefined ? {} : { cause }),
      hint: 'The log of the server, or the network between, may say why.',
    },
  )
}
