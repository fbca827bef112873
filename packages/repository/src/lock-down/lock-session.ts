import assert from 'node:assert'
import type { FileHandle, ObjectLock, Retention } from '@coffre/storage'
import type { Id } from '../format/node.ts'
import type { Snapshot } from '../format/snapshot.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { recogniseConfig } from '../repository/recognise-config.ts'
import type { Repository } from '../repository/repository.ts'
import type { WriteLock } from '../repository/write-lock.ts'
import { saveSnapshot } from '../snapshots/snapshots.ts'
import { appendState } from '../state/append-state.ts'
import { loadVaultState } from '../state/load-vault-state.ts'
import { farthestTermMs, type LockedFile, type LockPolicy, ledgerKey, type VaultState } from '../state/vault-state.ts'
import { BlobSet } from '../walk/blob-set.ts'
import { contentsOldestFirst } from './authentic-version.ts'
import { confirmLock, type FileToLock, isAtLeast, isLockedUntil, lockFiles } from './lock-files.ts'
import { lockState } from './lock-state.ts'
import { boundaryAfterMs, quantumMs, retainUntilMs, termMs } from './lock-term.ts'
import { referTrees } from './refer-trees.ts'
import { objectLockOf, storeTimeMs } from './store-time.ts'

export interface LockSessionOptions {
  /** The term of the points of this session; the vault's unless given. */
  readonly days?: number
}

interface StoredPack {
  readonly retention: Retention
  versionId: string | undefined
}

/** New packs whose retention is read back at each commit. */
const samplePacks = 3

/**
 * Writing into a locked vault (rules L1 to L4): new packs and indexes are put under retention; at a commit, what the snapshot
 * reuses is extended where the ledger says that it would end too early, then the files that open the vault, and last the snapshot
 * is put. It counts as locked from then on, and the ledger is brought up to date. One session may commit several snapshots.
 */
export class LockSession implements WriteLock {
  readonly #repository: Repository
  readonly #index: RepositoryIndex
  readonly #lock: ObjectLock
  #policy: LockPolicy
  #termMs: number
  readonly #openedStoreMs: number
  readonly #openedMonotonicMs: number
  readonly #packs = new Map<Id, StoredPack>()
  /** What commits have walked already. */
  readonly #walked: BlobSet
  #state: VaultState

  private constructor(
    repository: Repository,
    index: RepositoryIndex,
    state: VaultState,
    policy: LockPolicy,
    termMs: number,
    storeMs: number,
  ) {
    this.#repository = repository
    this.#index = index
    this.#lock = objectLockOf(repository.backend)
    this.#walked = new BlobSet(index)
    this.#state = state
    this.#policy = policy
    this.#termMs = termMs
    this.#openedStoreMs = storeMs
    this.#openedMonotonicMs = repository.context.clock.monotonicMs()
  }

  /**
   * Undefined where the vault's state asks for no lock. From now on the index tracks what is referred to, so this comes before any
   * writer is made of it. Rejects when the state is broken, the store cannot lock, or its clock and ours are too far apart.
   */
  static async open(
    repository: Repository,
    index: RepositoryIndex,
    options: LockSessionOptions,
    signal: AbortSignal,
  ): Promise<LockSession | undefined> {
    const state = await loadVaultState(repository, signal)
    if (state.lock === undefined) return undefined
    const term = termMs(state.lock, options.days)
    const storeMs = await storeTimeMs(repository.backend, repository.context, signal)
    index.trackReferences((pack) => state.ledger.get(ledgerKey({ type: 'pack', name: pack }))?.untilMs)
    return new LockSession(repository, index, state, state.lock, term, storeMs)
  }

  packRetention(pack: Id): Retention {
    const elapsedMs = this.#repository.context.clock.monotonicMs() - this.#openedMonotonicMs
    const retention = this.#retention(pack, this.#openedStoreMs + elapsedMs + this.#termMs)
    this.#packs.set(pack, { retention, versionId: undefined })
    return retention
  }

  packStored(pack: Id, versionId: string | undefined): void {
    const stored = this.#packs.get(pack)
    if (stored !== undefined) stored.versionId = versionId
  }

