import type { Id } from '../format/node.ts'

/** What holds and lock terms forbid to remove. Whoever keeps them (`coffre/state/`) makes one before each removal. */
export interface Held {
  readonly snapshots: ReadonlySet<Id>
  /** Packs stay where they are and stay indexed: they are neither removed nor repacked (rule L10). */
  readonly packs: ReadonlySet<Id>
}

export const nothingHeld: Held = { snapshots: new Set(), packs: new Set() }
