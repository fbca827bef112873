import { dayMs } from '@coffre/foundation'
import { shiftDate } from './add-term.ts'
import type { Term } from './term.ts'

/** The first days of all the months between two leap years: among them are the longest and the shortest terms. */
export const monthStarts: readonly number[] = Array.from({ length: 48 }, (_, month) => Date.UTC(2024, month, 1))

/** The most days that a term can have, from whichever month it is counted. */
export function daysAtMost(term: Term): number {
  return Math.max(...monthStarts.map((from) => Math.ceil((shiftDate(from, term) - from) / dayMs)))
}
