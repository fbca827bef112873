import type { Branch, BranchId, Mark, Position } from '@coffre/connector'
import type { CoffreError } from '@coffre/foundation'
import type { Repository, RepositoryIndex } from '@coffre/repository'
import { type BranchTree, laterOf, type Stretch } from './branch-tree.ts'
import type { HourSummary } from './fold/day-document.ts'
import { LogContent } from './read/log-content.ts'

/** Log without a gap on one branch, and the first and the last mark in it. */
export interface LogWindow extends Stretch {
  readonly firstMark: Mark | undefined
  readonly lastMark: Mark | undefined
  /** What the source's clock says passed between the two. */
  readonly provenSeconds: number
  readonly logBytes: number
}

export interface EpochDescription {
  readonly epoch: number
  readonly begin: Position
  /** Where the log ends, on the branch that goes on. */
  readonly end: Position
  readonly branches: readonly Branch[]
  /** By branch, oldest first; more than one of a branch where something is missing in between. */
  readonly windows: readonly LogWindow[]
  /** What lies between two windows of a branch. */
  readonly gaps: readonly Stretch[]
  /** Through where it is in points; undefined when none of it is. */
  readonly foldedThrough: Position | undefined
  readonly foldedBytes: number
  readonly unfoldedBytes: number
  /** Why later tails of the epoch do not count. */
  readonly problem: CoffreError | undefined
}

/** What there is of a stream: epochs, oldest first. Between two of them is a gap. Only summaries and headers are read. */
export async function describeLog(
  repository: Repository,
  index: RepositoryIndex,
  stream: string,
  signal: AbortSignal,
): Promise<readonly EpochDescription[]> {
  const contents = await LogContent.loadAll(repository, index, stream, signal)
  return contents.map(describeEpoch)
}

interface Piece extends Stretch {
  readonly logBytes: number
}

function describeEpoch(content: LogContent): EpochDescription {
  const { epoch, tree, end, tails, days, problem } = content
  const hours = [...content.hours()].map(({ summary }) => summary)
  const folded = hours.flatMap(piecesOfHour)
  const waiting = tails.map(({ header: { branch, after, through, logBytes } }) => ({ branch, after, through, logBytes }))
  const marks = [
    ...hours.flatMap(({ firstMark, lastMark }) => [firstMark, lastMark]),
    ...tails.flatMap(({ header }) => header.marks),
  ]
  const windows = windowsOf(
    tree,
    [...folded, ...waiting],
    marks.filter((mark) => mark !== undefined),
  )
  return {
    epoch,
    begin: tree.begin,
    end,
    branches: tree.branches,
    windows,
    gaps: gapsBetween(windows),
    foldedThrough: days.at(-1)?.document.through,
    foldedBytes: total(folded),
    unfoldedBytes: total(waiting),
    problem,
  }
}

function piecesOfHour({ runs, logBytes }: HourSummary): Piece[] {
  return runs.map((run, at) => ({ ...run, logBytes: at === 0 ? logBytes : 0 }))
}

function windowsOf(tree: BranchTree, pieces: readonly Piece[], marks: readonly Mark[]): LogWindow[] {
  const order = tree.branches.map(({ id }) => id)
  return order.flatMap((branch) => {
    const own = pieces.filter((piece) => piece.branch === branch).toSorted((a, b) => (a.after < b.after ? -1 : 1))
    return joined(branch, own).map((window) => proven(window, marks))
  })
}

function joined(branch: BranchId, pieces: readonly Piece[]): Piece[] {
  const windows: Piece[] = []
  for (const { after, through, logBytes } of pieces) {
    const last = windows.at(-1)
    if (last === undefined || after > last.through) windows.push({ branch, after, through, logBytes })
    else {
      const reach = laterOf(through, last.through)
      windows[windows.length - 1] = { ...last, through: reach, logBytes: last.logBytes + (after >= last.through ? logBytes : 0) }
    }
  }
  return windows
}

function proven(window: Piece, marks: readonly Mark[]): LogWindow {
  const own = marks.filter(
    ({ position: { branch, offset } }) => branch === window.branch && offset >= window.after && offset <= window.through,
  )
  const [firstMark, lastMark] = [own.at(0), own.at(-1)]
  const provenMs = firstMark === undefined || lastMark === undefined ? 0 : lastMark.sourceMs - firstMark.sourceMs
  return { ...window, firstMark, lastMark, provenSeconds: Math.max(0, Math.floor(provenMs / 1000)) }
}

function gapsBetween(windows: readonly LogWindow[]): Stretch[] {
  return windows.flatMap((window, at) => {
    const before = windows[at - 1]
    return before?.branch === window.branch ? [{ branch: window.branch, after: before.through, through: window.after }] : []
  })
}

function total(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { logBytes }) => sum + logBytes, 0)
}
