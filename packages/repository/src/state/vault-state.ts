import type { FileHandle, FileType, RetentionMode } from '@coffre/storage'
import type { Id } from '../format/node.ts'
import type { Held } from '../prune/held.ts'
import type { PruneCandidate } from '../prune/prune-ledger.ts'

/** How long and how strictly the points of a vault are locked. */
export interface LockPolicy {
  readonly mode: RetentionMode
  /** The term of a point that asks for no other. */
  readonly days: number
  /** No point may ask for more. */
  readonly daysMax: number
}

/** A version of a file that the store keeps under retention: an entry of the ledger (rule L5). */
export interface LockedFile {
  readonly type: FileType
  readonly name: string
  readonly versionId: string
  readonly mode: RetentionMode
  readonly untilMs: number
}

/** A legal hold: nothing in it may be removed until it is released. */
export interface Hold {
  readonly name: string
  readonly reason: string
  readonly sinceMs: number
  readonly snapshots: ReadonlySet<Id>
  /** Every pack that the snapshots need. */
  readonly packs: ReadonlySet<Id>
}

/** What somebody keeps in the vault beside the state, in a file that the state names: see `saveDocuments`. */
export interface StoredDocument {
  /** The SHA-256 of the file, which is also its name. */
  readonly file: Id
  /** The SHA-256 of what it says: the same file need not be written again. */
  readonly content: Id
  /** Where the vault is locked. */
  readonly untilMs?: number
}

/** Which record a state ends with. Whoever keeps it elsewhere can tell a state that was cut short or replayed (finding 17). */
export interface StateHead {
  readonly number: number
  /** The SHA-256 of the record's file. */
  readonly hash: Id
}

/** What Coffre knows of a vault beyond restic's format. Each is a value: changes make a new one. */
export interface VaultState {
  /** Undefined where no state was ever written. */
  readonly head: StateHead | undefined
  /** The record that reading begins with: the newest checkpoint, or the first. */
  readonly base: number
  readonly lock: LockPolicy | undefined
  /** By `ledgerKey`. */
  readonly ledger: ReadonlyMap<string, LockedFile>
  /** Locked points: until when each one's snapshot and packs cannot be removed. */
  readonly points: ReadonlyMap<Id, number>
  /** Until when each record that counts is locked. */
  readonly stateUntilMs: number | undefined
  readonly holds: ReadonlyMap<string, Hold>
  /** Packs that a prune has marked (rule P1): writers treat them as absent. */
  readonly candidates: ReadonlyMap<Id, PruneCandidate>
  /** Snapshots and keys that were stored and not removed by Coffre: `check` misses them when they are gone. */
  readonly known: KnownNames
  /** Snapshots that Coffre removed: one that is back was replayed. */
  readonly retired: ReadonlySet<Id>
  /** By name. */
  readonly documents: ReadonlyMap<string, StoredDocument>
}

export interface KnownNames {
  readonly snapshots: ReadonlySet<Id>
  readonly keys: ReadonlySet<Id>
}

export const emptyVaultState: VaultState = {
  head: undefined,
  base: 1,
  lock: undefined,
  ledger: new Map(),
  points: new Map(),
  stateUntilMs: undefined,
  holds: new Map(),
  candidates: new Map(),
  known: { snapshots: new Set(), keys: new Set() },
  retired: new Set(),
  documents: new Map(),
}

export function ledgerKey(file: FileHandle): string {
  return `${file.type}/${file.name}`
}

/** What may not be removed at `nowMs`: held, locked by term, or both. Ended terms forbid nothing. */
export function heldAt(state: VaultState, nowMs: number): Held {
  const snapshots = new Set<Id>()
  const packs = new Set<Id>()
  for (const hold of state.holds.values()) {
    for (const id of hold.snapshots) snapshots.add(id)
    for (const id of hold.packs) packs.add(id)
  }
  for (const [id, untilMs] of state.points) if (untilMs > nowMs) snapshots.add(id)
  for (const file of state.ledger.values()) if (file.type === 'pack' && file.untilMs > nowMs) packs.add(file.name)
  return { snapshots, packs }
}

/** The packs of all holds together: a pack is held until the last hold on it is released (rule L10). */
export function legallyHeldPacks(state: VaultState): ReadonlySet<Id> {
  return new Set([...state.holds.values()].flatMap((hold) => [...hold.packs]))
}

/** The end of the longest lock of any point (rule L4). */
export function farthestTermMs(state: VaultState): number | undefined {
  let farthest: number | undefined
  for (const untilMs of state.points.values()) farthest = Math.max(farthest ?? 0, untilMs)
  return farthest
}
