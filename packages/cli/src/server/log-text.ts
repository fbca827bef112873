import type { JobView, StreamView } from '@coffre/api-contract'
import type { Texts } from '../messages/texts.ts'
import { type ColumnOf, objectTable, timeCell } from '../output/object-table.ts'
import { printable } from '../output/printable.ts'

interface ShownRecord {
  readonly at: string
  readonly label: string
  readonly position: string
}

export interface ShownStop {
  readonly through: string
  readonly lastKept?: ShownRecord
  readonly firstLeftOut?: ShownRecord
}

interface ShownWindow {
  readonly branch: string
  readonly from: string | null
  readonly until: string | null
}

export interface ShownEpoch {
  readonly epoch: number
  readonly begin: string
  readonly end: string
  readonly windows: readonly ShownWindow[]
  readonly gaps: readonly { readonly branch: string; readonly after: string; readonly through: string }[]
  readonly branches: readonly { readonly id: string; readonly parent?: string; readonly forkedAt?: string }[]
  readonly foldedBytes: number
  readonly unfoldedBytes: number
  readonly problem: string | null
}

/** What a job `TIMELINE` came to. */
interface Timeline {
  readonly epochs: readonly ShownEpoch[]
  readonly bases: readonly { readonly pointId: string; readonly at: string }[]
  readonly minutes?: readonly ShownMinute[]
  readonly minutesOmitted?: number
}

interface ShownMinute {
  readonly at: string
  readonly commits: number
  readonly aborts: number
  readonly events: readonly ShownEvent[]
  readonly eventsOmitted: number
}

interface ShownEvent {
  readonly at: string
  readonly kind: string
  readonly objects: readonly string[]
  readonly objectsOmitted: number
  readonly count?: number
  readonly isExact: boolean
  /** What a restore takes. */
  readonly justBefore: string
}

/** What a restore of a source with a log came to: where it stopped, and what is to be known of it. */
export function restoredLines({ result }: JobView, texts: Texts): string[] {
  const { stop, notes = [] } = (result ?? {}) as { readonly stop?: ShownStop; readonly notes?: readonly string[] }
  return [...(stop === undefined ? [] : stopLines(stop, texts)), ...notes]
}

export function timelineLines({ result }: JobView, texts: Texts): string[] {
  const { epochs, bases, minutes, minutesOmitted = 0 } = result as unknown as Timeline
  if (epochs.length === 0) return [texts.say('timeline.none')]
  const windows = epochs.flatMap((epoch) => epoch.windows.map((window) => ({ ...window, epoch: epoch.epoch })))
  return [
    ...objectTable(
      windows,
      [
        ['column.epoch', ({ epoch }) => String(epoch)],
        ['column.branch', ({ branch }) => branch],
        ['column.from', ({ from }) => timeCell(from)],
        ['column.until', ({ until }) => timeCell(until)],
      ],
      texts,
    ),
    ...epochs.flatMap((epoch, i) => epochNotes(epoch, i > 0, texts)),
    '',
    ...objectTable(
      bases,
      [
        ['column.base', ({ at }) => timeCell(at)],
        ['column.id', ({ pointId }) => pointId],
      ],
      texts,
    ),
    ...(minutes === undefined ? [] : ['', ...mapLines(minutes, minutesOmitted, texts)]),
  ]
}

/** Minute by minute, and below each what one may wish undone. */
function mapLines(minutes: readonly ShownMinute[], omitted: number, texts: Texts): string[] {
  return [
    ...(omitted === 0 ? [] : [texts.say('timeline.minutesOmitted', { count: omitted })]),
    ...(minutes.length === 0 ? [texts.say('timeline.nothing')] : []),
    ...minutes.flatMap(({ at, commits, aborts, events, eventsOmitted }) => [
      texts.say('timeline.minute', { time: timeCell(at), commits, aborts }),
      ...events.map((event) => `  ${eventText(event, texts)}`),
      ...(eventsOmitted === 0 ? [] : [`  ${texts.say('timeline.eventsOmitted', { count: eventsOmitted })}`]),
    ]),
  ]
}

function eventText({ at, kind, objects, objectsOmitted, count, isExact, justBefore }: ShownEvent, texts: Texts): string {
  const amount = count === undefined ? '' : `  ${isExact ? '' : '~'}${count}`
  const names = [...objects, ...(objectsOmitted === 0 ? [] : [`+${objectsOmitted}`])].map(printable).join(', ')
  return `${at}  ${kind}  ${names}${amount}  ${texts.say('timeline.justBefore', { position: positionText(justBefore) })}`
}

export const streamColumns: readonly ColumnOf<StreamView>[] = [
  ['column.source', ({ source }) => source.name],
  ['column.vault', ({ vault }) => vault.name],
  ['column.log', ({ state }) => state],
  ['column.from', ({ windowFrom }) => timeCell(windowFrom)],
  ['column.until', ({ windowThrough }) => timeCell(windowThrough)],
  ['column.lag', ({ lagSeconds }) => (lagSeconds === null ? '-' : `${lagSeconds.toFixed(1)} s`)],
]

function stopLines({ lastKept, firstLeftOut, through }: ShownStop, texts: Texts): string[] {
  return [
    lastKept === undefined
      ? texts.say('restore.through', { position: positionText(through) })
      : texts.say('restore.lastKept', { record: recordText(lastKept) }),
    ...(firstLeftOut === undefined ? [] : [texts.say('restore.firstLeftOut', { record: recordText(firstLeftOut) })]),
  ]
}

function epochNotes({ epoch, gaps, branches, problem }: ShownEpoch, followsGap: boolean, texts: Texts): string[] {
  return [
    ...(followsGap ? [texts.say('timeline.gapBefore', { epoch })] : []),
    ...gaps.map(({ branch, after, through }) => texts.say('timeline.gap', { branch, after, through })),
    ...branches.flatMap(({ id, parent, forkedAt }) =>
      parent === undefined ? [] : [texts.say('timeline.fork', { id, parent, at: forkedAt ?? '' })],
    ),
    ...(problem === null ? [] : [problem]),
  ]
}

export function recordText({ at, label, position }: ShownRecord): string {
  return `${at}  ${label}  ${positionText(position)}`
}

/** As the engine's own tools write it, and as `restore` takes it: of PostgreSQL the LSN. */
function positionText(position: string): string {
  const [, high, low] = /^[0-9A-F]{8}@([0-9A-F]{8})([0-9A-F]{8})$/.exec(position) ?? []
  if (high === undefined || low === undefined) return position
  return [high, low].map((half) => Number.parseInt(half, 16).toString(16).toUpperCase()).join('/')
}
