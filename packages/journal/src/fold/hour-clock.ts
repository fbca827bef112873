import type { Mark, Position } from '@coffre/connector'
import { dayMs, hourMs } from '@coffre/foundation'

/** Tells the hour in which log was captured, by its marks. Hours never go back, whatever the source's clock does. */
export class HourClock {
  readonly #marks: readonly Mark[]
  readonly #nowMs: number
  #latestHourMs: number

  /** `marks` in the order in which they were taken; nothing counts as captured before `firstHourMs`, nor without marks before `nowMs`. */
  constructor(marks: readonly Mark[], firstHourMs: number, nowMs: number) {
    this.#marks = marks
    this.#latestHourMs = firstHourMs
    this.#nowMs = nowMs
  }

  /** When the byte after a position was there: by the first mark beyond it. */
  timeOf({ branch, offset }: Position): number {
    const mark = this.#marks.find(({ position }) => position.branch === branch && position.offset > offset)
    return (mark ?? this.#marks.at(-1))?.sourceMs ?? this.#nowMs
  }

  /** The beginning of the hour in which the byte after a position was there. To be asked in the order of the log. */
  hourOf(position: Position): number {
    this.#latestHourMs = Math.max(this.#latestHourMs, beginOfHour(this.timeOf(position)))
    return this.#latestHourMs
  }
}

/** The beginning of the hour that each mark belongs to; hours never go back. */
export function hoursOfMarks(marks: readonly Mark[], firstHourMs: number): ReadonlyMap<number, readonly Mark[]> {
  let latestMs = firstHourMs
  return Map.groupBy(marks, ({ sourceMs }) => {
    latestMs = Math.max(latestMs, beginOfHour(sourceMs))
    return latestMs
  })
}

function beginOfHour(timeMs: number): number {
  return Math.floor(timeMs / hourMs) * hourMs
}

export function beginOfDay(timeMs: number): number {
  return Math.floor(timeMs / dayMs) * dayMs
}

/** `2026-11-21`, in UTC as all of a point is. */
export function dayName(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10)
}

/** `00` to `23`. */
export function hourName(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(11, 13)
}
