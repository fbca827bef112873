import type { ChangeBatch, FoldedItem, FoldedLog, FoldedPiece, LogFormat, Position } from '@coffre/connector'

/** Offsets that count bytes. */
export function at(branch: string, byte: number): Position {
  return { branch, offset: byte.toString(16).padStart(12, '0') }
}

export function byteOf({ offset }: Position): number {
  return Number.parseInt(offset, 16)
}

/** A format like PostgreSQL's WAL: files of one size, the last one padded with zeros, and a document for each branch but the first. */
export class SegmentFormat implements LogFormat {
  readonly engine = 'segments'
  readonly layout = 1
  readonly segmentBytes: number

  constructor(segmentBytes: number) {
    this.segmentBytes = segmentBytes
  }

  fileStart({ branch, offset }: Position): Position {
    const byte = Number.parseInt(offset, 16)
    return at(branch, byte - (byte % this.segmentBytes))
  }

  async *fold(log: AsyncIterable<ChangeBatch>): AsyncGenerator<FoldedItem> {
    const source = log[Symbol.asyncIterator]()
    let batch = await next(source)
    if (batch !== undefined && batch.after.branch !== '1') {
      yield { kind: 'document', name: `${batch.after.branch}.history`, content: Buffer.from(`branch ${batch.after.branch}`) }
    }
    while (batch !== undefined) {
      const segment = new Segment(this, batch, source)
      yield segment
      batch = segment.rest
    }
  }

  async *unfold({ logBytes, after }: FoldedPiece, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let skip = byteOf(after) % this.segmentBytes
    let left = logBytes
    for await (const chunk of content) {
      const log = chunk.subarray(Math.min(skip, chunk.byteLength)).subarray(0, left)
      skip -= Math.min(skip, chunk.byteLength)
      left -= log.byteLength
      yield log
    }
  }

  cut(batch: ChangeBatch, position: Position): number {
    return byteOf(position) - byteOf(batch.after)
  }
}

class Segment implements FoldedLog {
  readonly kind = 'log'
  readonly cut = 'fixed'
  readonly name: string
  readonly after: Position
  readonly content: AsyncIterable<Uint8Array>
  /** What of the last batch belongs into the next file. */
  rest: ChangeBatch | undefined
  readonly #endByte: number
  readonly #format: SegmentFormat
  #throughByte: number

  constructor(format: SegmentFormat, first: ChangeBatch, source: AsyncIterator<ChangeBatch>) {
    const begin = byteOf(first.after)
    this.#format = format
    this.#throughByte = begin
    this.#endByte = begin - (begin % format.segmentBytes) + format.segmentBytes
    this.after = first.after
    this.name = `${first.after.branch}-${String(((this.#endByte - 1) / format.segmentBytes) | 0).padStart(6, '0')}`
    this.content = this.#read(first, source)
  }

  end() {
    const isComplete = this.#throughByte === this.#endByte
    return { through: at(this.after.branch, this.#throughByte), logBytes: this.#throughByte - byteOf(this.after), isComplete }
  }

  async *#read(first: ChangeBatch, source: AsyncIterator<ChangeBatch>): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(byteOf(this.after) % this.#format.segmentBytes)
    for (let batch: ChangeBatch | undefined = first; batch !== undefined; batch = await next(source)) {
      const room = this.#endByte - this.#throughByte
      yield batch.bytes.subarray(0, room)
      this.#throughByte += Math.min(room, batch.bytes.byteLength)
      if (batch.bytes.byteLength > room) {
        this.rest = { ...batch, after: at(batch.after.branch, this.#endByte), bytes: batch.bytes.subarray(room) }
      }
      if (this.#throughByte === this.#endByte) {
        this.rest ??= await next(source)
        return
      }
    }
    yield new Uint8Array(this.#endByte - this.#throughByte)
  }
}

async function next(source: AsyncIterator<ChangeBatch>): Promise<ChangeBatch | undefined> {
  const { value, done } = await source.next()
  return done === true ? undefined : value
}
