import type { Branch, ChangeBatch, FoldedEnd, FoldedItem, FoldedLog, FoldedPiece, LogFormat, Position } from '@coffre/connector'
import { throwIfAborted } from '@coffre/foundation'
import { type Lsn, walPlace, walPosition } from './wal/lsn.ts'
import { segmentStart, walFileName } from './wal/wal-file-name.ts'

/**
 * WAL as PostgreSQL keeps it: segments of one size under its own names, the last one padded with zeros to its full size, as
 * `restore_command` takes no other. On a new timeline the segment of the fork begins with the log of the parent.
 */
export class WalLogFormat implements LogFormat {
  readonly engine = 'postgresql'
  readonly layout = 1
  readonly #segmentBytes: number

  constructor(segmentBytes: number) {
    this.#segmentBytes = segmentBytes
  }

  fileStart(position: Position): Position {
    const { timeline, lsn } = walPlace(position)
    return walPosition(timeline, segmentStart(lsn, this.#segmentBytes))
  }

  async *fold(log: AsyncIterable<ChangeBatch>, branch: Branch, signal: AbortSignal): AsyncGenerator<FoldedItem> {
    if (branch.document !== undefined)
      yield { kind: 'document', name: `${branch.id}.history`, content: Buffer.from(branch.document) }
    const source = log[Symbol.asyncIterator]()
    let batch = await next(source)
    while (batch !== undefined) {
      throwIfAborted(signal)
      const segment: Segment = new Segment(batch, this.#segmentBytes, source)
      yield segment
      batch = segment.rest
    }
  }

  async *unfold({ after, logBytes }: FoldedPiece, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let skip = walPlace(after).lsn % this.#segmentBytes
    let left = logBytes
    for await (const chunk of content) {
      const log = chunk.subarray(Math.min(skip, chunk.length)).subarray(0, left)
      skip -= Math.min(skip, chunk.length)
      left -= log.length
      if (log.length > 0) yield log
    }
  }

  cut(batch: ChangeBatch, position: Position): number {
    return walPlace(position).lsn - walPlace(batch.after).lsn
  }

  before(position: Position, bytes: number): Position {
    const { timeline, lsn } = walPlace(position)
    return walPosition(timeline, Math.max(0, lsn - bytes))
  }
}

/** One segment while it is written out. */
class Segment implements FoldedLog {
  readonly kind = 'log'
  readonly cut = 'fixed'
  readonly name: string
  readonly after: Position
  readonly expectedBytes: number
  readonly content: AsyncIterable<Uint8Array>
  /** What of the last batch belongs into the next segment. */
  rest: ChangeBatch | undefined
  readonly #timeline: number
  readonly #start: Lsn
  readonly #begin: Lsn
  #through: Lsn

  constructor(first: ChangeBatch, segmentBytes: number, source: AsyncIterator<ChangeBatch>) {
    const { timeline, lsn } = walPlace(first.after)
    this.#timeline = timeline
    this.#begin = lsn
    this.#through = lsn
    this.#start = segmentStart(lsn, segmentBytes)
    this.after = first.after
    this.expectedBytes = segmentBytes
    this.name = walFileName(timeline, this.#start, segmentBytes)
    this.content = this.#read(first, source)
  }

  end(): FoldedEnd {
    const isComplete = this.#through === this.#start + this.expectedBytes
    return { through: walPosition(this.#timeline, this.#through), logBytes: this.#through - this.#begin, isComplete }
  }

  async *#read(first: ChangeBatch, source: AsyncIterator<ChangeBatch>): AsyncGenerator<Uint8Array> {
    const end = this.#start + this.expectedBytes
    yield* zeros(this.#begin - this.#start)
    for (let batch: ChangeBatch | undefined = first; batch !== undefined; batch = await next(source)) {
      const room = end - this.#through
      const bytes = batch.bytes.subarray(0, room)
      yield bytes
      this.#through += bytes.length
      if (batch.bytes.length > room) {
        this.rest = { ...batch, after: walPosition(this.#timeline, end), bytes: batch.bytes.subarray(room) }
      }
      if (this.#through === end) {
        this.rest ??= await next(source)
        return
      }
    }
    yield* zeros(end - this.#through)
  }
}

const zeroBytes = new Uint8Array(256 * 1024)

function* zeros(length: number): Generator<Uint8Array> {
  for (let left = length; left > 0; left -= zeroBytes.length) yield zeroBytes.subarray(0, left)
}

async function next(source: AsyncIterator<ChangeBatch>): Promise<ChangeBatch | undefined> {
  const { value, done } = await source.next()
  return done === true ? undefined : value
}
