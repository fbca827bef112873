import type { Id } from '../format/node.ts'
import type { Repository } from '../repository/repository.ts'
import { appendState } from './append-state.ts'
import type { VaultState } from './vault-state.ts'

/** Records what a prune has marked and what it will not sweep any more (rule P1): swept, or needed again. Durable when it resolves. */
export async function recordCandidates(
  repository: Repository,
  change: { readonly marked?: Iterable<Id>; readonly cleared?: Iterable<Id> },
  signal: AbortSignal,
): Promise<VaultState> {
  const marked = [...(change.marked ?? [])]
  const cleared = [...(change.cleared ?? [])]
  return appendState(
    repository,
    (state) => {
      const news = marked.filter((pack) => !state.candidates.has(pack) || cleared.includes(pack))
      const olds = cleared.filter((pack) => state.candidates.has(pack))
      return news.length + olds.length === 0 ? undefined : { kind: 'candidates', marked: news, cleared: olds }
    },
    signal,
  )
}
