import { CoffreError, isCoffreError, minuteMs } from '@coffre/foundation'
import { decodeLock, encodeLock, type LockContent } from '../format/lock-codec.ts'
import type { Id } from '../format/node.ts'
import { formatInstant, parseTimestamp } from '../local/timestamp.ts'
import { isMissing, type Repository, type SealedFile } from '../repository/repository.ts'

export interface StoredLock extends LockContent {
  readonly id: Id
}

const staleMs = 30 * minuteMs
const removeTimeoutMs = 60_000

/**
 * Every lock. Files that vanish meanwhile are passed over, and empty ones: they are what a power cut or an upload that broke off
 * leaves. One that is damaged otherwise is an error, since it may stand for somebody who is at work.
 */
export async function listLocks(repository: Repository, signal: AbortSignal): Promise<StoredLock[]> {
  const locks: StoredLock[] = []
  for (const id of await repository.names('lock', signal)) {
    const lock = await loadLock(repository, id, signal)
    if (lock !== undefined) locks.push({ id, ...lock })
  }
  return locks
}

async function loadLock(repository: Repository, id: Id, signal: AbortSignal): Promise<LockContent | undefined> {
  try {
    const bytes = await repository.loadRaw({ type: 'lock', name: id }, signal)
    return bytes.byteLength === 0 ? undefined : decodeLock(repository.decodeUnpackedFile('lock', id, bytes))
  } catch (error) {
    if (isMissing(error)) return undefined
    if (!isCoffreError(error, 'repository.damaged')) throw error
    throw new CoffreError('repository.damaged', error.message, {
      hint: 'Nobody can tell whose lock it is. When nobody else works on the repository, `coffre repo unlock --remove-all` removes it.',
      cause: error,
    })
  }
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
  const lock = await loadLock(repository, id, signal)
  return lock !== undefined && isStale(lock, repository)
}

/** Throws `repository.locked` when there is a lock, other than `own`, that does not go together with one of ours. */
export async function refuseConflicts(
  repository: Repository,
  exclusive: boolean,
  own: Id | undefined,
  signal: AbortSignal,
): Promise<void> {
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

/** A lock file that is about to be stored, and the moment that it tells others, by both clocks. */
export interface NewLock extends SealedFile {
  readonly madeMs: number
  readonly madeMonotonicMs: number
}

export function newLock(repository: Repository, exclusive: boolean): NewLock {
  const { identity, clock } = repository.context
  const madeMs = clock.nowMs()
  const lock: LockContent = {
    time: formatInstant(madeMs),
    exclusive,
    hostname: lockHostname(repository),
    username: identity.username,
    pid: identity.processId,
    uid: identity.uid,
    gid: identity.gid,
  }
  return { ...repository.sealUnpacked(encodeLock(lock)), madeMs, madeMonotonicMs: clock.monotonicMs() }
}

export async function saveLock({ backend }: Repository, { name, bytes }: NewLock, signal: AbortSignal): Promise<void> {
  await backend.save({ type: 'lock', name }, [bytes], {}, signal)
  await backend.flush(signal)
}

/** Also after an interruption: a lock that stays behind stops every later prune. */
export async function removeLock(repository: Repository, name: Id): Promise<void> {
  await repository.backend.remove({ type: 'lock', name }, AbortSignal.timeout(removeTimeoutMs))
}

function lockHostname(repository: Repository): string {
  const { hostname, instance } = repository.context.identity
  return `${hostname}#coffre-${instance}`
}
