import type { Position } from '@coffre/connector'
import { type Id, listSnapshots, type Repository, type StoredSnapshot } from '@coffre/repository'
import type { TailHead } from '../tail/tail-header.ts'
import { decodePosition, encodePosition } from '../tail/tail-name.ts'

/** The recovery point of a stream's log of one day, as its tags tell of it. */
export interface LogPoint {
  readonly id: Id
  readonly snapshot: StoredSnapshot
  readonly stream: string
  readonly epoch: number
  /** UTC, `2026-11-21`. */
  readonly day: string
  readonly after: Position
  readonly through: Position
  /** All tails up to this one are in this point or in those of earlier days. */
  readonly tail: TailHead
  /** It never changes again. */
  readonly isClosed: boolean
}

export type LogPointLabels = Omit<LogPoint, 'id' | 'snapshot'>

const prefix = 'coffre:'

export function logPointTags({ stream, epoch, day, after, through, tail, isClosed }: LogPointLabels): string[] {
  const labels = {
    kind: 'log',
    stream,
    epoch: String(epoch),
    day,
    from: encodePosition(after),
    to: encodePosition(through),
    tail: `${tail.number}.${tail.id}`,
    ...(isClosed ? { closed: 'yes' } : {}),
  }
  return Object.entries(labels).map(([name, value]) => `${prefix}${name}=${value}`)
}

/** The points of a stream's log, by day; several of one day where a fold was interrupted, or others wait to be retired. */
export async function listLogPoints(repository: Repository, stream: string, signal: AbortSignal): Promise<LogPoint[]> {
  // A snapshot that is damaged is no point; the tails that only it had are then missing, which is told.
  const snapshots = await listSnapshots(repository, signal, () => undefined)
  return snapshots.flatMap((snapshot) => logPointOf(snapshot, stream)).sort(compareDays)
}

/** Of each epoch and day the point that counts: the one that goes furthest. */
export function currentPoints(points: readonly LogPoint[]): LogPoint[] {
  const groups = Map.groupBy(points, ({ epoch, day }) => `${epoch} ${day}`)
  return [...groups.values()].flatMap((group) => group.toSorted(compareReach).slice(-1)).sort(compareDays)
}

function logPointOf(snapshot: StoredSnapshot, stream: string): LogPoint[] {
  const labels = new Map<string, string>()
  for (const tag of snapshot.tags ?? []) {
    const equals = tag.indexOf('=')
    if (tag.startsWith(prefix) && equals > 0) labels.set(tag.slice(prefix.length, equals), tag.slice(equals + 1))
  }
  if (labels.get('kind') !== 'log' || labels.get('stream') !== stream) return []
  const [epoch, day] = [Number(labels.get('epoch')), labels.get('day') ?? '']
  const [after, through] = [decodePosition(labels.get('from') ?? ''), decodePosition(labels.get('to') ?? '')]
  const [, number, id] = /^(\d+)\.((?:[0-9a-f]{64})?)$/.exec(labels.get('tail') ?? '') ?? []
  if (!Number.isSafeInteger(epoch) || after === undefined || through === undefined || id === undefined) return []
  const tail = { number: Number(number), id }
  return [{ id: snapshot.id, snapshot, stream, epoch, day, after, through, tail, isClosed: labels.get('closed') === 'yes' }]
}

function compareDays(a: LogPoint, b: LogPoint): number {
  return a.epoch - b.epoch || (a.day < b.day ? -1 : a.day > b.day ? 1 : 0) || compareReach(a, b)
}

function compareReach(a: LogPoint, b: LogPoint): number {
  return a.tail.number - b.tail.number || Number(a.isClosed) - Number(b.isClosed) || (a.id < b.id ? -1 : 1)
}
