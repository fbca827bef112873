import type { Cutter } from '../chunk/cutter.ts'
import type { Id } from '../format/node.ts'
import { type PieceStore, storePieces } from './store-pieces.ts'

/** Content that is read from front to back. */
export interface ContentSource {
  /** Fills the start of `target`; the number of bytes, 0 only at the end. */
  read(target: Buffer): Promise<number>
}

export interface StreamedContent {
  readonly content: Id[]
  readonly sizeBytes: number
}

/** Buffers in the hands of workers at the same time, besides the one that is being filled. */
const buffersAhead = 2
/** A buffer holds so much more than the longest chunk, of which it may begin with a part. */
const roomBytes = 2 * 1024 * 1024

/**
 * Stores long content: the calling thread reads and cuts, workers do the rest, so that one file keeps all of them busy. One
 * instance at a time works on one content; its buffers are made once.
 */
export class ContentStreamer {
  readonly #store: PieceStore
  readonly #newCutter: () => Cutter
  readonly #buffers: SharedArrayBuffer[] = []

  constructor(store: PieceStore, newCutter: () => Cutter) {
    this.#store = store
    this.#newCutter = newCutter
  }

  async store(source: ContentSource, onRead: (bytes: number) => void, signal: AbortSignal): Promise<StreamedContent> {
    const cutter = this.#newCutter()
    const bufferBytes = cutter.maxBytes + roomBytes
    const parts: Id[][] = []
    const jobs = new Set<Promise<void>>()
    let failure: unknown
    let sizeBytes = 0
    let memory = this.#take(bufferBytes)
    let end = 0
    for (let last = false; !last; ) {
      const buffer = Buffer.from(memory as unknown as ArrayBuffer)
      while (end < bufferBytes && !last) {
        const got = await source.read(buffer.subarray(end))
        last = got === 0
        end += got
        sizeBytes += got
        onRead(got)
      }
      const { pieces, used } = cutAll(cutter, buffer, end, last)
      while (jobs.size >= buffersAhead) await Promise.race(jobs)
      if (failure !== undefined) throw failure
      const next = this.#take(bufferBytes)
      buffer.copy(Buffer.from(next as unknown as ArrayBuffer), 0, used, end)
      end -= used
      const position = parts.push([]) - 1
      const filled = memory
      const job = storePieces(this.#store, filled, pieces, signal)
        .then((ids) => {
          parts[position] = ids
          this.#buffers.push(filled)
        })
        .catch((error: unknown) => {
          failure ??= error
        })
        .finally(() => jobs.delete(job))
      jobs.add(job)
      memory = next
    }
    this.#buffers.push(memory)
    await Promise.all(jobs)
    if (failure !== undefined) throw failure
    return { content: parts.flat(), sizeBytes }
  }

  #take(bytes: number): SharedArrayBuffer {
    const free = this.#buffers.pop()
    if (free !== undefined && free.byteLength === bytes) return free
    return new SharedArrayBuffer(bytes)
  }
}

function cutAll(cutter: Cutter, buffer: Buffer, end: number, last: boolean): { readonly pieces: number[]; readonly used: number } {
  const pieces: number[] = []
  let begin = 0
  while (begin < end) {
    const length = cutter.next(buffer, begin, end, last)
    if (length === undefined) break
    pieces.push(begin, length)
    begin += length
  }
  return { pieces, used: begin }
}
