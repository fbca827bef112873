import type { Branch, ChangeBatch, Position, Replay, ReplayStop, SourceLog } from '@coffre/connector'
import { isCoffreError } from '@coffre/foundation'
import { walPlace, walPosition } from '../wal/lsn.ts'

/** The log of a source as it was captured, in memory, to be read as a journal reads it. */
export class RecordedLog {
  readonly #batches: ChangeBatch[] = []

  get end(): Position {
    return this.#batches.at(-1)?.through ?? walPosition(1, 0)
  }

  /** Captures from a position on, through another one. */
  async record(log: SourceLog, after: Position, through: Position): Promise<void> {
    const abort = new AbortController()
    try {
      for await (const batch of log.capture(after, abort.signal)) {
        this.#batches.push({ ...batch, bytes: Buffer.from(batch.bytes) })
        if (batch.through.branch === through.branch && batch.through.offset >= through.offset) abort.abort()
      }
    } catch (error) {
      if (!isCoffreError(error, 'interrupted')) throw error
    }
  }

  /** What lies after one position, through another, whatever branch they are on: here every log has one way only. */
  async *read(after: Position, through: Position): AsyncGenerator<ChangeBatch> {
    const [from, to] = [walPlace(after).lsn, walPlace(through).lsn]
    for (const batch of this.#batches) {
      const { timeline, lsn } = walPlace(batch.after)
      const begin = Math.max(0, from - lsn)
      const end = Math.min(batch.bytes.length, to - lsn)
      const bytes = batch.bytes.subarray(begin, Math.max(begin, end))
      if (bytes.length === 0) continue
      const { fork } = batch
      const cut = { after: walPosition(timeline, lsn + begin), through: walPosition(timeline, lsn + begin + bytes.length), bytes }
      yield fork === undefined ? cut : { ...cut, fork }
    }
  }

  replay(stop: ReplayStop, branches: readonly Branch[]): Replay {
    return { stop, branches, read: (after, through) => this.read(after, through) }
  }

  all(): AsyncGenerator<ChangeBatch> {
    const first = this.#batches[0]?.after ?? walPosition(1, 0)
    return this.read(first, this.end)
  }
}
