import type { PointManifest, Replay } from '@coffre/connector'
import { CoffreError } from '@coffre/foundation'
import type { BaseDetails } from '../base/base-details.ts'
import { formatLsn, walPlace } from '../wal/lsn.ts'
import type { RecoveryTarget } from './recovery-settings.ts'

/** Where a recovery of the base ends for what is to be replayed. `journal.outside-window` for a stop before the base stands on its own. */
export function recoveryTarget(base: BaseDetails, replay: Replay | undefined): RecoveryTarget {
  if (replay === undefined) return { kind: 'base' }
  const { timeline, lsn } = walPlace(replay.stop.through)
  if (lsn < base.end.lsn) {
    throw new CoffreError(
      'journal.outside-window',
      `the stop at ${formatLsn(lsn)} lies before ${formatLsn(base.end.lsn)}, the end of the base`,
      {
        hint: 'Nothing was changed. Choose a base that is older than the stop.',
      },
    )
  }
  const wanted = replay.stop.details?.['targetLsn']
  if (lsn === base.end.lsn) return { kind: 'base' }
  if (wanted === undefined) throw new Error(`the stop at ${formatLsn(lsn)} does not say how PostgreSQL gets there`)
  return { kind: 'record', lsn: String(wanted), timeline }
}

/** What the base and the log that follows it take on a disk. */
export function neededBytes({ counts }: PointManifest, base: BaseDetails, replay: Replay | undefined): number {
  const logBytes = replay === undefined ? 0 : Math.max(0, walPlace(replay.stop.through).lsn - base.begin.lsn)
  return (counts['bytes'] ?? 0) + logBytes + 2 * base.segmentBytes
}
