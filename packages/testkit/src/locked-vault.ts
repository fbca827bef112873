import { type BackupOptions, type Id, LockSession, type LockSessionOptions, loadIndex, type Repository } from '@coffre/repository'
import { type Backend, fileTypes, LockingMemoryBackend, type ObjectLock, type ObjectVersion, type Retention } from '@coffre/storage'
import { FakeClock } from './fake-clock.ts'
import { fixtureContext, RepositoryFixture, type SourceFiles } from './repository-fixture.ts'

export interface StoredLock {
  readonly version: ObjectVersion
  readonly retention: Retention | undefined
}

/** A vault of 30 days on a bucket in memory, on the clock of the test. */
export async function lockedFixture(seed = 1): Promise<RepositoryFixture<LockingMemoryBackend>> {
  const clock = new FakeClock({ automatic: true })
  const backend = new LockingMemoryBackend({ ...fixtureContext({ seed }), clock })
  return RepositoryFixture.create({ backend, clock, seed, lock: { mode: 'governance', days: 30, daysMax: 60 } })
}

/** Backs the fixture's source up under lock, as `coffre repo backup` does in a locked vault. */
export async function lockedBackup<B extends Backend>(
  fixture: RepositoryFixture<B>,
  files: SourceFiles = {},
  options: { readonly backup?: Partial<BackupOptions>; readonly lock?: LockSessionOptions; readonly repository?: Repository } = {},
): Promise<Id> {
  await fixture.write(files)
  const repository = options.repository ?? fixture.repository
  const index = await loadIndex(repository, { trustOnlyListedPacks: true }, fixture.signal)
  const lock = await LockSession.open(repository, index, options.lock ?? {}, fixture.signal)
  if (lock === undefined) throw new Error('the vault is not locked')
  const { snapshotId } = await fixture.backup({ lock, ...options.backup }, repository, index)
  if (snapshotId === undefined) throw new Error('the backup made no snapshot')
  return snapshotId
}

/** Every content in the bucket with its retention. */
export async function storedLocks(lock: ObjectLock, signal: AbortSignal): Promise<StoredLock[]> {
  const locks: StoredLock[] = []
  for (const type of fileTypes) {
    for await (const version of lock.versions(type, signal)) {
      if (!version.isMarker) locks.push({ version, retention: await lock.retention(version, version.versionId, signal) })
    }
  }
  return locks
}
