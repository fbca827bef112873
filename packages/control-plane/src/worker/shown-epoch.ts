import { formatPosition } from '@coffre/connector'
import type { EpochDescription } from '@coffre/journal'

/** What a vault has of one epoch of a log, for people. */
export function shownEpoch({ epoch, begin, end, branches, windows, gaps, foldedBytes, unfoldedBytes, problem }: EpochDescription) {
  return {
    epoch,
    begin: formatPosition(begin),
    end: formatPosition(end),
    branches: branches.map(({ id, parent }) => ({
      id,
      ...(parent === undefined ? {} : { parent: parent.id, forkedAt: parent.forkOffset }),
    })),
    windows: windows.map(({ branch, after, through, firstMark, lastMark, provenSeconds }) => ({
      branch,
      after,
      through,
      from: instantOf(firstMark?.sourceMs),
      until: instantOf(lastMark?.sourceMs),
      provenSeconds,
    })),
    gaps: gaps.map(({ branch, after, through }) => ({ branch, after, through })),
    foldedBytes,
    unfoldedBytes,
    problem: problem === undefined ? null : problem.message,
  }
}

function instantOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString()
}
