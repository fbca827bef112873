import { type Repository, type RepositoryIndex, readManifest } from '@coffre/repository'
import { journalDamaged } from '../journal-error.ts'
import { type DayDocument, decodeDay } from './day-document.ts'
import type { LogPoint } from './log-point.ts'

/** A point, as far as it takes to find and to name it. */
export type PointPlace = Pick<LogPoint, 'id' | 'snapshot' | 'stream' | 'day'>

/** What the point of a day says of itself. `journal.damaged` when it does not say what its tags say. */
export async function loadDay(
  repository: Repository,
  index: RepositoryIndex,
  point: LogPoint,
  signal: AbortSignal,
): Promise<DayDocument> {
  const what = describePoint(point)
  const json = await readManifest(repository, index, point.snapshot, signal)
  if (json === undefined) throw journalDamaged(what, 'does not say what it is')
  const document = decodeDay(json, what)
  const { stream, epoch, day, tail } = document
  if (stream !== point.stream || epoch !== point.epoch || day !== point.day || tail.id !== point.tail.id) {
    throw journalDamaged(what, 'has the document of another point')
  }
  return document
}

export function describePoint({ id, stream, day }: PointPlace): string {
  return `the point ${id} of the journal ${stream} and the day ${day}`
}
