import { type Branch, type BranchId, formatPosition, type Position } from '@coffre/connector'
import { journalGap } from './journal-error.ts'

/** A part of the way from one position to another, on one branch. */
export interface Stretch {
  readonly branch: BranchId
  readonly after: string
  readonly through: string
}

/** On one branch the string order of offsets is the order of the log. */
export function laterOf(a: string, b: string): string {
  return [a, b].sort()[1] ?? a
}

export function earlierOf(a: string, b: string): string {
  return [a, b].sort()[0] ?? a
}

/** The branches of one epoch, and how one comes from a position to another on them. */
export class BranchTree {
  readonly begin: Position
  readonly #branches = new Map<BranchId, Branch>()

  constructor(begin: Position, branches: readonly Branch[]) {
    this.begin = begin
    this.#branches.set(begin.branch, { id: begin.branch })
    for (const branch of branches) this.add(branch)
  }

  get branches(): readonly Branch[] {
    return [...this.#branches.values()]
  }

  add(branch: Branch): void {
    this.#branches.set(branch.id, branch)
  }

  get(id: BranchId): Branch | undefined {
    return this.#branches.get(id)
  }

  /** Where the epoch's log of a branch itself begins: its fork, or the epoch. Undefined for branches that it has nothing of. */
  beginOf(id: BranchId): string | undefined {
    if (id === this.begin.branch) return this.begin.offset
    const parent = this.#branches.get(id)?.parent
    return parent !== undefined && this.beginOf(parent.id) !== undefined ? parent.forkOffset : undefined
  }

  /**
   * The way from `after` to `through`, oldest first. A position on a branch before its fork is one of its parent. `journal.gap` when
   * there is no way: another branch, or before the epoch.
   */
  way(after: Position, through: Position): readonly Stretch[] {
    const stretches: Stretch[] = []
    let from = after
    let { branch, offset: end } = through
    for (;;) {
      const begin = this.beginOf(branch)
      if (begin === undefined) throw noWay(after, through)
      if (from.branch === branch && from.offset >= begin) {
        if (from.offset > end) throw noWay(after, through)
        stretches.push({ branch, after: from.offset, through: end })
        return stretches.reverse()
      }
      const parent = branch === this.begin.branch ? undefined : this.#branches.get(branch)?.parent
      if (parent === undefined) throw noWay(after, through)
      if (from.branch === branch) from = { branch: parent.id, offset: from.offset }
      if (end >= begin) stretches.push({ branch, after: begin, through: end })
      end = earlierOf(end, parent.forkOffset)
      branch = parent.id
    }
  }

  /** The later of a position and where the log of its way begins. */
  notBeforeEpoch(position: Position): Position {
    let { branch } = position
    for (;;) {
      const begin = this.beginOf(branch)
      if (begin === undefined || position.offset >= begin) return position
      const parent = branch === this.begin.branch ? undefined : this.#branches.get(branch)?.parent
      if (parent === undefined) return { branch: position.branch, offset: begin }
      branch = parent.id
    }
  }
}

function noWay(after: Position, through: Position): Error {
  return journalGap(`there is no unbroken log from ${formatPosition(after)} to ${formatPosition(through)}`)
}
