import type { KeepLevel } from '../lifecycle/keep-counts.ts'

/** What retention says of one point at one instant. */
export type Verdict =
  /** Nothing asks for its deletion, and no date is known at which something will. */
  | { readonly kind: 'keep'; readonly reasons: readonly KeepReason[] }
  | { readonly kind: 'expires'; readonly atMs: number; readonly why: ExpiryReason }
  /** Due, and nothing is in the way. */
  | { readonly kind: 'expire'; readonly dueMs: number; readonly why: ExpiryReason }
  /** Due, but everything in `blockers` is in the way. */
  | { readonly kind: 'blocked'; readonly dueMs: number; readonly why: ExpiryReason; readonly blockers: readonly Blocker[] }

export type KeepReason =
  /** It stands for a period that is counted. `newerPeriods` of that level have a good point after it; `count` are kept. */
  | {
      readonly kind: 'level'
      readonly level: KeepLevel
      readonly newerPeriods: number
      readonly count: number
      /** It did so at commit already, so that its lock covers it. */
      readonly stoodAtCommit: boolean
    }
  /** Its lifecycle has no end. */
  | { readonly kind: 'for-ever' }
  /** It is not good, and no good one came after it. */
  | { readonly kind: 'no-successor' }

export type ExpiryReason =
  /** Its `deleteAfter` is over. */
  | 'term'
  /** It is not the first good point of any period that is counted: 24 hours. */
  | 'extra'
  /** It stood for periods of which enough newer ones have a point. */
  | 'out-of-counts'
  /** It is not good, and a good one came after it: 24 hours. */
  | 'succeeded'

export type Blocker =
  | { readonly kind: 'lock'; readonly untilMs: number }
  | { readonly kind: 'hold'; readonly holdIds: readonly string[] }
  | { readonly kind: 'legal'; readonly reason: string }
  | { readonly kind: 'copy'; readonly jobIds: readonly string[] }
  | { readonly kind: 'unverified' }
  | { readonly kind: 'log-window'; readonly streamIds: readonly string[] }
  /** The newest good point of a protected source, or the newest at all where none is good. */
  | { readonly kind: 'last-point' }
