import type { Connector, RestoreRequest } from '@coffre/connector'
import type { OpenedPoint } from '../open-point.ts'
import type { PointDocument } from '../point-document.ts'
import type { ProgressMeter } from '../progress.ts'
import { type ReplayPlan, replayOf } from '../replay/plan-replay.ts'
import type { VaultSession } from '../vault-session.ts'
import type { RestoreOutcome, RestoreRun } from './restore-request.ts'
import { SnapshotPoint } from './snapshot-point.ts'

/** Has the connector put its point back, and look at it if so wished. */
export async function restoreItems(
  session: VaultSession,
  { snapshot, index, document }: OpenedPoint & { readonly document: PointDocument },
  connector: Connector,
  run: RestoreRun,
  plan: ReplayPlan | undefined,
  meter: ProgressMeter,
  signal: AbortSignal,
): Promise<RestoreOutcome> {
  const { context } = session.repository
  const baseBytes = snapshot.summary?.totalBytesProcessed
  const totalBytes = baseBytes === undefined ? undefined : baseBytes + (plan?.logBytes ?? 0)
  const doneItems = 0
  const point = new SnapshotPoint(session, index, snapshot, document)
  const request: RestoreRequest = {
    target: run.target,
    overwrite: run.overwrite,
    ...(run.parts === undefined ? {} : { parts: run.parts }),
    ...(run.options === undefined ? {} : { options: run.options }),
    ...(run.onPhase === undefined ? {} : { onPhase: run.onPhase }),
    ...(plan === undefined ? {} : { replay: replayOf(plan) }),
    // A connector knows how far it is, not by how many bytes.
    onProgress: (done) => meter.update({ doneBytes: Math.round((totalBytes ?? 0) * done), totalBytes, doneItems }),
  }
  meter.enter('transferring', { doneBytes: 0, totalBytes, doneItems })
  const report = await connector.restore(point, request, context, signal)
  if (run.verify) {
    run.onPhase?.('checking')
    meter.enter('checking', { doneBytes: totalBytes ?? 0, totalBytes, doneItems })
  }
  const findings = run.verify ? await connector.verify(point, report, context, signal) : []
  meter.finish(totalBytes ?? 0, snapshot.summary?.totalFilesProcessed ?? 0)
  const skipped = { skipped: [], skippedCount: 0 }
  return { state: 'complete', pointId: snapshot.id, stop: plan?.stop, report, findings, ...skipped }
}
