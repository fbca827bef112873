import { type LockOptions, lockRepository, type Repository } from '@coffre/repository'

const signal = new AbortController().signal

/** Does the work under a lock, as every command does. */
export async function underLock<Result>(
  repository: Repository,
  options: LockOptions,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  await using lock = await lockRepository(repository, options, signal)
  await lock.confirmed
  return await work(lock.signal)
}
