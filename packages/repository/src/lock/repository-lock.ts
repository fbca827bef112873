import { CoffreError, interruption, throwIfAborted } from '@coffre/foundation'
import { decodeLock, encodeLock, type LockContent } from '../format/lock-codec.ts'
import type { Id } from '../format/node.ts'
import { formatInstant, parseTimestamp } from '../local/timestamp.ts'
import { isMissing, type Repository } from '../repository/repository.ts'

/**
 * restic's lock files, by rules C1 to C4: a file in `locks/` says who works here; an exclusive one wants to be alone. The file is
 * refreshed every five minutes; when that has failed for 22 minutes the work is aborted, before anybody may think it dead.
 */
export interface RepositoryLock extends AsyncDisposable {
  /** Aborted with `repository.lease-lost` when the lock could not be kept. Work under the lock uses this signal. */
  readonly signal: AbortSignal
  /** Resolves once the lock has been seen to be undisputed; nothing may be written to the repository before. */
  readonly confirmed: Promise<void>
}

export interface StoredLock extends LockContent {
  readonly id: Id
}

export interface LockOptions {
  readonly exclusive: boolean
  /** Try again for so long when others hold conflicting locks. */
  readonly retryForMs?: number
  /** Called when waiting for others begins. */
  readonly onWaiting?: (error: CoffreError) => void
}

const refreshMs = 5 * 60_000
const abandonMs = 22 * 60_000
const staleMs = 30 * 60_000
/** Two writers that lock at the same moment see each other after so long. */
const settleMs = 200
const retryPauseMsMax = 60_000
const removeTimeoutMs = 60_000

