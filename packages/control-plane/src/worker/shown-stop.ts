import { formatPosition, type ReplayRecord, type ReplayStop } from '@coffre/connector'

interface ShownRecord {
  readonly at: string
  readonly position: string
  readonly label: string
}

/** Where a replay stops, for people: what is the last that is kept, and what the first that is not. */
export function shownStop({ through, lastKept, firstLeftOut }: ReplayStop): object {
  return {
    through: formatPosition(through),
    ...(lastKept === undefined ? {} : { lastKept: shownRecord(lastKept) }),
    ...(firstLeftOut === undefined ? {} : { firstLeftOut: shownRecord(firstLeftOut) }),
  }
}

function shownRecord({ position, us, label }: ReplayRecord): ShownRecord {
  return { at: instantOf(us), position: formatPosition(position), label }
}

/** ISO 8601 with all six digits. */
export function instantOf(us: number): string {
  const micros = String(((us % 1000) + 1000) % 1000).padStart(3, '0')
  return new Date(Math.floor(us / 1000)).toISOString().replace('Z', `${micros}Z`)
}
