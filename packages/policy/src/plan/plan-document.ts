import type { PolicyFinding } from '../document/policy-finding.ts'
import type { Selection } from '../selection/selection.ts'
import type { Plan } from './plan.ts'

/** Coffre's own shape, that of AWS Backup, and that of an Atlas backup policy. */
export type PlanShape = 'coffre' | 'aws' | 'atlas'

/** For what a document does not say: an Atlas policy has neither a name nor vaults. */
export interface PlanDefaults {
  readonly name?: string
  readonly targetVault?: string
  /** The vault that keeps copies in a region, which is given by its label (`us-west-2`). */
  readonly copyVault?: (region: string) => string
}

/** What a document says, in whatever shape. */
export interface PlanReading {
  readonly plan: Plan
  readonly selections: readonly Selection[]
  /** Whether points that exist get the lifecycles of this plan: something to do once, no part of the plan. */
  readonly appliesToExisting: boolean
}

export interface PlanDocument extends PlanReading {
  readonly shape: PlanShape
  /** Warnings only. */
  readonly findings: readonly PolicyFinding[]
  /** As it was given. */
  readonly document: unknown
}

/** A plan as a document of one shape. */
export interface FormattedPlan {
  /** To be written as JSON; `parsePlanDocument` reads it. */
  readonly document: Readonly<Record<string, unknown>>
  /** What the shape cannot say, and what was written in its place. Empty for Coffre's own. */
  readonly findings: readonly PolicyFinding[]
}

/** What a rule has whose document does not say, as in AWS Backup: eight hours, and a week. */
export const defaultWindowMinutes = { start: 480, completion: 10_080 } as const
