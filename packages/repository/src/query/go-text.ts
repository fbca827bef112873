import type { Timestamp, Uint64 } from '../format/node.ts'
import { formatTimestamp, parseTimestamp } from '../local/timestamp.ts'

const typeLetters = 'dalTLDpSugct?'
const permissionLetters = 'rwxrwxrwx'

/** A mode as Go's `FileMode.String` shows it, such as `drwxr-xr-x` or `urwxr-xr-x`. */
export function goModeText(mode: number): string {
  let text = ''
  for (let i = 0; i < typeLetters.length; i++) if ((mode & (1 << (31 - i))) !== 0) text += typeLetters[i]
  if (text === '') text = '-'
  for (let i = 0; i < permissionLetters.length; i++) text += (mode & (1 << (8 - i))) === 0 ? '-' : permissionLetters[i]
  return text
}

/** A time in the zone of this process, to the second: how restic shows times to people. */
export function localTimeText(time: Timestamp): string {
  return formatTimestamp(parseTimestamp(time)).slice(0, 19).replace('T', ' ')
}

const units = ['KiB', 'MiB', 'GiB', 'TiB']

/** A size with three decimals of the largest binary unit that it reaches. */
export function byteSizeText(size: Uint64): string {
  let value = Number(size)
  if (value < 1024) return `${value} B`
  let unit = -1
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${value.toFixed(3)} ${units[unit]}`
}
