import { dayMs } from '@coffre/foundation'
import { addTerm } from '@coffre/policy'
import { loadVaultState, type Repository } from '@coffre/repository'
import { LogWindows } from '../streams/log-windows.ts'
import type { LogPlace } from '../streams/needed-log.ts'
import type { WantedStream } from '../streams/wanted-streams.ts'
import type { WorkerParts } from './worker-parts.ts'

/**
 * How long the log of a day is locked once it is closed: as long as the window that is wanted reaches, so that nobody can shorten it;
 * at least as long as the vault's lock says, and at most what it allows. Nothing in a vault without a lock.
 */
export async function logLockDays(
  { catalogue, context }: Pick<WorkerParts, 'catalogue' | 'context'>,
  { projectId, vaultId, sourceId }: Pick<LogPlace, 'projectId' | 'vaultId'> & { readonly sourceId: string },
  repository: Repository,
  signal: AbortSignal,
): Promise<{ readonly lockDays?: number }> {
  const { lock } = await loadVaultState(repository, signal)
  if (lock === undefined) return {}
  const windows = await LogWindows.load(catalogue, projectId)
  const wanted = windows.get(sourceId, vaultId)
  const days = wanted === undefined ? 0 : daysOf(wanted, context.clock.nowMs())
  return { lockDays: Math.min(Math.max(days, lock.days), lock.daysMax) }
}

/** Without a window log serves as long as the bases beside it do. */
function daysOf({ windowDays, planned: { rule, timeZone } }: WantedStream, nowMs: number): number {
  if (windowDays !== undefined) return windowDays
  const { deleteAfter } = rule.lifecycle
  return deleteAfter === undefined ? 0 : Math.ceil((addTerm(nowMs, deleteAfter, timeZone) - nowMs) / dayMs)
}
