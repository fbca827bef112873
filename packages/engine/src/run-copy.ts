import { type CompressionMode, type CopyCounts, copySnapshots, type Id, type WriteVerification } from '@coffre/repository'
import { loadPoint } from './open-point.ts'
import { type ProgressListener, ProgressMeter } from './progress.ts'
import { loadReaderIndex, loadWriterView, openWriteLock, recordPoint, type VaultSession } from './vault-session.ts'

export interface CopyRun {
  readonly pointId: Id
  /** Of a locked target: how long the copy stays locked; the vault's term unless given. */
  readonly lockDays?: number
  readonly compression?: CompressionMode
  readonly verification?: WriteVerification
  readonly packBytes?: number
}

export interface CopyOutcome {
  /** The copy's own. */
  readonly pointId: Id
  /** It was there already. */
  readonly isAdopted: boolean
  readonly bytesTransferred: number
  readonly dataAdded: number
  readonly dataAddedPacked: number
}

/** Copies a point to another vault, with its labels; what is there already is not moved again, and a copy that is there is adopted. */
export async function runCopy(
  from: VaultSession,
  to: VaultSession,
  run: CopyRun,
  onProgress: ProgressListener,
  signal: AbortSignal,
): Promise<CopyOutcome> {
  const all = AbortSignal.any([signal, from.signal, to.signal])
  const meter = new ProgressMeter(to.repository.context.clock, onProgress)
  meter.enter('preparing')
  const snapshot = await loadPoint(from, run.pointId, all)
  const source = { repository: from.repository, index: await loadReaderIndex(from, all) }
  const view = await loadWriterView(to, all)
  const target = { repository: to.repository, index: view.index }
  const lock = await openWriteLock(to, view, run.lockDays, all)
  let live: CopyCounts | undefined
  let copy: { readonly pointId: Id; readonly isAdopted: boolean } | undefined
  const tick = (): void => {
    if (live === undefined) return
    const { bytesTransferred, bytesPlanned, treesSeen } = live
    meter.update({ doneBytes: bytesTransferred, totalBytes: bytesPlanned, doneItems: treesSeen })
  }
  const counts = await copySnapshots(
    source,
    target,
    [snapshot],
    {
      compression: run.compression ?? 'auto',
      verification: run.verification ?? 'sampled',
      confirmed: to.confirmed,
      ...(run.packBytes === undefined ? {} : { packBytes: run.packBytes }),
      ...lock,
      // What cannot be read is not known as a copy: the point is then copied once more.
      onDamaged: () => undefined,
      onStart: (started) => {
        live = started
        meter.enter('transferring')
      },
      onPackStored: tick,
      onCopied: (_snapshot, pointId) => {
        copy = { pointId, isAdopted: false }
      },
      onSkipped: (_snapshot, { id }) => {
        copy = { pointId: id, isAdopted: true }
      },
    },
    all,
  )
  if (copy === undefined) throw new Error('the copy ended without a point')
  await recordPoint(to, copy.pointId, all)
  const { bytesTransferred, dataAdded, dataAddedPacked } = counts
  meter.finish(bytesTransferred, counts.treesSeen)
  return { ...copy, bytesTransferred, dataAdded, dataAddedPacked }
}
