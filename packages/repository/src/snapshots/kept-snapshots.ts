import type { Id } from '../format/node.ts'
import type { StoredSnapshot } from '../format/snapshot.ts'
import type { Repository } from '../repository/repository.ts'
import { compareSnapshots, loadSnapshots } from './snapshots.ts'

const keptBytesMax = 16 * 1024 * 1024

/**
 * The snapshots of an open vault, for a process that looks through them again and again. Their names are hashes of what they say: one
 * that was read and is still listed need not be read again.
 */
export class KeptSnapshots {
  readonly #repository: Repository
  readonly #known = new Map<Id, { readonly snapshot: StoredSnapshot; readonly bytes: number }>()
  #bytes = 0

  constructor(repository: Repository) {
    this.#repository = repository
  }

  get memoryBytes(): number {
    return this.#bytes
  }

  /** As `listSnapshots`. */
  async list(signal: AbortSignal, onDamaged?: (id: Id, error: unknown) => void): Promise<readonly StoredSnapshot[]> {
    const names = await this.#repository.names('snapshot', signal)
    const present = new Set(names)
    for (const id of this.#known.keys()) if (!present.has(id)) this.#forget(id)
    const known: StoredSnapshot[] = []
    const unknown: Id[] = []
    for (const id of names) {
      const kept = this.#known.get(id)
      if (kept === undefined) unknown.push(id)
      else known.push(kept.snapshot)
    }
    const read = await loadSnapshots(this.#repository, unknown, signal, onDamaged)
    for (const snapshot of read) this.#keep(snapshot)
    return [...known, ...read].sort(compareSnapshots)
  }

  release(): void {
    this.#known.clear()
    this.#bytes = 0
  }

  /** What is kept stays: every look goes through all of them, so that to replace one by another would gain nothing. */
  #keep(snapshot: StoredSnapshot): void {
    const bytes = JSON.stringify(snapshot).length * 2
    if (this.#known.has(snapshot.id) || this.#bytes + bytes > keptBytesMax) return
    this.#known.set(snapshot.id, { snapshot, bytes })
    this.#bytes += bytes
  }

  #forget(id: Id): void {
    this.#bytes -= this.#known.get(id)?.bytes ?? 0
    this.#known.delete(id)
  }
}
