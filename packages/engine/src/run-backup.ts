import type { PointManifest } from '@coffre/connector'
import { isCoffreError } from '@coffre/foundation'
import { contentCutOf, loadSnapshot, type StoredSnapshot } from '@coffre/repository'
import type { BackupOutcome, BackupRequest, BackupSource, PointState } from './backup/backup-request.ts'
import { storeItems } from './backup/store-items.ts'
import { storeTree } from './backup/store-tree.ts'
import type { BackupWork, StoredWork } from './backup/stored-work.ts'
import { findLatestPoint, findPointOfJob } from './find-point-of-job.ts'
import { readDocument } from './point-document.ts'
import { labelsOf } from './point-labels.ts'
import { type ProgressListener, ProgressMeter } from './progress.ts'
import { loadReaderIndex, loadWriterView, openWriteLock, recordPoint, type VaultSession } from './vault-session.ts'

/**
 * Makes one recovery point of a source. Rejects with the first error of source or vault; then there is no point, and what was stored
 * is found by the next attempt. Committed once: an attempt that is told to be a retry adopts the point of an earlier one.
 */
export async function runBackup(
  session: VaultSession,
  source: BackupSource,
  request: BackupRequest,
  onProgress: ProgressListener,
  signal: AbortSignal,
): Promise<BackupOutcome> {
  const both = AbortSignal.any([signal, session.signal])
  const meter = new ProgressMeter(session.repository.context.clock, onProgress)
  meter.enter('preparing')
  const known = request.isRetry ? await findPointOfJob(session, request.job, both) : undefined
  if (known !== undefined) {
    meter.finish(known.summary?.totalBytesProcessed ?? 0, known.summary?.totalFilesProcessed ?? 0)
    return adopt(session, known, both)
  }
  const parent = await findParent(session, request, both)
  const view = await loadWriterView(session, both)
  const lock = await openWriteLock(session, view, request.lockDays, both)
  const contentCut = await contentCutOf(session.repository, both)
  const work: BackupWork = {
    session,
    request,
    index: view.index,
    meter,
    options: { ...optionsOf(session, request), ...lock, parent, contentCut },
  }
  const stored = source.kind === 'items' ? await storeItems(work, source, both) : await storeTree(work, source, both)
  await recordPoint(session, stored.pointId, both)
  return outcomeOf(stored, await loadSnapshot(session.repository, stored.pointId, both))
}

function optionsOf(session: VaultSession, request: BackupRequest) {
  return {
    tags: request.tags ?? [],
    hostname: request.hostname ?? session.repository.context.identity.hostname,
    compression: request.compression ?? ('auto' as const),
    verification: request.verification ?? ('sampled' as const),
    programVersion: request.programVersion,
    skipIfUnchanged: false,
    confirmed: session.confirmed,
    ...(request.packBytes === undefined ? {} : { packBytes: request.packBytes }),
  }
}

/** A parent that is gone, by retention or by hand, is no reason not to make a backup. */
async function findParent(
  session: VaultSession,
  { parent, source }: BackupRequest,
  signal: AbortSignal,
): Promise<StoredSnapshot | undefined> {
  if (parent === undefined) return findLatestPoint(session, source, signal)
  try {
    return await loadSnapshot(session.repository, parent, signal)
  } catch (error) {
    if (!isCoffreError(error, 'storage.missing', 'repository.damaged')) throw error
    return undefined
  }
}

async function adopt(session: VaultSession, snapshot: StoredSnapshot, signal: AbortSignal): Promise<BackupOutcome> {
  const index = await loadReaderIndex(session, signal)
  const document = await readDocument(session, index, snapshot, signal)
  await session.confirmed
  await recordPoint(session, snapshot.id, signal)
  const { skipped = [], skippedCount = 0, findings = [], ...manifest } = document ?? {}
  return {
    pointId: snapshot.id,
    state: stateFrom(labelsOf(snapshot.tags).state),
    isAdopted: true,
    time: snapshot.time,
    summary: snapshot.summary,
    manifest: document === undefined ? undefined : (manifest as PointManifest),
    skipped,
    skippedCount,
    findings,
  }
}

function outcomeOf(stored: StoredWork, { time, summary }: StoredSnapshot): BackupOutcome {
  const { pointId, state, manifest, skipped, findings } = stored
  return {
    pointId,
    state,
    isAdopted: false,
    time,
    summary,
    manifest,
    skipped: skipped.named,
    skippedCount: skipped.count,
    findings,
  }
}

function stateFrom(label: string | undefined): PointState {
  return label === 'partial' || label === 'suspect' ? label : 'complete'
}
