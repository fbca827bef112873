export interface CivilDate {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
}

const daysOf400Years = 146_097
/** From 1 March of year 0 to 1 January 1970. */
const epochDays = 719_468

/** The Gregorian date, days after 1 January 1970. Counted from March, so that a leap day ends its year. Exact for all 64-bit times. */
export function civilDate(days: number): CivilDate {
  const shifted = days + epochDays
  const era = Math.floor(shifted / daysOf400Years)
  const dayOfEra = shifted - era * daysOf400Years
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1 }
}

/** The inverse of `civilDate`. A day that its month does not have counts on into the next month. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const fromMarch = month <= 2 ? month + 9 : month - 3
  const marchYear = month <= 2 ? year - 1 : year
  const era = Math.floor(marchYear / 400)
  const yearOfEra = marchYear - era * 400
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + Math.floor((153 * fromMarch + 2) / 5) + day - 1
  return era * daysOf400Years + dayOfEra - epochDays
}
