import { lockVault } from '@coffre/engine'
import { minuteMs } from '@coffre/foundation'
import { lockRepository, type Repository } from '@coffre/repository'
import type { JobRun } from './job-run.ts'

/** Who works in the vault alone is done soon; whoever works in it with stock restic may take longer. */
const waitMs = 10 * minuteMs

/** Works in a vault beside others that read it or add to it. */
export async function beside<Result>(
  repository: Repository,
  run: JobRun,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  await using session = await lockVault(repository, { retryForMs: waitMs }, run.signal)
  await session.confirmed
  return work(AbortSignal.any([run.signal, session.signal]))
}

/** Works in a vault while nobody else does; `repository.locked` when that does not come about. */
export async function alone<Result>(
  repository: Repository,
  run: JobRun,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  await using lock = await lockRepository(repository, { exclusive: true, retryForMs: waitMs }, run.signal)
  await lock.confirmed
  return work(AbortSignal.any([run.signal, lock.signal]))
}
