import type { AlarmView, StatusView } from '@coffre/api-contract'
import type { Texts } from '../messages/texts.ts'
import { objectLines, objectTable, timeCell } from '../output/object-table.ts'
import { streamColumns } from './log-text.ts'

/** How it all is, at a glance. */
export function statusLines(status: StatusView, texts: Texts): string[] {
  const { version, health, sources, vaults, points, jobs, workers, protection, streams, alarms } = status
  return [
    texts.say('status.health', { version, health }),
    texts.say('status.counts', { sources, vaults, points }),
    texts.say('status.jobs', { waiting: jobs.waiting, running: jobs.running, failed: jobs.failedInLastDay }),
    texts.say('status.workers', {
      count: workers.length,
      names: workers.map(({ hostname, pid }) => `${hostname}/${pid}`).join(' '),
    }),
    ...(protection.length === 0 ? [] : ['', ...protectionTable(protection, texts)]),
    ...(streams.length === 0 ? [] : ['', ...objectTable(streams, streamColumns, texts)]),
    ...(alarms.length === 0 ? [] : ['', ...alarmTable(alarms, texts)]),
  ].map((line) => line.trimEnd())
}

interface SourceStatus {
  readonly source: { readonly name: string }
  readonly state: string | null
  readonly lastPointAt: string | null
  readonly nextRunAt: string | null
  readonly streams: StatusView['streams']
  readonly alarms: readonly AlarmView[]
}

/** How one source is. */
export function sourceStatusLines(
  { source, state, lastPointAt, nextRunAt, streams, alarms }: SourceStatus,
  texts: Texts,
): string[] {
  return [
    ...objectLines(
      [
        ['column.source', source.name],
        ['column.state', state ?? undefined],
        ['column.lastPoint', timeCell(lastPointAt)],
        ['column.nextRun', timeCell(nextRunAt)],
      ],
      texts,
    ),
    ...(streams.length === 0 ? [] : ['', ...objectTable(streams, streamColumns, texts)]),
    ...streams.flatMap(({ error }) => (error === null ? [] : [`${error.code}: ${error.detail}`])),
    ...(alarms.length === 0 ? [] : ['', ...alarmTable(alarms, texts)]),
  ].map((line) => line.trimEnd())
}

function protectionTable(protection: StatusView['protection'], texts: Texts): string[] {
  return objectTable(
    protection,
    [
      ['column.source', ({ source }) => source.name],
      ['column.state', ({ state }) => state],
      ['column.lastPoint', ({ lastPointAt }) => timeCell(lastPointAt)],
      ['column.nextRun', ({ nextRunAt }) => timeCell(nextRunAt)],
    ],
    texts,
  )
}

export function alarmTable(alarms: readonly AlarmView[], texts: Texts): string[] {
  return objectTable(
    alarms,
    [
      ['column.severity', ({ severity }) => severity],
      ['column.alarm', ({ kind }) => kind],
      ['column.subject', ({ subject }) => subject.name ?? subject.id ?? subject.kind],
      ['column.since', ({ raisedAt }) => timeCell(raisedAt)],
      ['column.cleared', ({ clearedAt }) => timeCell(clearedAt)],
      ['column.message', ({ message }) => message],
    ],
    texts,
  )
}
