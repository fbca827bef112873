import { dayMs } from '@coffre/foundation'
import { addTerm } from '@coffre/policy'
import type { Selectable } from 'kysely'
import type { VaultTable } from '../catalogue/tables/policy-tables.ts'
import { PlannedRules } from '../plans/planned-rules.ts'
import { LogWindows } from '../streams/log-windows.ts'
import type { WantedStream } from '../streams/wanted-streams.ts'
import type { WorkerParts } from './worker-parts.ts'

/**
 * How long the log of a day is locked once it is closed: as long as the window that is wanted reaches, so that nobody can shorten it;
 * at least as long as the vault's lock says, and at most what it allows. Nothing in a vault without a lock.
 */
export async function logLockDays(
  { catalogue, context }: Pick<WorkerParts, 'catalogue' | 'context'>,
  { projectId, sourceId }: { readonly projectId: string; readonly sourceId: string },
  vault: Pick<Selectable<VaultTable>, 'id' | 'lockMode' | 'minRetentionDays' | 'maxRetentionDays'>,
): Promise<{ readonly lockDays?: number }> {
  if (vault.lockMode === null) return {}
  const windows = await LogWindows.load(catalogue, projectId, await PlannedRules.load(catalogue, projectId))
  const wanted = windows.get(sourceId, vault.id)
  const days = wanted === undefined ? 0 : daysOf(wanted, context.clock.nowMs())
  const atLeast = Math.max(days, vault.minRetentionDays ?? 1)
  return { lockDays: Math.min(atLeast, vault.maxRetentionDays ?? atLeast) }
}

/** Without a window log serves as long as the bases beside it do. */
function daysOf({ windowDays, planned: { rule, timeZone } }: WantedStream, nowMs: number): number {
  if (windowDays !== undefined) return windowDays
  const { deleteAfter } = rule.lifecycle
  return deleteAfter === undefined ? 0 : Math.ceil((addTerm(nowMs, deleteAfter, timeZone) - nowMs) / dayMs)
}
