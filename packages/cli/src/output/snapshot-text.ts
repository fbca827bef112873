import { encodeSnapshot, parseTimestamp, type Snapshot, type StoredSnapshot } from '@coffre/repository'
import type { Texts } from '../messages/texts.ts'
import { formatBytes, formatLocalTime } from './amounts.ts'
import { printable } from './printable.ts'
import { type Column, formatTable } from './table.ts'

/** The part of an ID that people are shown. */
export function shortId(id: string): string {
  return id.slice(0, 8)
}

/** A snapshot as restic's lists have it: its own fields, then its ID. */
export function snapshotJson({ id, ...snapshot }: StoredSnapshot): string {
  return `${encodeSnapshot(snapshot).toString().slice(0, -1)},"id":"${id}","short_id":"${shortId(id)}"}`
}

export function snapshotTime(snapshot: Snapshot): string {
  return formatLocalTime(parseTimestamp(snapshot.time).seconds * 1000)
}

/** One line about a snapshot, where another command speaks of it. */
export function snapshotLine(snapshot: StoredSnapshot, texts: Texts): string {
  const { id, paths, username = '', hostname = '' } = snapshot
  return texts.say('snapshot.line', {
    id: shortId(id),
    paths: paths.join(' '),
    time: snapshotTime(snapshot),
    user: username,
    host: hostname,
  })
}

export interface SnapshotTableOptions {
  readonly compact: boolean
  /** Why each one is kept, by its ID. */
  readonly reasons?: ReadonlyMap<string, readonly string[]>
}

/** A table of snapshots, the oldest first. */
export function snapshotTable(snapshots: readonly StoredSnapshot[], options: SnapshotTableOptions, texts: Texts): string[] {
  const column = (title: string, cell: (snapshot: StoredSnapshot) => string): Column => ({
    title,
    cells: snapshots.map((s) => printable(cell(s))),
  })
  const { compact, reasons } = options
  const columns = [
    column('ID', ({ id }) => shortId(id)),
    column(texts.say('column.time'), snapshotTime),
    column(texts.say('column.host').padEnd(compact ? 0 : 10), ({ hostname = '' }) => hostname),
    column(texts.say('column.tags').padEnd(compact ? 6 : 10), ({ tags = [] }) => tags.join(compact ? '\n' : ',')),
  ]
  if (reasons !== undefined && !compact)
    columns.push(column(texts.say('column.reasons'), ({ id }) => (reasons.get(id) ?? []).join('\n')))
  if (!compact) columns.push(column(texts.say('column.paths'), ({ paths }) => paths.join('\n')))
  if (snapshots.some(({ summary }) => summary !== undefined)) {
    columns.push(
      column(texts.say('column.size'), ({ summary }) => (summary === undefined ? '' : formatBytes(summary.totalBytesProcessed))),
    )
  }
  const spaced = !compact && snapshots.some(({ paths }) => paths.length > 1)
  return formatTable(columns, { footer: texts.say('snapshots.count', { count: snapshots.length }), spaced })
}
