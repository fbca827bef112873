import type { RetentionMode } from '@coffre/storage'

/** A lock as it is, or is wanted. What is not bounded is undefined. */
export interface LockTerms {
  readonly mode: RetentionMode
  readonly minRetentionDays: number | undefined
  readonly maxRetentionDays: number | undefined
  /** Of compliance alone: from then on nobody changes it. */
  readonly lockDate: Date | undefined
}

/**
 * `none`: nothing changes. `sharpens`: what the new lock allows, the one before allowed too. `weakens`: something else becomes
 * possible. `final`: the lock is changed by nobody any more.
 */
export type LockChange = 'none' | 'sharpens' | 'weakens' | 'final'

/** What it would mean to put `wanted` in place of `present`; undefined is no lock. */
export function lockChange(present: LockTerms | undefined, wanted: LockTerms | undefined, now: Date): LockChange {
  if (present?.mode === 'compliance' && present.lockDate !== undefined && present.lockDate <= now) return 'final'
  if (present === undefined) return wanted === undefined ? 'none' : 'sharpens'
  if (wanted === undefined) return 'weakens'
  const steps = [
    strictness[wanted.mode] - strictness[present.mode],
    (wanted.minRetentionDays ?? 0) - (present.minRetentionDays ?? 0),
    difference(present.maxRetentionDays ?? Number.POSITIVE_INFINITY, wanted.maxRetentionDays ?? Number.POSITIVE_INFINITY),
    // Only where both have one: a lock that was open for ever becomes final sooner by any date.
    difference(present.lockDate?.getTime() ?? Number.POSITIVE_INFINITY, wanted.lockDate?.getTime() ?? Number.POSITIVE_INFINITY),
  ]
  if (steps.some((step) => step < 0)) return 'weakens'
  return steps.some((step) => step > 0) ? 'sharpens' : 'none'
}

const strictness: Readonly<Record<RetentionMode, number>> = { governance: 0, compliance: 1 }

/** How much is left when `less` is taken; two that are without bound are the same. */
function difference(from: number, less: number): number {
  return from === less ? 0 : from - less
}
