import { CoffreError } from '@coffre/foundation'
import type { Repository } from '../repository/repository.ts'
import { HeldLock, type RepositoryLock } from './held-lock.ts'
import { newLock, refuseConflicts, removeLock, saveLock } from './lock-files.ts'

export interface LockOptions {
  readonly exclusive: boolean
  /**
   * Return an exclusive lock before it is confirmed, to those who only read at first and throw away what they read if it turns out
   * disputed. A dispute is then not tried again.
   */
  readonly isEager?: boolean
  /** Try again for so long when others hold conflicting locks. */
  readonly retryForMs?: number
  /** Called when waiting for others begins. */
  readonly onWaiting?: (error: CoffreError) => void
}

const retryPauseMsMax = 60_000

/** Locks the repository, or rejects with `repository.locked`. */
export async function lockRepository(repository: Repository, options: LockOptions, signal: AbortSignal): Promise<RepositoryLock> {
  const { clock } = repository.context
  const startMs = clock.monotonicMs()
  let pauseMs = 1000
  for (;;) {
    try {
      return await tryLock(repository, options, signal)
    } catch (error) {
      const leftMs = (options.retryForMs ?? 0) - (clock.monotonicMs() - startMs)
      if (!(error instanceof CoffreError) || error.code !== 'repository.locked' || leftMs <= 0) throw error
      options.onWaiting?.(error)
      await clock.sleep(Math.min(pauseMs, leftMs), signal)
      pauseMs = Math.min(pauseMs * 2, retryPauseMsMax)
    }
  }
}

async function tryLock(repository: Repository, { exclusive, isEager }: LockOptions, signal: AbortSignal): Promise<RepositoryLock> {
  await refuseConflicts(repository, exclusive, undefined, signal)
  const file = newLock(repository, exclusive)
  try {
    await saveLock(repository, file, signal)
  } catch (error) {
    // It may be stored all the same, and would then stop every later prune.
    await removeLock(repository, file.name).catch(() => undefined)
    throw error
  }
  const lock = new HeldLock(repository, exclusive, file, signal)
  if (exclusive && isEager !== true) {
    try {
      await lock.confirmed
    } catch (error) {
      await lock[Symbol.asyncDispose]()
      throw error
    }
  }
  return lock
}
