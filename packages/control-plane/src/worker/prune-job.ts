import { lockVault } from '@coffre/engine'
import {
  heldAt,
  loadVaultState,
  lockRepository,
  markPrune,
  type Repository,
  StatePruneLedger,
  swapPrune,
  sweepPrune,
} from '@coffre/repository'
import type { Finish } from './backup-job.ts'
import type { JobRun } from './job-run.ts'
import { openVault } from './open-vault.ts'
import type { WorkerParts } from './worker-parts.ts'

/** The gate is short; whoever works in the vault with stock restic may take longer. */
const gateWaitMs = 10 * 60_000

/** Gives space back, beside backups that run (vault rules P1 to P3): what this run marks goes a day after nobody can need it. */
export async function runPruneJob(parts: WorkerParts, run: JobRun): Promise<Finish> {
  await using vault = await openVault(parts, run.job.vaultId, 'keeper', run.signal)
  const { repository } = vault
  const ledger = new StatePruneLedger(repository)
  const nowMs = (): number => parts.context.clock.nowMs()
  const marked = await beside(repository, run, async (signal) => {
    const held = heldAt(await loadVaultState(repository, signal), nowMs())
    return markPrune(repository, ledger, { held }, signal)
  })
  const oldestSessionMs = await oldestSession(parts, run)
  const sessions = oldestSessionMs === undefined ? {} : { oldestSessionMs }
  const swapped = await alone(repository, run, async (signal) => {
    const held = heldAt(await loadVaultState(repository, signal), nowMs())
    return swapPrune(repository, ledger, { held, ...sessions }, signal)
  })
  const swept = await beside(repository, run, async (signal) => {
    const held = heldAt(await loadVaultState(repository, signal), nowMs())
    return sweepPrune(repository, ledger, { held, ...sessions }, signal)
  })
  return {
    event: 'done',
    result: { candidates: marked.candidates, swapped: swapped.swapped.length, removedPacks: swept.removed.length },
  }
}

/** When the oldest job began that may still rely on what was there when it began. */
async function oldestSession({ catalogue }: WorkerParts, { job }: JobRun): Promise<number | undefined> {
  const row = await catalogue
    .selectFrom('job')
    .select(({ fn }) => fn.min('startedAt').as('startedAt'))
    .where('state', 'in', ['RUNNING', 'ABORTING'])
    .where('id', '<>', job.id)
    .where(({ eb, or }) => or([eb('vaultId', '=', job.vaultId), eb('targetVaultId', '=', job.vaultId)]))
    .executeTakeFirst()
  return row?.startedAt?.getTime()
}

async function beside<Result>(
  repository: Repository,
  run: JobRun,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  await using session = await lockVault(repository, { retryForMs: gateWaitMs }, run.signal)
  await session.confirmed
  return work(AbortSignal.any([run.signal, session.signal]))
}

async function alone<Result>(repository: Repository, run: JobRun, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  await using lock = await lockRepository(repository, { exclusive: true, retryForMs: gateWaitMs }, run.signal)
  await lock.confirmed
  return work(AbortSignal.any([run.signal, lock.signal]))
}
