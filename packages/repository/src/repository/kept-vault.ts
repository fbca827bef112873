import { KeptSnapshots } from '../snapshots/kept-snapshots.ts'
import { KeptIndex } from './kept-index.ts'
import type { Repository } from './repository.ts'

/** What a process keeps of an open repository from one session to the next, so that each reads only what is new. */
export class KeptVault {
  readonly index: KeptIndex
  readonly snapshots: KeptSnapshots

  constructor(repository: Repository) {
    this.index = new KeptIndex(repository)
    this.snapshots = new KeptSnapshots(repository)
  }

  /** What it takes, about. */
  get memoryBytes(): number {
    return this.index.memoryBytes + this.snapshots.memoryBytes
  }

  /** Lets go of it all; the next session reads everything. */
  release(): void {
    this.index.release()
    this.snapshots.release()
  }
}
