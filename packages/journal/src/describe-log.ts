import type { Branch, Mark, Position } from '@coffre/connector'
import type { CoffreError } from '@coffre/foundation'
import type { Repository, RepositoryIndex } from '@coffre/repository'
import { type BranchTree, laterOf, type Stretch } from './branch-tree.ts'
import { LogContent } from './read/log-content.ts'

/** Log without a gap on one branch, and the first and the last mark in it. */
export interface LogWindow extends Stretch {
  readonly firstMark: Mark | undefined
  readonly lastMark: Mark | undefined
  /** What the source's clock says passed between the two. */
  readonly provenSeconds: number
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
  /** Log in points; what is in the points of two days counts twice. */
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

function describeEpoch(content: LogContent): EpochDescription {
  const { epoch, tree, end, tails, days, problem } = content
  const hours = [...content.hours()].map(({ summary }) => summary)
  const folded = hours.flatMap(({ runs }) => runs)
  const waiting = tails.map(({ header: { branch, after, through } }) => ({ branch, after, through }))
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
    foldedBytes: total(hours),
    unfoldedBytes: total(tails.map(({ header }) => header)),
    problem,
  }
}

function windowsOf(tree: BranchTree, pieces: readonly Stretch[], marks: readonly Mark[]): LogWindow[] {
  const order = tree.branches.map(({ id }) => id)
  return order.flatMap((branch) => {
    const own = pieces.filter((piece) => piece.branch === branch).toSorted((a, b) => (a.after < b.after ? -1 : 1))
    return joined(own).map((window) => proven(window, marks))
  })
}

function joined(pieces: readonly Stretch[]): Stretch[] {
  const windows: Stretch[] = []
  for (const piece of pieces) {
    const last = windows.at(-1)
    if (last === undefined || piece.after > last.through) windows.push(piece)
    else windows[windows.length - 1] = { ...last, through: laterOf(piece.through, last.through) }
  }
  return windows
}

function proven(window: Stretch, marks: readonly Mark[]): LogWindow {
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

function total(pieces: readonly { readonly logBytes: number }[]): number {
  return pieces.reduce((sum, { logBytes }) => sum + logBytes, 0)
}
