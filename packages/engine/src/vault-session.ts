import {
  type Id,
  type KeptVault,
  LockSession,
  listSnapshots,
  loadIndex,
  loadVaultState,
  lockRepository,
  type Repository,
  type RepositoryIndex,
  recordKnown,
  type StoredSnapshot,
  type VaultState,
  type WriteLock,
} from '@coffre/repository'

/** A vault that is open and locked: what every run works on. The run does not close it; several may follow each other in it. */
export interface VaultSession {
  readonly repository: Repository
  /** What the process knows of the vault from earlier work, where it keeps that. */
  readonly kept?: KeptVault
  /** Aborted when the lock is lost: work on the vault ends with it. */
  readonly signal: AbortSignal
  /** Resolves once the lock is undisputed; nothing is written before. */
  readonly confirmed: Promise<void>
}

export interface VaultLockOptions {
  /** Wait so long for others that work in the vault alone, such as a prune. */
  readonly retryForMs?: number
  readonly onWaiting?: (error: Error) => void
}

/** Locks an open vault beside others that read it or add to it, until the session is disposed of. `repository.locked` when it cannot. */
export async function lockVault(
  repository: Repository,
  options: VaultLockOptions,
  signal: AbortSignal,
): Promise<VaultSession & AsyncDisposable> {
  const lock = await lockRepository(repository, { exclusive: false, ...options }, signal)
  return {
    repository,
    signal: lock.signal,
    confirmed: lock.confirmed,
    [Symbol.asyncDispose]: async () => lock[Symbol.asyncDispose](),
  }
}

/** What a writer begins with. */
export interface WriterView {
  readonly state: VaultState
  /** As a writer may rely on it: packs that are not there, or that a prune is about to remove, do not count (rule P1). */
  readonly index: RepositoryIndex
}

export async function loadWriterView({ repository, kept }: VaultSession, signal: AbortSignal): Promise<WriterView> {
  const state = await loadVaultState(repository, signal)
  const trust = { trustOnlyListedPacks: true, withoutPacks: new Set(state.candidates.keys()) }
  const index = await (kept === undefined ? loadIndex(repository, trust, signal) : kept.index.load(trust, signal))
  return { state, index }
}

/** The index for one who only reads. */
export async function loadReaderIndex({ repository, kept }: VaultSession, signal: AbortSignal): Promise<RepositoryIndex> {
  return kept === undefined ? loadIndex(repository, {}, signal) : kept.index.load({}, signal)
}

/** All points that can be read, oldest first. */
export async function listPoints({ repository, kept }: VaultSession, signal: AbortSignal): Promise<readonly StoredSnapshot[]> {
  // One that is damaged is for the checks to tell of.
  const passOver = (): undefined => undefined
  return kept === undefined ? listSnapshots(repository, signal, passOver) : kept.snapshots.list(signal, passOver)
}

/** What keeps the points of a locked vault under retention, for so many days; nothing in others. Comes before any writer. */
export async function openWriteLock(
  { repository }: VaultSession,
  { state, index }: WriterView,
  days: number | undefined,
  signal: AbortSignal,
): Promise<{ readonly lock?: WriteLock }> {
  if (state.lock === undefined) return {}
  const lock = await LockSession.open(repository, index, days === undefined ? {} : { days }, signal)
  return lock === undefined ? {} : { lock }
}

/** Tells the vault's state of a new point, so that a check misses it should it vanish. Idempotent. */
export async function recordPoint({ repository }: VaultSession, id: Id, signal: AbortSignal): Promise<void> {
  await recordKnown(repository, { added: [{ type: 'snapshot', name: id }] }, signal)
}
