import type { MadeCorpus } from '../corpora/corpus.ts'
import type { TreeDigest } from '../corpora/tree-digest.ts'
import type { Step } from '../rounds/round.ts'
import type { SpeedResults } from '../rounds/speed-run.ts'
import type { BackupTool } from '../tools/backup-tool.ts'
import { markdownTable } from './markdown-table.ts'
import { type StepSummary, summarize, type ToolSummary } from './summary.ts'
import { targetTable } from './target-table.ts'
import { judge, speedRatio } from './targets.ts'

const stepNames: Readonly<Record<Step, string>> = {
  first: 'first backup',
  again: 'again, unchanged',
  changed: 'changed',
  restore: 'restore',
  check: 'read and verify all',
}

/**
 * What the page says about one corpus: figures, ratios, targets and what failed. Targets are for whole sizes: on a tiny corpus all
 * is starting and ending.
 */
export function speedSection({ corpus, results, failures }: SpeedResults, tools: readonly BackupTool[], isWhole = true): string {
  const summaries = summarize(
    tools.map(({ name }) => name),
    results,
  )
  const targets = isWhole ? judge(corpus.name, summaries) : []
  return [
    descriptionOf(corpus),
    ...(summaries.length === 0 ? [] : [figures(corpus, summaries, tools)]),
    ...ratios(corpus, summaries),
    ...(targets.length === 0 ? [] : [targetTable(targets)]),
    ...(failures.length === 0 ? [] : [`Failed:\n\n${failures.map((line) => `- ${line.replaceAll('\n', ' ')}`).join('\n')}`]),
  ].join('\n\n')
}

function descriptionOf({ name, description, content, changed }: MadeCorpus): string {
  const first = `\`${name}\`: ${description}; ${sizeOf(content)}`
  return changed === undefined ? `${first}.` : `${first}; changed: ${sizeOf(changed)}.`
}

function sizeOf({ files, bytes }: TreeDigest): string {
  return `${files.toLocaleString('en')} ${files === 1 ? 'file' : 'files'}, ${megabytes(bytes)} MB`
}

function figures(corpus: MadeCorpus, summaries: readonly ToolSummary[], tools: readonly BackupTool[]): string {
  const steps = stepsOf(corpus)
  const head = ['tool', ...steps.map((step) => stepNames[step]), 'stored, MB', 'verified before it is written']
  const rows = summaries.map((summary) => [
    summary.tool,
    ...steps.map((step) => figure(summary.steps[step], step === 'again' ? undefined : bytesOf(corpus, step))),
    `${megabytes(summary.storedBytes)}${summary.addedBytes === undefined ? '' : ` + ${megabytes(summary.addedBytes)}`}`,
    tools.find(({ name }) => name === summary.tool)?.verifies ?? '',
  ])
  return markdownTable([head, ...rows])
}

/** Coffre beside each of the others, more than 1 where it is faster. */
function ratios(corpus: MadeCorpus, summaries: readonly ToolSummary[]): string[] {
  const coffre = summaries.find(({ tool }) => tool === 'coffre')
  const others = summaries.filter(({ tool }) => !tool.startsWith('coffre'))
  if (coffre === undefined || others.length === 0) return []
  const steps = stepsOf(corpus)
  const rows = others.map((other) => [
    `× ${other.tool}`,
    ...steps.map((step) => speedRatio(coffre, other, step)?.toFixed(2) ?? ''),
    (coffre.storedBytes / other.storedBytes).toFixed(3),
  ])
  return [markdownTable([['coffre', ...steps.map((step) => stepNames[step]), 'stored'], ...rows])]
}

function stepsOf(corpus: MadeCorpus): Step[] {
  return (Object.keys(stepNames) as Step[]).filter((step) => step !== 'changed' || corpus.changed !== undefined)
}

function bytesOf(corpus: MadeCorpus, step: Step): number {
  return step === 'first' ? corpus.content.bytes : (corpus.changed ?? corpus.content).bytes
}

/** A rate where the whole corpus is read or written, seconds where hardly any of it is. */
function figure(step: StepSummary | undefined, bytes: number | undefined): string {
  if (step === undefined) return ''
  const value = (seconds: number): string => (bytes === undefined ? seconds.toFixed(2) : (bytes / 2 ** 20 / seconds).toFixed(0))
  const range = [value(step.secondsMin), value(step.secondsMax)].sort((a, b) => Number(a) - Number(b)).join('–')
  const unit = bytes === undefined ? 's' : 'MB/s'
  return `${value(step.seconds)} ${unit} (${range}), cpu ${step.cpuSeconds.toFixed(1)}, rss ${Math.round(step.peakRssBytes / 2 ** 20)}`
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(bytes < 100 * 2 ** 20 ? 1 : 0)
}
