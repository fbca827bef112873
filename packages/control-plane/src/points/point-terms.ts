import { CoffreError, dayMs } from '@coffre/foundation'
import {
  addTerm,
  baseLockDays,
  formatTerm,
  type KeepLevel,
  type Lifecycle,
  levelsAtCommit,
  lockTerm,
  type RetentionPoint,
} from '@coffre/policy'
import type { Selectable } from 'kysely'
import type { VaultTable } from '../catalogue/tables/policy-tables.ts'

/** How long a new point stays and stays locked, fixed before it is made. */
export interface PointTerms {
  readonly levels: readonly KeepLevel[]
  readonly deleteAtMs: number | undefined
  readonly moveToColdAtMs: number | undefined
  /** Undefined in vaults without a lock. */
  readonly lockUntilMs: number | undefined
}

type LockedVault = Pick<Selectable<VaultTable>, 'name' | 'lockMode' | 'minRetentionDays' | 'maxRetentionDays'>

/**
 * `policy.retention-invalid` when the vault's lock does not take points with such a term. `windowDays` is of a base of a captured source: a
 * lifecycle that is shorter than the window does not shorten its lock.
 */
export function pointTerms(
  lifecycle: Lifecycle,
  timeZone: string,
  atMs: number,
  earlier: readonly RetentionPoint[],
  vault: LockedVault,
  windowDays?: number,
): PointTerms {
  const levels = lifecycle.keep === undefined ? [] : levelsAtCommit(atMs, earlier, lifecycle.keep, timeZone)
  const { deleteAfter, moveToColdAfter } = lifecycle
  return {
    levels,
    deleteAtMs: deleteAfter && addTerm(atMs, deleteAfter, timeZone),
    moveToColdAtMs: moveToColdAfter && addTerm(atMs, moveToColdAfter, timeZone),
    lockUntilMs:
      vault.lockMode === null
        ? undefined
        : windowLock(lockUntil(lifecycle, levels, timeZone, atMs, vault), windowDays, atMs, earlier, vault),
  }
}

function windowLock(
  untilMs: number,
  windowDays: number | undefined,
  atMs: number,
  earlier: readonly RetentionPoint[],
  { maxRetentionDays }: LockedVault,
): number {
  // The next day's base stands for the window by then.
  if (windowDays === undefined || untilMs >= atMs + (windowDays + 1) * dayMs) return untilMs
  const days = baseLockDays(windowDays, atMs, earlier) ?? 0
  return Math.max(untilMs, atMs + Math.min(days, maxRetentionDays ?? days) * dayMs)
}

function lockUntil(
  lifecycle: Lifecycle,
  levels: readonly KeepLevel[],
  timeZone: string,
  atMs: number,
  { name, minRetentionDays, maxRetentionDays }: LockedVault,
): number {
  const leastMs = atMs + (minRetentionDays ?? 1) * dayMs
  const term = lockTerm(lifecycle, levels, atMs, timeZone)
  const asked = term === undefined ? 'for ever' : `for ${formatTerm(term)}`
  const untilMs = term === undefined ? leastMs : addTerm(atMs, term, timeZone)
  if (maxRetentionDays !== null && (term === undefined || untilMs > atMs + maxRetentionDays * dayMs)) {
    throw breaksLock(`the point is to be kept ${asked}, but the lock of vault ${name} allows at most ${maxRetentionDays} days`)
  }
  if (lifecycle.deleteAfter !== undefined && minRetentionDays !== null && untilMs < leastMs) {
    throw breaksLock(`the point is to be kept ${asked}, but the lock of vault ${name} wants at least ${minRetentionDays} days`)
  }
  return Math.max(untilMs, leastMs)
}

function breaksLock(problem: string): CoffreError {
  return new CoffreError('policy.retention-invalid', problem, {
    hint: "Change the retention of the plan's rule, or choose another vault.",
  })
}
