import type { JobView } from '@coffre/api-contract'
import type { Texts } from '../messages/texts.ts'
import { formatBytes, formatSeconds } from '../output/amounts.ts'
import { type ColumnOf, objectLines, timeCell } from '../output/object-table.ts'
import { restoredLines } from './log-text.ts'

export const jobColumns: readonly ColumnOf<JobView>[] = [
  ['column.id', ({ id }) => id],
  ['column.kind', ({ kind }) => kind],
  ['column.source', ({ source }) => source?.name ?? '-'],
  ['column.vault', ({ vault }) => vault?.name ?? '-'],
  ['column.state', ({ state }) => state],
  ['column.done', ({ percent }) => percentText(percent)],
  ['column.bytes', (job) => bytesText(job)],
  ['column.created', ({ createdAt }) => timeCell(createdAt)],
]

/** The same for a terminal that may be narrow: what changes comes first. */
export function liveJobColumns(nowMs: number): readonly ColumnOf<JobView>[] {
  return [
    ...jobColumns.filter(([title]) => title !== 'column.id' && title !== 'column.created'),
    ['column.left', (job) => leftText(job, nowMs) ?? '-'],
    ['column.id', ({ id }) => id],
  ]
}

/** A line about a job that goes on. */
export function progressText(job: JobView, nowMs: number, texts: Texts): string {
  const time = leftText(job, nowMs)
  const left = time === undefined ? '' : texts.say('progress.left', { time })
  return `${stateText(job, texts)}  ${percentText(job.percent)}  ${bytesText(job)}${left}`
}

/** A line about a job at one of its changes. */
export function changeText(job: JobView, texts: Texts): string {
  const { id, kind, source, vault, percent, error } = job
  const what = source?.name ?? vault?.name ?? ''
  const line = texts.say('job.change', { id, kind, what, state: stateText(job, texts), percent: percentText(percent) })
  return error === null ? line : `${line}  ${error.code}: ${error.detail}`
}

/** What became of a job that was waited for. */
export function endLines(job: JobView, texts: Texts): string[] {
  const { kind, state, source, vault, itemsDone, bytesDone, pointId, startedAt, completedAt } = job
  const seconds = startedAt === null || completedAt === null ? 0 : (Date.parse(completedAt) - Date.parse(startedAt)) / 1000
  const amounts =
    itemsDone === 0 && bytesDone === 0 ? '' : texts.say('job.amounts', { items: itemsDone, size: formatBytes(bytesDone) })
  const line = texts.say('job.end', { kind, state, what: source?.name ?? vault?.name ?? '', amounts, time: formatSeconds(seconds) })
  if (kind === 'RESTORE') return [line, ...restoredLines(job, texts)]
  return pointId === null || kind !== 'BACKUP' ? [line] : [line, texts.say('job.point', { id: pointId })]
}

export function jobDetails(job: JobView, texts: Texts): string[] {
  const { plan, error } = job
  return objectLines(
    [
      ['column.id', job.id],
      ['column.kind', job.kind],
      ['column.state', job.state],
      ['column.phase', job.phase === null ? undefined : texts.say(`phase.${job.phase}`)],
      ['column.message', job.message ?? undefined],
      ['column.source', job.source?.name],
      ['column.vault', job.vault?.name],
      ['column.plan', plan === null ? undefined : [plan.name, plan.rule].filter((name) => name !== null).join(' / ')],
      ['column.point', job.pointId ?? undefined],
      ['column.attempt', String(job.attempt)],
      ['column.done', percentText(job.percent)],
      ['column.bytes', bytesText(job)],
      ['column.items', job.itemsTotal === null ? String(job.itemsDone) : `${job.itemsDone} / ${job.itemsTotal}`],
      ['column.created', timeCell(job.createdAt)],
      ['column.started', timeCell(job.startedAt)],
      ['column.completed', timeCell(job.completedAt)],
      ['column.expectedEnd', job.expectedEndAt === null ? undefined : timeCell(job.expectedEndAt)],
      ['column.error', error === null ? undefined : [`${error.code}: ${error.detail}`, error.hint ?? ''].join('\n').trimEnd()],
    ],
    texts,
  )
}

function leftText({ expectedEndAt, completedAt }: JobView, nowMs: number): string | undefined {
  const leftMs = expectedEndAt === null || completedAt !== null ? 0 : Date.parse(expectedEndAt) - nowMs
  return leftMs > 0 ? formatSeconds(leftMs / 1000) : undefined
}

/** With what it is at, where it says so. */
function stateText({ state, phase }: JobView, texts: Texts): string {
  return phase === null ? state : `${state}: ${texts.say(`phase.${phase}`)}`
}

function percentText(percent: number): string {
  return `${percent.toFixed(percent > 0 && percent < 100 ? 1 : 0)}%`
}

function bytesText({ bytesDone, bytesTotal }: JobView): string {
  return bytesTotal === null ? formatBytes(bytesDone) : `${formatBytes(bytesDone)} / ${formatBytes(bytesTotal)}`
}