  /** Never longer than the first of its packs: an index that outlives them would make later backups worthless (finding 2). */
  indexRetention(packs: readonly Id[]): Retention {
    const ends = packs.map((pack) => this.#packs.get(pack)?.retention.until.getTime() ?? Number.NaN)
    assert(ends.length > 0 && ends.every((end) => end > 0), 'an index file of a locked session names a pack of another session')
    return { mode: this.#policy.mode, until: new Date(Math.min(...ends)) }
  }

  async commit(snapshot: Snapshot, signal: AbortSignal, isReferred = false): Promise<Id> {
    if (!isReferred) await referTrees(this.#repository, this.#index, [snapshot.tree], signal, this.#walked)
    this.#sharpen(await loadVaultState(this.#repository, signal))
    const nowMs = await storeTimeMs(this.#repository.backend, this.#repository.context, signal)
    const lockUntilMs = nowMs + this.#termMs
    const packs = await this.#lockPacks(lockUntilMs, signal)
    const farthestMs = Math.max(lockUntilMs, farthestTermMs(this.#state) ?? 0)
    const openers = await this.#lockOpeners(farthestMs, signal)
    const stateLock = await lockState(
      this.#repository,
      this.#state,
      this.#policy.mode,
      boundaryAfterMs(farthestMs, this.#policy),
      farthestMs,
      signal,
    )
    const retention = this.#retention(snapshot.tree, lockUntilMs)
    const id = await saveSnapshot(this.#repository, snapshot, signal, retention)
    const point = await this.#confirmSnapshot(id, retention, signal)
    this.#state = await appendState(
      this.#repository,
      (state) => ({
        kind: 'locks',
        files: [...packs, ...openers, point],
        points: new Map([[id, lockUntilMs]]),
        // Records that came in between were not extended: the next commit does it for all.
        ...(stateLock !== undefined && state.head?.number === stateLock.through ? { stateUntilMs: stateLock.untilMs } : {}),
      }),
      signal,
    )
    return id
  }

  /** A policy that became stricter since the session was opened counts for what it commits; one that was relaxed does not. */
  #sharpen(state: VaultState): void {
    this.#state = state
    const { lock } = state
    if (lock === undefined) return
    const mode = this.#policy.mode === 'compliance' ? this.#policy.mode : lock.mode
    this.#policy = { ...lock, mode }
    this.#termMs = Math.max(this.#termMs, termMs(lock))
  }

  /** L1 and L3: every pack that the session stored or referred to is locked until `lockUntilMs` when this resolves. */
  async #lockPacks(lockUntilMs: number, signal: AbortSignal): Promise<LockedFile[]> {
    await this.#confirmSample(signal)
    const fresh: LockedFile[] = []
    const due: FileToLock[] = []
    for (const [name, { retention, versionId }] of this.#packs) {
      if (isAtLeast(retention, { mode: this.#policy.mode, until: new Date(lockUntilMs) }) && versionId !== undefined) {
        fresh.push({ type: 'pack', name, versionId, mode: retention.mode, untilMs: retention.until.getTime() })
      } else due.push({ type: 'pack', name, ...(versionId === undefined ? {} : { versionId }) })
    }
    for (const name of this.#index.referencedPacks()) {
      const file: FileHandle = { type: 'pack', name }
      if (this.#packs.has(name) || isLockedUntil(this.#state, file, this.#policy.mode, lockUntilMs)) continue
      due.push(this.#withVersion(file))
    }
    const extended = await lockFiles(this.#repository.backend, due, (file) => this.#retention(file.name, lockUntilMs), signal)
    return [...fresh.filter((file) => !isLockedUntil(this.#state, file, file.mode, file.untilMs)), ...extended]
  }

  /** L4: config and the keys that this vault knows, without which nothing opens. Keys that a stranger put there are not locked. */
  async #lockOpeners(farthestMs: number, signal: AbortSignal): Promise<LockedFile[]> {
    const present = new Set(await this.#repository.names('key', signal))
    const keys = [...new Set([...this.#state.known.keys, this.#repository.keyId])].filter((name) => present.has(name))
    const due: FileToLock[] = keys
      .map((name): FileHandle => ({ type: 'key', name }))
      .filter((file) => !isLockedUntil(this.#state, file, this.#policy.mode, farthestMs))
      .map((file) => this.#withVersion(file))
    const config: FileHandle = { type: 'config', name: '' }
    if (!isLockedUntil(this.#state, config, this.#policy.mode, farthestMs)) due.push(...(await this.#configVersions(signal)))
    const nameOf = (file: FileHandle): Id => (file.type === 'config' ? this.#repository.config.id : file.name)
    return lockFiles(this.#repository.backend, due, (file) => this.#retention(nameOf(file), farthestMs), signal)
  }

  /** What opens with this vault's key: more than one after an upgrade. */
  async #configVersions(signal: AbortSignal): Promise<FileToLock[]> {
    const found: FileToLock[] = []
    for (const version of contentsOldestFirst(await this.#lock.versionsOf({ type: 'config', name: '' }, signal))) {
      const bytes = await this.#lock.loadVersion(version, version.versionId, undefined, signal)
      if (recogniseConfig(this.#repository.workbench, bytes) !== undefined)
        found.push({ type: 'config', name: '', versionId: version.versionId })
    }
    return found
  }

  #withVersion(file: FileHandle): FileToLock {
    const versionId = this.#state.ledger.get(ledgerKey(file))?.versionId
    return versionId === undefined ? file : { ...file, versionId }
  }

  async #confirmSample(signal: AbortSignal): Promise<void> {
    const { random } = this.#repository.context
    const stored = [...this.#packs].filter(([, { versionId }]) => versionId !== undefined)
    for (let i = 0; i < Math.min(samplePacks, stored.length); i++) {
      const [name, pack] = stored[random.integer(stored.length)] ?? []
      if (name === undefined || pack?.versionId === undefined) continue
      await confirmLock(this.#lock, { type: 'pack', name }, pack.versionId, pack.retention, signal)
    }
  }

  async #confirmSnapshot(id: Id, retention: Retention, signal: AbortSignal): Promise<LockedFile> {
    const file: FileHandle = { type: 'snapshot', name: id }
    const versions = contentsOldestFirst(await this.#lock.versionsOf(file, signal))
    const versionId = versions.at(-1)?.versionId ?? ''
    await confirmLock(this.#lock, file, versionId, retention, signal)
    return { ...file, versionId, mode: retention.mode, untilMs: retention.until.getTime() }
  }

  /** L2, and never beyond what the vault's longest term allows (rule L9). */
  #retention(name: Id, lockUntilMs: number): Retention {
    const untilMs = retainUntilMs(lockUntilMs, this.#policy, name)
    assert(untilMs <= lockUntilMs + 2 * quantumMs(this.#policy), `a retention of ${new Date(untilMs).toISOString()} is too long`)
    return { mode: this.#policy.mode, until: new Date(untilMs) }
  }
}
