/** Units that a retention is told in. Months and years are those of the calendar: a month is not 30 days. */
export const termUnits = ['hours', 'days', 'weeks', 'months', 'years'] as const
export type TermUnit = (typeof termUnits)[number]

/** A length of time as its author gave it; `value` is a whole number, 1 or more. */
export interface Term {
  readonly value: number
  readonly unit: TermUnit
}
