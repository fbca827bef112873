import type { Position } from './position.ts'

/** What a log did in one minute, by the times stamped on its records: for who looks for the instant before a mistake. */
export interface LogMinute {
  /** Where it begins, microseconds since 1970. */
  readonly startUs: number
  readonly commits: number
  readonly aborts: number
  /** What one may wish undone, in the order of the log. */
  readonly events: readonly LogEvent[]
  readonly eventsOmitted: number
}

export interface LogEvent {
  /** In the engine's words: drop, truncate, mass-delete … */
  readonly kind: string
  /** What it was done to; by name where that is known. */
  readonly objects: readonly string[]
  readonly objectsOmitted: number
  /** Rows, documents, keys. */
  readonly count: number | undefined
  readonly us: number
  /** The end of the log just before it, in the engine's own writing: what `restore` takes. */
  readonly justBefore: Position
  /** False: the count may be too high or too low. */
  readonly isExact: boolean
}

export interface LogMapOptions {
  /** Minutes that end before are left out, and reading ends with the first minute after. */
  readonly sinceUs: number
  readonly untilUs: number
  /** So many of one kind in one transaction are an event. */
  readonly massMin: number
}
