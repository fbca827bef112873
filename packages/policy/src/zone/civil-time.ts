import { zoneTable } from './time-zone.ts'
import type { CivilInstants } from './zone-table.ts'

/** What a calendar and a clock on the wall show, in no particular zone. Months are 1 to 12, hours 0 to 23. */
export interface CivilTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** What the clocks of the zone show at an instant. */
export function civilTimeOf(timeZone: string, instantMs: number): CivilTime {
  const shown = new Date(zoneTable(timeZone).civilMsAt(instantMs))
  return {
    year: shown.getUTCFullYear(),
    month: shown.getUTCMonth() + 1,
    day: shown.getUTCDate(),
    hour: shown.getUTCHours(),
    minute: shown.getUTCMinutes(),
    second: shown.getUTCSeconds(),
  }
}

/**
 * When the clocks of the zone show `civil`. Values beyond their range carry over, as in Date.UTC: the 32nd of December is the 1st of
 * January.
 */
export function instantsOfCivilTime(timeZone: string, civil: CivilTime): CivilInstants {
  const { year, month, day, hour, minute, second } = civil
  return zoneTable(timeZone).instantsAt(Date.UTC(year, month - 1, day, hour, minute, second))
}
