import type { Id } from '../format/node.ts'
import type { PruneCandidate, PruneLedger } from '../prune/prune-ledger.ts'
import type { Repository } from '../repository/repository.ts'
import { appendState } from './append-state.ts'
import { loadVaultState } from './load-vault-state.ts'

/** The candidates of a prune, kept in the vault's state. A broken state ends the prune before it removes anything. */
export class StatePruneLedger implements PruneLedger {
  readonly #repository: Repository

  constructor(repository: Repository) {
    this.#repository = repository
  }

  async candidates(signal: AbortSignal): Promise<readonly PruneCandidate[]> {
    return [...(await loadVaultState(this.#repository, signal)).candidates.values()]
  }

  async record(candidates: readonly PruneCandidate[], signal: AbortSignal): Promise<void> {
    await appendState(this.#repository, () => ({ kind: 'candidates', recorded: candidates, forgotten: [] }), signal)
  }

  async forget(packs: readonly Id[], signal: AbortSignal): Promise<void> {
    await appendState(
      this.#repository,
      (state) => {
        const forgotten = packs.filter((pack) => state.candidates.has(pack))
        return forgotten.length === 0 ? undefined : { kind: 'candidates', recorded: [], forgotten }
      },
      signal,
    )
  }
}
