import { isCoffreError } from '@coffre/foundation'
import { checkSnapshot, type FindingKind, type Id, type SnapshotCheckResult, type SnapshotReading } from '@coffre/repository'
import { loadPoint } from './open-point.ts'
import { readDocument } from './point-document.ts'
import { type ProgressListener, ProgressMeter } from './progress.ts'
import { loadReaderIndex, type VaultSession } from './vault-session.ts'

export interface VerifyRun {
  readonly pointId: Id
  /** What of its data is read; its structure is looked at in any case. The same seed draws the same sample. */
  readonly read: SnapshotReading
}

/** What is wrong with a point: as the vault's check names it, or its `coffre.json` does not say what it is. */
export interface PointDamage {
  readonly kind: FindingKind | 'damaged-manifest'
  readonly severity: 'error' | 'warning' | 'note'
  readonly message: string
}

export interface VerifyOutcome extends SnapshotCheckResult {
  /** Whether all that was looked at is as it should be. */
  readonly isSound: boolean
  /** The first of them, when there are many; `errors` counts all. */
  readonly damage: readonly PointDamage[]
}

const namedMax = 1000

/** Looks whether one point can be restored. Damage is an outcome; rejects only when the vault does not answer or it is aborted. */
export async function runVerify(
  session: VaultSession,
  run: VerifyRun,
  onProgress: ProgressListener,
  signal: AbortSignal,
): Promise<VerifyOutcome> {
  const both = AbortSignal.any([signal, session.signal])
  const { repository } = session
  const meter = new ProgressMeter(repository.context.clock, onProgress)
  meter.enter('preparing')
  const snapshot = await loadPoint(session, run.pointId, both)
  const index = await loadReaderIndex(session, both)
  const damage: PointDamage[] = []
  const add = ({ kind, severity, message }: PointDamage): void => {
    if (damage.length < namedMax) damage.push({ kind, severity, message })
  }
  meter.enter('checking')
  let doneItems = 0
  const result = await checkSnapshot(
    repository,
    index,
    snapshot,
    {
      read: run.read,
      onFinding: add,
      onProgress: (phase, done, total) => {
        if (phase === 'trees') doneItems = done
        meter.update(phase === 'trees' ? { doneBytes: 0, doneItems } : { doneBytes: done, totalBytes: total, doneItems })
      },
    },
    both,
  )
  meter.finish(result.bytesRead, doneItems)
  if (result.errors > 0) return { ...result, isSound: false, damage }
  try {
    await readDocument(session, index, snapshot, both)
    return { ...result, isSound: true, damage }
  } catch (error) {
    if (!isCoffreError(error, 'repository.damaged', 'blob.missing')) throw error
    add({ kind: 'damaged-manifest', severity: 'error', message: error.message })
    return { ...result, errors: 1, isSound: false, damage }
  }
}
