import type { KeepCounts } from './keep-counts.ts'
import type { Term } from './term.ts'

/**
 * What becomes of a point. What is absent is unlimited; `deleteAfter` and `keep` exclude each other.
 * With `keep`, what stands for no period goes after 24 hours.
 */
export interface Lifecycle {
  readonly deleteAfter?: Term
  readonly moveToColdAfter?: Term
  readonly keep?: KeepCounts
}
