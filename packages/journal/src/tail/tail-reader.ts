import { createHash } from 'node:crypto'
import type { ChangeBatch } from '@coffre/connector'
import { isCoffreError } from '@coffre/foundation'
import { type Repository, sealOverheadBytes } from '@coffre/repository'
import type { ByteRange } from '@coffre/storage'
import { journalDamaged } from '../journal-error.ts'
import { ReusedRegion } from '../read/reused-region.ts'
import { describeTail, rangeOf, type StoredTail } from './stored-tail.ts'
import type { TailFrame, TailHeader } from './tail-header.ts'

/** Reads the log of tails, one after the other, into memory that it uses again: no more is taken than the longest of them needs. */
export class TailReader {
  readonly #repository: Repository
  readonly #sealed: ReusedRegion
  readonly #log: ReusedRegion

  constructor(repository: Repository) {
    const { primitives } = repository.workbench
    this.#repository = repository
    this.#sealed = new ReusedRegion(primitives)
    this.#log = new ReusedRegion(primitives)
  }

  /** All log of a tail, verified; the caller's until the next call. `journal.damaged` when its frames are not those of its header. */
  async read(tail: StoredTail, signal: AbortSignal): Promise<ChangeBatch> {
    const { stream, number, frames, logBytes, sha256 } = tail.header
    const what = describeTail(stream, number)
    const log = this.#log.ofBytes(logBytes)
    const digest = createHash('sha256')
    let at = tail.headBytes
    let filled = 0
    for (const frame of frames) {
      await this.#load(tail, { offset: at, length: frame.sealedBytes }, what, signal)
      if (filled + frame.logBytes > logBytes) throw journalDamaged(what, 'has frames of another tail')
      this.#open(frame, filled, what)
      digest.update(log.bytes.subarray(filled, filled + frame.logBytes))
      at += frame.sealedBytes
      filled += frame.logBytes
    }
    if (filled !== logBytes || digest.digest('hex') !== sha256) throw journalDamaged(what, 'has frames of another tail')
    return { ...rangeOf(tail), bytes: this.#log.viewOf(logBytes), ...describeTime(tail.header) }
  }

  /** Puts the log of the frame that was loaded where it belongs. */
  #open({ sealedBytes, logBytes, isCompressed }: TailFrame, target: number, what: string): void {
    const { primitives, sealer } = this.#repository.workbench
    const { region: sealed } = this.#sealed
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

  async #load({ file, versionId }: StoredTail, range: ByteRange, what: string, signal: AbortSignal): Promise<void> {
    const { backend } = this.#repository
    const { bytes } = this.#sealed.ofBytes(range.length)
    try {
      if (versionId === undefined || backend.objectLock === undefined) await backend.load(file.file, range, signal, bytes)
      else bytes.set(await backend.objectLock.loadVersion(file.file, versionId, range, signal))
    } catch (error) {
      if (!isCoffreError(error, 'storage.missing', 'storage.truncated')) throw error
      throw journalDamaged(what, 'is gone, or its end is', { cause: error })
    }
  }
}

function describeTime({ marks, stamps }: TailHeader): Pick<ChangeBatch, 'mark' | 'stamps'> {
  const mark = marks.at(-1)
  return { ...(mark === undefined ? {} : { mark }), ...(stamps === undefined ? {} : { stamps }) }
}
