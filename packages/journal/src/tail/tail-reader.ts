import { createHash } from 'node:crypto'
import type { ChangeBatch } from '@coffre/connector'
import { type Region, type Repository, sealOverheadBytes } from '@coffre/repository'
import { journalDamaged } from '../journal-error.ts'
import { ReusedRegion } from '../reused-region.ts'
import { FrameLoader, framesOf } from './frame-loader.ts'
import { describeTail, rangeOf, type StoredTail } from './stored-tail.ts'
import type { TailFrame, TailHeader } from './tail-header.ts'

/** Reads the log of tails, one after the other, into memory that it uses again. */
export class TailReader {
  readonly #repository: Repository
  readonly #loader: FrameLoader
  readonly #log: ReusedRegion

  constructor(repository: Repository) {
    this.#repository = repository
    this.#loader = new FrameLoader(repository)
    this.#log = new ReusedRegion(repository.workbench.primitives)
  }

  /** Which tails will be read next, in this order, so that they are loaded ahead; it need not be all of them. */
  expect(tails: Iterable<StoredTail>): void {
    this.#loader.expect(framesOf(tails))
  }

  /** All log of a tail, verified; the caller's until the next call. `journal.damaged` when its frames are not those of its header. */
  async read(tail: StoredTail, signal: AbortSignal): Promise<ChangeBatch> {
    const { stream, number, frames, logBytes, sha256 } = tail.header
    const what = describeTail(stream, number)
    const log = this.#log.ofBytes(logBytes)
    const digest = createHash('sha256')
    let filled = 0
    for (const place of framesOf([tail])) {
      const sealed = await this.#loader.load(place, signal)
      const frame = frames[place.number]
      if (frame === undefined || filled + frame.logBytes > logBytes) throw journalDamaged(what, 'has frames of another tail')
      this.#open(frame, sealed, filled, what)
      digest.update(log.bytes.subarray(filled, filled + frame.logBytes))
      filled += frame.logBytes
    }
    if (filled !== logBytes || digest.digest('hex') !== sha256) throw journalDamaged(what, 'has frames of another tail')
    return { ...rangeOf(tail), bytes: this.#log.viewOf(logBytes), ...describeTime(tail.header) }
  }

  /** Puts the log of a frame where it belongs. */
  #open({ sealedBytes, logBytes, isCompressed }: TailFrame, sealed: Region, target: number, what: string): void {
    const { primitives, sealer } = this.#repository.workbench
    const { region: log } = this.#log
    const contentBytes = sealedBytes - sealOverheadBytes
    // What is compressed is opened where it lies, behind its nonce.
    const place = isCompressed ? ({ region: sealed, at: sealOverheadBytes / 2 } as const) : { region: log, at: target }
    if (!isCompressed && contentBytes !== logBytes) throw journalDamaged(what, 'has a frame of another length')
    if (!sealer.open(place.region, place.at, sealed, 0, sealedBytes)) throw journalDamaged(what, 'fails its authentication')
    if (!isCompressed) return
    if (primitives.decompress(log, target, logBytes, sealed, place.at, contentBytes) === logBytes) return
    throw journalDamaged(what, 'does not decompress')
  }
}

function describeTime({ marks, stamps }: TailHeader): Pick<ChangeBatch, 'mark' | 'stamps'> {
  const mark = marks.at(-1)
  return { ...(mark === undefined ? {} : { mark }), ...(stamps === undefined ? {} : { stamps }) }
}
