import type { FileHandle } from '@coffre/storage'
import type { Id } from '../format/node.ts'
import type { PruneCandidate } from '../prune/prune-ledger.ts'
import {
  type Hold,
  type LockedFile,
  type LockPolicy,
  ledgerKey,
  type StateHead,
  type StoredDocument,
  type VaultState,
} from './vault-state.ts'

/** The lock policy of the vault, from now on. */
export interface PolicyChange {
  readonly kind: 'policy'
  readonly lock: LockPolicy | undefined
  readonly stateUntilMs?: number
}

/** What was locked, for how long. */
export interface LocksChange {
  readonly kind: 'locks'
  readonly files: readonly LockedFile[]
  readonly points: ReadonlyMap<Id, number>
  readonly stateUntilMs?: number
}

/** A new hold, or more that one holds which is there already. */
export interface HoldChange {
  readonly kind: 'hold'
  readonly name: string
  readonly reason: string
  readonly snapshots: readonly Id[]
  readonly packs: readonly Id[]
}

export interface ReleaseChange {
  readonly kind: 'release'
  readonly name: string
}

/** Packs that a prune has marked or swapped, and packs that are no candidates any more: swept, or needed again. */
export interface CandidatesChange {
  readonly kind: 'candidates'
  readonly recorded: readonly PruneCandidate[]
  readonly forgotten: readonly Id[]
}

/** Snapshots and keys that were stored; files of any type that were removed. */
export interface KnownChange {
  readonly kind: 'known'
  readonly added: readonly FileHandle[]
  readonly removed: readonly FileHandle[]
  /** All that there are from now on; as before when absent. */
  readonly documents?: ReadonlyMap<string, StoredDocument>
}

/** The whole state, so that the records before it are not needed any more. */
export interface CheckpointChange {
  readonly kind: 'checkpoint'
  readonly state: VaultState
}

export type StateChange =
  | PolicyChange
  | LocksChange
  | HoldChange
  | ReleaseChange
  | CandidatesChange
  | KnownChange
  | CheckpointChange

/** The state after one more record. */
export function applyChange(state: VaultState, change: StateChange, head: StateHead, timeMs: number): VaultState {
  const next = { ...state, head }
  switch (change.kind) {
    case 'policy':
      return { ...next, lock: change.lock, stateUntilMs: laterOf(state.stateUntilMs, change.stateUntilMs) }
    case 'locks':
      return applyLocks(next, change)
    case 'hold':
      return { ...next, holds: new Map(state.holds).set(change.name, applyHold(state.holds.get(change.name), change, timeMs)) }
    case 'release':
      return { ...next, holds: new Map([...state.holds].filter(([name]) => name !== change.name)) }
    case 'candidates':
      return { ...next, candidates: applyCandidates(state, change) }
    case 'known':
      return applyKnown(next, change)
    case 'checkpoint':
      return { ...change.state, head, base: head.number }
  }
}

function applyHold(present: Hold | undefined, { name, reason, snapshots, packs }: HoldChange, timeMs: number): Hold {
  return {
    name,
    reason,
    sinceMs: present?.sinceMs ?? timeMs,
    snapshots: new Set([...(present?.snapshots ?? []), ...snapshots]),
    packs: new Set([...(present?.packs ?? []), ...packs]),
  }
}

function applyLocks(state: VaultState, change: LocksChange): VaultState {
  const ledger = new Map(state.ledger)
  for (const file of change.files) ledger.set(ledgerKey(file), file)
  const points = new Map([...state.points, ...change.points])
  const added = [...change.points.keys()].map((name): FileHandle => ({ type: 'snapshot', name }))
  const stateUntilMs = laterOf(state.stateUntilMs, change.stateUntilMs)
  return applyKnown({ ...state, ledger, points, stateUntilMs }, { kind: 'known', added, removed: [] })
}

function applyCandidates(state: VaultState, change: CandidatesChange): ReadonlyMap<Id, PruneCandidate> {
  const candidates = new Map(state.candidates)
  for (const pack of change.forgotten) candidates.delete(pack)
  for (const candidate of change.recorded) candidates.set(candidate.pack, candidate)
  return candidates
}

function applyKnown(state: VaultState, change: KnownChange): VaultState {
  const snapshots = new Set(state.known.snapshots)
  const keys = new Set(state.known.keys)
  const retired = new Set(state.retired)
  for (const { type, name } of change.added) {
    if (type === 'snapshot') snapshots.add(name)
    if (type === 'key') keys.add(name)
    retired.delete(name)
  }
  for (const { type, name } of change.removed) {
    if (type === 'key') keys.delete(name)
    if (type !== 'snapshot') continue
    snapshots.delete(name)
    retired.add(name)
  }
  const documents = change.documents ?? state.documents
  return { ...withoutRemoved(state, change.removed), known: { snapshots, keys }, retired, documents }
}

function withoutRemoved(state: VaultState, removed: readonly FileHandle[]): VaultState {
  if (removed.length === 0) return state
  const ledger = new Map(state.ledger)
  const points = new Map(state.points)
  for (const file of removed) {
    ledger.delete(ledgerKey(file))
    if (file.type === 'snapshot') points.delete(file.name)
  }
  return { ...state, ledger, points }
}

function laterOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b)
}
