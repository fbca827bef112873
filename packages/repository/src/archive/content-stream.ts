import type { Cutter } from '../chunk/cutter.ts'
import type { Id } from '../format/node.ts'
import type { ComputePool } from '../pipeline/compute-pool.ts'
import type { StoredCounts } from '../pipeline/jobs.ts'

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
  readonly #pool: ComputePool
  readonly #newCutter: () => Cutter
  readonly #onStored: (stored: StoredCounts) => void
  readonly #buffers: SharedArrayBuffer[] = []
  readonly #randomInteger: (below: number) => number

  constructor(
    pool: ComputePool,
    newCutter: () => Cutter,
    onStored: (stored: StoredCounts) => void,
    randomInteger: (below: number) => number,
  ) {
    this.#pool = pool
    this.#newCutter = newCutter
    this.#onStored = onStored
    this.#randomInteger = randomInteger
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
      const job = this.#storePieces(filled, pieces, signal)
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

  /** Deals the pieces at random to two jobs, hence to two workers and their packs; the ids in the order of the pieces. */
  async #storePieces(memory: SharedArrayBuffer, pieces: readonly number[], signal: AbortSignal): Promise<Id[]> {
    const hands: { readonly places: number[]; readonly pieces: number[] }[] = [
      { places: [], pieces: [] },
      { places: [], pieces: [] },
    ]
    for (let at = 0; at < pieces.length; at += 2) {
      const hand = hands[this.#randomInteger(hands.length)]
      hand?.places.push(at / 2)
      hand?.pieces.push(pieces[at] ?? 0, pieces[at + 1] ?? 0)
    }
    const content: Id[] = []
    const jobs = hands
      .filter((hand) => hand.places.length > 0)
      .map(async (hand) => {
        const { ids, stored } = await this.#pool.run({ kind: 'pieces', isTree: false, memory, pieces: hand.pieces }, signal)
        this.#onStored(stored)
        for (const [at, id] of idsOf(ids).entries()) content[hand.places[at] ?? 0] = id
      })
    await Promise.all(jobs)
    return content
  }

  #take(bytes: number): SharedArrayBuffer {
    const free = this.#buffers.pop()
    if (free !== undefined && free.byteLength === bytes) return free
    return new SharedArrayBuffer(bytes)
  }
}

/** 32-byte ids one after the other, as text. */
export function idsOf(bytes: Uint8Array): Id[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const ids: Id[] = []
  for (let at = 0; at < view.length; at += 32) ids.push(view.toString('hex', at, at + 32))
  return ids
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
