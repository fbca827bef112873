import type { RunProgress } from '@coffre/engine'
import { hourMs } from '@coffre/foundation'
import {
  heldAt,
  loadVaultState,
  type MarkResult,
  markPrune,
  type Repository,
  StatePruneLedger,
  swapPrune,
  sweepPrune,
} from '@coffre/repository'
import { sql } from 'kysely'
import { idleLogs } from '../streams/idle-logs.ts'
import type { Finish } from './backup-job.ts'
import type { JobRun } from './job-run.ts'
import { openVault } from './open-vault.ts'
import { storeNowMs } from './store-now.ts'
import { tidyLog } from './tidy-log.ts'
import { alone, beside } from './vault-turns.ts'
import type { WorkerParts } from './worker-parts.ts'

const foldMsMax = 2 * hourMs

/** Gives space back, beside backups that run (vault rules P1 to P3): what this run marks goes a day after nobody can need it. */
export async function runPruneJob(parts: WorkerParts, run: JobRun): Promise<Finish> {
  await using vault = await openVault(parts, run.job.vaultId, 'keeper', run.signal)
  const { repository } = vault
  const ledger = new StatePruneLedger(repository)
  const heldNow = async (signal: AbortSignal) =>
    heldAt(await loadVaultState(repository, signal), await storeNowMs(repository, parts.context.clock, signal))
  // Phases count different things; that the numbers move tells that it is alive.
  const onProgress = (_phase: string, done: number): void => tell(run, 'checking', 0, done)
  const forgotten = await beside(repository, run, (signal) => tidyIdleLogs(parts, repository, run.job.vaultId ?? '', signal))
  if (forgotten > 0) await run.log('info', `removed ${forgotten} days of log that no source needs any more`)
  const marked = await beside(repository, run, async (signal) => {
    const held = await heldNow(signal)
    return markPrune(repository, ledger, { held, onProgress }, signal)
  })
  const found = foundBy(marked)
  if (found.packs > 0)
    await run.log('info', `found ${found.packs} packs with ${found.bytes} bytes that no point needs: a later prune removes them`)
  const oldestSessionMs = await oldestSession(parts, run)
  const sessions = oldestSessionMs === undefined ? {} : { oldestSessionMs }
  const swapped = await alone(repository, run, async (signal) => {
    const held = await heldNow(signal)
    return swapPrune(repository, ledger, { held, onProgress, ...sessions }, signal)
  })
  const swept = await beside(repository, run, async (signal) => {
    const held = await heldNow(signal)
    return sweepPrune(repository, ledger, { held, onProgress, ...sessions }, signal)
  })
  const { removed, removedBytes } = swept
  tell(run, 'committing', removedBytes, removed.length)
  await run.log('info', `removed ${removed.length} packs with ${removedBytes} bytes`)
  return {
    event: 'done',
    result: {
      foundPacks: found.packs,
      foundBytes: found.bytes,
      candidates: marked.candidates,
      swapped: swapped.swapped.length,
      removedPacks: removed.length,
      removedBytes,
    },
  }
}

/** Those of which no capture takes care. Resolves to how many days went. */
async function tidyIdleLogs(parts: WorkerParts, keeper: Repository, vaultId: string, signal: AbortSignal): Promise<number> {
  let forgotten = 0
  for (const place of await idleLogs(parts.catalogue, vaultId)) forgotten += (await tidyLog(parts, keeper, place, signal)).forgotten
  return forgotten
}

/** What this run marked: packs that go whole, and what is left behind of those that are written again. */
function foundBy({ stats: { packs, bytes } }: MarkResult): { readonly packs: number; readonly bytes: number } {
  return { packs: packs.remove + packs.repack, bytes: bytes.remove + bytes.repackRemove }
}

/** Of a prune that is done, bytes and items are what it removed. */
function tell(run: JobRun, state: RunProgress['state'], doneBytes: number, doneItems: number): void {
  const totalBytes = state === 'committing' ? doneBytes : undefined
  run.onProgress({ state, doneBytes, totalBytes, doneItems, etaMs: undefined, bytesPerSecond: undefined })
}

/**
 * When the oldest job began that may still rely on what was there when it began. A capture does so while it folds alone, which never
 * takes long: it may have begun a year ago.
 */
async function oldestSession({ catalogue, context }: WorkerParts, { job }: JobRun): Promise<number | undefined> {
  const foldedSince = new Date(context.clock.nowMs() - foldMsMax)
  const row = await catalogue
    .selectFrom('job')
    .select(
      sql<Date | null>`min(case when kind = 'CAPTURE' then greatest(started_at, ${foldedSince}) else started_at end)`.as(
        'startedAt',
      ),
    )
    .where('state', 'in', ['RUNNING', 'ABORTING'])
    .where('id', '<>', job.id)
    .where(({ eb, or }) => or([eb('vaultId', '=', job.vaultId), eb('targetVaultId', '=', job.vaultId)]))
    .executeTakeFirst()
  return row?.startedAt?.getTime()
}
