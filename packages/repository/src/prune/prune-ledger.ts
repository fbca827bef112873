import type { Id } from '../format/node.ts'
import type { Repository } from '../repository/repository.ts'

/**
 * A pack on its way out. States: *marked* (still indexed; Coffre's writers treat it as absent), then *swapped* (in no index any more,
 * waiting for its removal). A pack that no index named when it was found is swapped from the start.
 */
export interface PruneCandidate {
  readonly pack: Id
  readonly reason: 'unused' | 'repacked' | 'unindexed'
  readonly markedMs: number
  readonly swappedMs?: number
}

/** Keeps candidates across sessions; `coffre/state/` has one. At most one candidate for each pack. */
export interface PruneLedger {
  candidates(signal: AbortSignal): Promise<readonly PruneCandidate[]>
  /** Adds candidates, or replaces those of the same packs. Durable when it resolves. */
  record(candidates: readonly PruneCandidate[], signal: AbortSignal): Promise<void>
  /** Forgets the candidates of these packs; unknown ones are no error. */
  forget(packs: readonly Id[], signal: AbortSignal): Promise<void>
}

/** Which of the packs that no index names have been seen so for long enough. The others are recorded, and so wait from now on. */
export async function takeDue(
  repository: Repository,
  unindexed: readonly Id[],
  grace: { readonly ledger: PruneLedger; readonly graceMs: number },
  signal: AbortSignal,
): Promise<Id[]> {
  const nowMs = repository.context.clock.nowMs()
  const known = new Map((await grace.ledger.candidates(signal)).map((candidate) => [candidate.pack, candidate]))
  const fresh: PruneCandidate[] = []
  const due: Id[] = []
  for (const pack of unindexed) {
    const swappedMs = known.get(pack)?.swappedMs
    if (nowMs - (swappedMs ?? nowMs) >= grace.graceMs) due.push(pack)
    else if (swappedMs === undefined) fresh.push({ pack, reason: 'unindexed', markedMs: nowMs, swappedMs: nowMs })
  }
  if (fresh.length > 0) await grace.ledger.record(fresh, signal)
  if (due.length > 0) await grace.ledger.forget(due, signal)
  return due
}
