import type { ChangeBatch } from '@coffre/connector'
import type { FoldedFile } from '../fold/hour-index.ts'
import { journalDamaged } from '../journal-error.ts'
import type { ReusedRegion } from '../reused-region.ts'

/**
 * The log of a file in the parts that it came in, those that end after an offset, each in `memory` until the next one is asked for.
 * `journal.damaged` unless the log is as long as it should be.
 */
export async function* takeParts(
  log: AsyncIterable<Uint8Array>,
  { name, branch, after, logBytes, parts }: FoldedFile,
  from: string,
  memory: ReusedRegion,
): AsyncGenerator<ChangeBatch> {
  const what = `the file ${name} with the log after ${branch}@${after}`
  await using source = new ByteSource(log)
  let begin = after
  let taken = 0
  for (const { through, logBytes: length, stamps } of parts) {
    const bytes = through > from ? memory.viewOf(length) : undefined
    if ((await source.take(length, bytes)) < length) throw journalDamaged(what, 'has less log than it should have')
    taken += length
    const range = { after: { branch, offset: begin }, through: { branch, offset: through } }
    if (bytes !== undefined) yield { ...range, bytes, ...(stamps === undefined ? {} : { stamps }) }
    begin = through
  }
  if (taken !== logBytes || (await source.take(1, undefined)) > 0) throw journalDamaged(what, 'has more log than it should have')
}

/** Bytes that come in chunks of any size, taken in lengths of one's own. */
class ByteSource implements AsyncDisposable {
  readonly #chunks: AsyncIterator<Uint8Array>
  #chunk = new Uint8Array(0)
  #hasEnded = false

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** Takes so many bytes, fewer at the end, and puts them at the start of `target` if there is one. */
  async take(length: number, target: Uint8Array | undefined): Promise<number> {
    let taken = 0
    while (taken < length) {
      if (this.#chunk.byteLength === 0 && !(await this.#advance())) break
      const piece = this.#chunk.subarray(0, length - taken)
      target?.set(piece, taken)
      this.#chunk = this.#chunk.subarray(piece.byteLength)
      taken += piece.byteLength
    }
    return taken
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) await this.#chunks.return?.()
  }

  async #advance(): Promise<boolean> {
    const { value, done } = await this.#chunks.next()
    this.#hasEnded = done === true
    if (this.#hasEnded) return false
    this.#chunk = value
    return true
  }
}