/** Every lock file that can be read. Files that vanish meanwhile are passed over. */
export async function listLocks(repository: Repository, signal: AbortSignal): Promise<StoredLock[]> {
  const locks: StoredLock[] = []
  for (const id of await repository.names('lock', signal)) {
    try {
      locks.push({ id, ...decodeLock(await repository.loadUnpacked('lock', id, signal)) })
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }
  return locks
}

/** Older than 30 minutes, or of a process of this host that is gone. Coffre's own locks never match a host's name (rule C2). */
export function isStale(lock: LockContent, repository: Repository): boolean {
  const { clock, identity } = repository.context
  if (clock.nowMs() - msOf(lock.time) > staleMs) return true
  const host = lock.hostname === identity.hostname || lock.hostname === lockHostname(repository)
  return host && lock.pid !== identity.processId && !identity.isProcessAlive(lock.pid)
}

function msOf(time: string): number {
  const { seconds, nanoseconds } = parseTimestamp(time)
  return seconds * 1000 + nanoseconds / 1e6
}

/** Removes stale locks, or all of them. The number of removed ones. */
export async function removeLocks(repository: Repository, all: boolean, signal: AbortSignal): Promise<number> {
  let removed = 0
  for (const id of await repository.names('lock', signal)) {
    if (!all && !(await isRemovable(repository, id, signal))) continue
    await repository.backend.remove({ type: 'lock', name: id }, signal)
    removed++
  }
  return removed
}

async function isRemovable(repository: Repository, id: Id, signal: AbortSignal): Promise<boolean> {
  try {
    return isStale(decodeLock(await repository.loadUnpacked('lock', id, signal)), repository)
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

/** Locks the repository, or rejects with `repository.locked`. */
export async function lockRepository(repository: Repository, options: LockOptions, signal: AbortSignal): Promise<RepositoryLock> {
  const { clock } = repository.context
  const startMs = clock.monotonicMs()
  let pauseMs = 1000
  for (;;) {
    try {
      return await tryLock(repository, options.exclusive, signal)
    } catch (error) {
      const leftMs = (options.retryForMs ?? 0) - (clock.monotonicMs() - startMs)
      if (!(error instanceof CoffreError) || error.code !== 'repository.locked' || leftMs <= 0) throw error
      options.onWaiting?.(error)
      await clock.sleep(Math.min(pauseMs, leftMs), signal)
      pauseMs = Math.min(pauseMs * 2, retryPauseMsMax)
    }
  }
}

async function tryLock(repository: Repository, exclusive: boolean, signal: AbortSignal): Promise<RepositoryLock> {
  await refuseConflicts(repository, exclusive, undefined, signal)
  const id = await saveLock(repository, exclusive, signal)
  const lock = new HeldLock(repository, exclusive, id, signal)
  if (exclusive) {
    try {
      await lock.confirmed
    } catch (error) {
      await lock[Symbol.asyncDispose]()
      throw error
    }
  }
  return lock
}

async function saveLock(repository: Repository, exclusive: boolean, signal: AbortSignal): Promise<Id> {
  const { identity, clock } = repository.context
  const lock: LockContent = {
    time: formatInstant(clock.nowMs()),
    exclusive,
    hostname: lockHostname(repository),
    username: identity.username,
    pid: identity.processId,
    uid: identity.uid,
    gid: identity.gid,
  }
  const id = await repository.saveUnpacked('lock', encodeLock(lock), signal)
  await repository.backend.flush(signal)
  return id
}

function lockHostname(repository: Repository): string {
  const { hostname, instance } = repository.context.identity
  return `${hostname}#coffre-${instance}`
}

async function refuseConflicts(repository: Repository, exclusive: boolean, own: Id | undefined, signal: AbortSignal): Promise<void> {
  for (const lock of await listLocks(repository, signal)) {
    if (lock.id === own || (!exclusive && !lock.exclusive)) continue
    const stale = isStale(lock, repository)
    throw new CoffreError(
      'repository.locked',
      `the repository is ${lock.exclusive ? 'exclusively ' : ''}locked by process ${lock.pid} of ${lock.hostname} since ${lock.time}`,
      {
        hint: stale
          ? 'That lock is stale: its owner is gone or has not refreshed it for 30 minutes. Remove it with `coffre repo unlock`.'
          : 'Wait for the other process, or give `--retry-lock 10m`. If it is known to be dead, use `coffre repo unlock --remove-all`.',
      },
    )
  }
}

class HeldLock implements RepositoryLock {
  readonly signal: AbortSignal
  readonly confirmed: Promise<void>
  readonly #repository: Repository
  readonly #exclusive: boolean
  readonly #lost = new AbortController()
  readonly #released = new AbortController()
  readonly #refreshing: Promise<void>
  /** Every lock file of ours that may exist. */
  readonly #files = new Set<Id>()

  constructor(repository: Repository, exclusive: boolean, id: Id, signal: AbortSignal) {
    this.#repository = repository
    this.#exclusive = exclusive
    this.#files.add(id)
    this.signal = AbortSignal.any([signal, this.#lost.signal])
    this.confirmed = this.#confirm(id, signal)
    // Whoever awaits `confirmed` hears of the failure; until then it must not count as unhandled.
    this.confirmed.catch(() => undefined)
    this.#refreshing = this.#keep(id)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#released.abort()
    await this.#refreshing
    // Also after an interruption: a lock that stays behind stops every later prune.
    const signal = AbortSignal.timeout(removeTimeoutMs)
    for (const name of this.#files) await this.#repository.backend.remove({ type: 'lock', name }, signal)
  }

  async #confirm(own: Id, signal: AbortSignal): Promise<void> {
    await this.#repository.context.clock.sleep(settleMs, signal)
    await refuseConflicts(this.#repository, this.#exclusive, own, signal)
  }

  async #keep(first: Id): Promise<void> {
    const { clock } = this.#repository.context
    let current = first
    let refreshedMs = clock.monotonicMs()
    for (;;) {
      try {
        await clock.sleep(refreshMs, this.#released.signal)
      } catch {
        return
      }
      try {
        throwIfAborted(this.#released.signal)
        const next = await saveLock(this.#repository, this.#exclusive, this.#released.signal)
        this.#files.add(next)
        await this.#repository.backend.remove({ type: 'lock', name: current }, this.#released.signal)
        this.#files.delete(current)
        current = next
        refreshedMs = clock.monotonicMs()
      } catch (error) {
        if (this.#released.signal.aborted) return
        if (clock.monotonicMs() - refreshedMs < abandonMs) continue
        this.#lost.abort(
          new CoffreError('repository.lease-lost', 'the lock could not be refreshed for 22 minutes, so the work was stopped', {
            hint: 'Is the storage reachable and writable? What was stored stays; run the command again.',
            cause: error,
          }),
        )
        return
      }
    }
  }
}

/** The error that the work under a lost lock should end with. */
export function lostLock(lock: RepositoryLock): CoffreError | undefined {
  return lock.signal.aborted ? interruption(lock.signal) : undefined
}
