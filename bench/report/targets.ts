import type { Step } from '../rounds/round.ts'
import type { ToolSummary } from './summary.ts'

/** A promise and what was measured. */
export interface TargetResult {
  readonly target: string
  readonly measured: string
  readonly isMet: boolean
}

const rssBytesMax = 250 * 2 ** 20

/** The targets for a corpus that these results can judge: one that needs a tool which was not measured is left out. */
export function judge(corpus: string, summaries: readonly ToolSummary[]): TargetResult[] {
  const find = (tool: string): ToolSummary | undefined => summaries.find((summary) => summary.tool === tool)
  const coffre = find('coffre')
  if (coffre === undefined) return []
  const restic = find('restic')
  const kopia = find('kopia')
  return [
    ...faster('first backup at least 2 × restic (aim: 3 ×)', coffre, restic, 'first', 2),
    ...faster('first backup ahead of kopia', coffre, kopia, 'first', 1),
    ...(corpus === 'tree' ? faster('unchanged second backup no slower than kopia', coffre, kopia, 'again', 1) : []),
    ...faster('changed backup at least 2 × restic', coffre, restic, 'changed', 2),
    ...storesNoMore(coffre, restic),
    ...faster('restore at least 1.5 × restic', coffre, restic, 'restore', 1.5),
    ...faster('check --read-data at least 1.3 × restic', coffre, restic, 'check', 1.3),
    smallEnough(coffre),
  ]
}

/** How many times as fast one tool was as another at a step. */
export function speedRatio(tool: ToolSummary | undefined, other: ToolSummary | undefined, step: Step): number | undefined {
  const own = tool?.steps[step]
  const its = other?.steps[step]
  return own === undefined || its === undefined ? undefined : its.seconds / own.seconds
}

function faster(target: string, coffre: ToolSummary, other: ToolSummary | undefined, step: Step, ratioMin: number): TargetResult[] {
  const ratio = speedRatio(coffre, other, step)
  return ratio === undefined ? [] : [{ target, measured: `${ratio.toFixed(2)} ×`, isMet: ratio >= ratioMin }]
}

function storesNoMore(coffre: ToolSummary, restic: ToolSummary | undefined): TargetResult[] {
  if (coffre.addedBytes === undefined || restic?.addedBytes === undefined) return []
  const measured = `${megabytes(coffre.addedBytes)} MB, restic ${megabytes(restic.addedBytes)} MB`
  return [{ target: 'changed backup stores no more than restic', measured, isMet: coffre.addedBytes <= restic.addedBytes }]
}

function smallEnough(coffre: ToolSummary): TargetResult {
  const largest = Math.max(...Object.values(coffre.steps).map(({ peakRssBytes }) => peakRssBytes))
  return { target: 'peak RSS at most 250 MB', measured: `${megabytes(largest)} MB`, isMet: largest <= rssBytesMax }
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1)
}
