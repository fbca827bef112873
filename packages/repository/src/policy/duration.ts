import { CoffreError } from '@coffre/foundation'

/** A span of calendar time as restic's --keep-within has it, e.g. `1y5m7d2h`: its length depends on where it is counted from. */
export interface CalendarDuration {
  readonly years: number
  readonly months: number
  readonly days: number
  readonly hours: number
}

const zeroDuration: CalendarDuration = { years: 0, months: 0, days: 0, hours: 0 }

const unitOf: Readonly<Record<string, keyof CalendarDuration>> = { y: 'years', m: 'months', d: 'days', h: 'hours' }

/** Units in any order; of a repeated one the last counts, as in restic. Throws `usage.invalid`. */
export function parseDuration(text: string): CalendarDuration {
  const duration = { ...zeroDuration }
  let rest = text.trim()
  while (rest !== '') {
    const match = /^(-?\d{1,15})([ymdh])/.exec(rest)
    const unit = unitOf[match?.[2] ?? '']
    if (match === null || unit === undefined) {
      throw new CoffreError('usage.invalid', `"${text}" is not a duration at "${rest}"`, {
        hint: 'Durations look like 1y5m7d2h: years, months, days, hours.',
      })
    }
    duration[unit] = Number(match[1])
    rest = rest.slice(match[0].length)
  }
  return duration
}

export function formatDuration({ years, months, days, hours }: CalendarDuration): string {
  const parts = [
    [years, 'y'],
    [months, 'm'],
    [days, 'd'],
    [hours, 'h'],
  ] as const
  return parts.map(([number, unit]) => (number === 0 ? '' : `${number}${unit}`)).join('')
}

export function isZeroDuration({ years, months, days, hours }: CalendarDuration): boolean {
  return years === 0 && months === 0 && days === 0 && hours === 0
}
