import { findPointOfJob, lockVault } from '@coffre/engine'
import { isCoffreError } from '@coffre/foundation'
import {
  backupItems,
  contentCutOf,
  forgetSnapshots,
  type Held,
  heldAt,
  LockSession,
  listSnapshots,
  loadIndex,
  loadVaultState,
  type Repository,
  recordKnown,
  type StoredSnapshot,
} from '@coffre/repository'
import { archivePath, archiveTags, isOwnArchive, sealArchive } from '../recovery/catalogue-archive.ts'
import { exportCatalogue } from '../recovery/export-catalogue.ts'
import { loadMasterKey, type MasterKey } from '../secrets/master-key.ts'
import type { Finish } from './backup-job.ts'
import { bringLock } from './bring-lock.ts'
import type { JobRun } from './job-run.ts'
import { openSession, openVault } from './open-vault.ts'
import { storeNowMs } from './store-now.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Of so many days the newest backup is kept. */
const daysKept = 14

/** Keeps the whole catalogue in a vault, sealed with the master key, and removes those of its backups that are too old. */
export async function runCatalogueBackupJob(parts: WorkerParts, run: JobRun): Promise<Finish> {
  const master = await loadMasterKey(parts.stateFolder, parts.context.random)
  const snapshotId = await store(parts, run, master)
  const removed = await removeOld(parts, run, master)
  return { event: 'done', result: { snapshotId, removed } }
}

async function store(parts: WorkerParts, run: JobRun, master: MasterKey): Promise<string> {
  const { job } = run
  const { catalogue, context, version } = parts
  await using session = await openSession(parts, job.vaultId, run.signal)
  const { repository, confirmed } = session
  const signal = AbortSignal.any([run.signal, session.signal])
  await bringLock(session, session.row, signal)
  const earlier = job.attempt > 1 ? await findPointOfJob(session, job.id, signal) : undefined
  if (earlier !== undefined) return earlier.id
  const { candidates } = await loadVaultState(repository, signal)
  const index = await loadIndex(repository, { trustOnlyListedPacks: true, withoutPacks: new Set(candidates.keys()) }, signal)
  const lock = await LockSession.open(repository, index, {}, signal)
  const startMs = context.clock.nowMs()
  const lines = exportCatalogue(catalogue, { version, madeAt: new Date(startMs).toISOString() }, signal)
  const content = told(run, sealArchive(master, context.random, lines))
  const file = { kind: 'file', path: archivePath, metadata: { mode: 0o600, modifiedMs: startMs }, cut: 'content', content } as const
  const { snapshotId } = await backupItems(
    repository,
    index,
    only(file),
    {
      tags: archiveTags(job.id, master),
      paths: ['/coffre/catalogue'],
      hostname: repository.context.identity.hostname,
      parent: undefined,
      // Sealed bytes do not get smaller.
      compression: 'off',
      verification: 'sampled',
      contentCut: await contentCutOf(repository, signal),
      programVersion: `coffre ${version}`,
      skipIfUnchanged: false,
      confirmed,
      ...(lock === undefined ? {} : { lock }),
      onError: (_path, error) => {
        throw error
      },
    },
    signal,
  )
  if (snapshotId === undefined) throw new Error('the backup of the catalogue ended without a snapshot')
  await recordKnown(repository, { added: [{ type: 'snapshot', name: snapshotId }] }, signal)
  return snapshotId
}

async function* only<Item>(item: Item): AsyncGenerator<Item> {
  yield item
}

async function* told(run: JobRun, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let doneBytes = 0
  for await (const chunk of content) {
    yield chunk
    doneBytes += chunk.length
    const unknown = { totalBytes: undefined, etaMs: undefined, bytesPerSecond: undefined }
    run.onProgress({ state: 'transferring', doneBytes, doneItems: 0, ...unknown })
  }
}

/** Of this server's own alone; what the vault holds back stays until another day. Resolves to how many went. */
async function removeOld(parts: WorkerParts, run: JobRun, master: MasterKey): Promise<number> {
  await using vault = await openVault(parts, run.job.vaultId, 'keeper', run.signal)
  const { repository } = vault
  const damaged = (id: string, error: unknown): void =>
    void run.log('warning', `snapshot ${id} cannot be read: ${isCoffreError(error) ? error.message : 'its error is unknown'}`)
  const own = (await listSnapshots(repository, run.signal, damaged)).filter((snapshot) => isOwnArchive(snapshot, master))
  const old = tooOld(own)
  if (old.length === 0) return 0
  await using session = await lockVault(repository, {}, run.signal)
  const signal = AbortSignal.any([run.signal, session.signal])
  await session.confirmed
  const gone: string[] = []
  const held = heldAt(await loadVaultState(repository, signal), await storeNowMs(repository, parts.context.clock, signal))
  for (const { id } of old) if (!held.snapshots.has(id) && (await forget(repository, id, held, signal))) gone.push(id)
  await recordKnown(repository, { removed: gone.map((name) => ({ type: 'snapshot', name })) }, signal)
  return gone.length
}

/** All but the newest of each of the last days that have any. */
function tooOld(snapshots: readonly StoredSnapshot[]): StoredSnapshot[] {
  const newestFirst = [...snapshots].sort((a, b) => Date.parse(b.time) - Date.parse(a.time))
  const days = new Set<string>()
  return newestFirst.filter(({ time }) => {
    const day = new Date(time).toISOString().slice(0, 10)
    const isKept = !days.has(day) && days.size < daysKept
    days.add(day)
    return !isKept
  })
}

/** False when the storage does not let it go. */
async function forget(repository: Repository, id: string, held: Held, signal: AbortSignal): Promise<boolean> {
  try {
    await forgetSnapshots(repository, [id], { held }, signal)
    return true
  } catch (error) {
    if (!isCoffreError(error, 'storage.locked')) throw error
    return false
  }
}
