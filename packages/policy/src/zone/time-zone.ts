import { CoffreError } from '@coffre/foundation'
import { ZoneTable } from './zone-table.ts'

/** By name in lower case, hence no more than there are zones. */
const tables = new Map<string, ZoneTable>()

/**
 * The zones of three letters that the IANA database has. Node knows more, which mean something else to everyone: IST is India's time
 * there, and neither Ireland's nor Israel's.
 */
const threeLetters = ['cet', 'eet', 'est', 'gmt', 'hst', 'met', 'mst', 'prc', 'roc', 'rok', 'uct', 'utc', 'wet']

/** Whether `name` is a zone of the IANA database, in any case. Plain offsets such as +02:00 are not: no law changes their clocks. */
export function isTimeZone(name: string): boolean {
  return tableOf(name) !== undefined
}

/** Throws `policy.schedule-invalid` unless `name` is a zone of the IANA database. */
export function requireTimeZone(name: string): void {
  zoneTable(name)
}

/** The one table of a zone; throws as `requireTimeZone` does. */
export function zoneTable(name: string): ZoneTable {
  const table = tableOf(name)
  if (table === undefined) throw unknownZone(name)
  return table
}

function tableOf(name: string): ZoneTable | undefined {
  const key = name.toLowerCase()
  const known = tables.get(key)
  if (known !== undefined) return known
  const format = zoneFormat(name)
  if (format === undefined) return undefined
  const table = new ZoneTable(format)
  tables.set(key, table)
  return table
}

function zoneFormat(name: string): Intl.DateTimeFormat | undefined {
  const isNodesOwn = /^systemv\//i.test(name) || (name.length === 3 && !threeLetters.includes(name.toLowerCase()))
  if (isNodesOwn || !/^[a-z]/i.test(name)) return undefined
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function unknownZone(name: string): CoffreError {
  const meant = namesake(name)
  const hint = meant === undefined ? 'Write a name of the IANA database, such as Europe/Paris or UTC.' : `Did you mean ${meant}?`
  return new CoffreError('policy.schedule-invalid', `time zone "${name}" is not known`, { hint })
}

/** The zone that has the last part of its name in common with `name`: for Paris, Europe/Paris. */
function namesake(name: string): string | undefined {
  const place = name
    .slice(name.lastIndexOf('/') + 1)
    .replaceAll(' ', '_')
    .toLowerCase()
  return Intl.supportedValuesOf('timeZone').find((zone) => zone.slice(zone.lastIndexOf('/') + 1).toLowerCase() === place)
}
