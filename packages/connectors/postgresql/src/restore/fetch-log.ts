import { mkdir, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Replay } from '@coffre/connector'
import { CoffreError, type Context, interruption, throwIfAborted } from '@coffre/foundation'
import type { BaseDetails } from '../base/base-details.ts'
import { historyOf } from '../capture/history.ts'
import { formatLsn, walPlace, walPosition } from '../wal/lsn.ts'
import { segmentStart } from '../wal/wal-file-name.ts'
import type { EngineAccount } from './engine-account.ts'
import { ifMissing } from './if-missing.ts'
import { fetchingMark } from './recovery-settings.ts'
import { WalSegmentWriter, writeHistory } from './wal-segment-writer.ts'

export interface LogFetch {
  readonly segments: number
  readonly bytes: number
}

const markEveryMs = 20_000

/** Prepares a data folder for log that is fetched while a server already replays it: marks it, and writes the history of its timeline. */
export async function prepareFetch(folder: string, { stop, branches }: Replay, now: Date): Promise<void> {
  const log = join(folder, 'pg_wal')
  await mkdir(join(log, 'archive_status'), { recursive: true, mode: 0o700 })
  const { timeline } = walPlace(stop.through)
  const history = historyOf(stop.through.branch, branches)
  if (history !== undefined) await writeHistory(log, timeline, history)
  await writeFile(join(folder, fetchingMark), `${now.toISOString()}\n`, { mode: 0o600 })
}

/** Fetches the log that the stop needs, in whole segments. However it ends, whoever waits for more is let go. */
export async function fetchLog(
  folder: string,
  base: BaseDetails,
  { stop, read }: Replay,
  account: EngineAccount | undefined,
  context: Context,
  onProgress: (done: number) => void,
  signal: AbortSignal,
): Promise<LogFetch> {
  const { segmentBytes, begin, end } = base
  // The last segment of the base may not be whole; what the base needs of the log before it, it has.
  const start = Math.max(segmentStart(end.lsn, segmentBytes), begin.lsn)
  const through = walPlace(stop.through).lsn
  const stopMarking = new AbortController()
  const marking = keepMarked(folder, context, stopMarking.signal)
  try {
    const options = { folder: join(folder, 'pg_wal'), segmentBytes, account }
    await using writer = new WalSegmentWriter(options, end.timeline, start)
    let bytes = 0
    for await (const batch of read(walPosition(end.timeline, start), stop.through, signal)) {
      throwIfAborted(signal)
      const place = walPlace(batch.after)
      await writer.write(place.timeline, place.lsn, batch.bytes)
      bytes += batch.bytes.length
      onProgress(Math.min(1, (walPlace(batch.through).lsn - start) / Math.max(1, through - start)))
    }
    throwIfAborted(signal)
    if (writer.through < through)
      throw new CoffreError('journal.gap', `the log ends at ${formatLsn(writer.through)}, before ${formatLsn(through)}`)
    await writer.end()
    return { segments: writer.segments, bytes }
  } catch (error) {
    throw signal.aborted ? interruption(signal) : error
  } finally {
    stopMarking.abort()
    await marking
    await rm(join(folder, fetchingMark), { force: true })
  }
}

async function keepMarked(folder: string, { clock }: Context, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // Ends by the abort alone.
    await clock.sleep(markEveryMs, signal).catch(() => undefined)
    const now = new Date(clock.nowMs())
    if (!signal.aborted) await utimes(join(folder, fetchingMark), now, now).catch(ifMissing(undefined))
  }
}
