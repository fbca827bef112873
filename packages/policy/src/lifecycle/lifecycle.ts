import type { Term } from './term.ts'

/** The levels of a grandfather-father-son scheme, from the lowest to the highest. */
export const keepLevels = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const
export type KeepLevel = (typeof keepLevels)[number]

/** How many points are kept of each level: of so many periods (hours, days …) the first good point. */
export type KeepCounts = Readonly<Partial<Record<KeepLevel, number>>>

/**
 * What becomes of a point. What is absent is unlimited; `deleteAfter` and `keep` exclude each other.
 * With `keep`, what stands for no period goes after 24 hours.
 */
export interface Lifecycle {
  readonly deleteAfter?: Term
  readonly moveToColdAfter?: Term
  readonly keep?: KeepCounts
}
