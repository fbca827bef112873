import { typeOfNumber } from './linux-status.ts'
import type { DirectoryEntry } from './local-files.ts'
import { nameFrom } from './native-memory.ts'

const lengthOffset = 16
const typeOffset = 18
const nameOffset = 19

/** Appends the `struct linux_dirent64` records (getdents64(2)) in the first `length` bytes, but for '.' and '..'. */
export function decodeEntries(bytes: Buffer, length: number, entries: DirectoryEntry[]): void {
  for (let at = 0; at < length; ) {
    const begin = at + nameOffset
    let end = begin
    while (bytes[end] !== 0) end++
    if (!isDots(bytes, begin, end)) {
      entries.push({ name: nameFrom(bytes, begin, end), type: typeOfNumber(bytes[at + typeOffset] ?? 0) })
    }
    at += (bytes[at + lengthOffset] ?? 0) + (bytes[at + lengthOffset + 1] ?? 0) * 256
  }
}

function isDots(bytes: Buffer, begin: number, end: number): boolean {
  const dot = 0x2e
  return bytes[begin] === dot && (end === begin + 1 || (end === begin + 2 && bytes[begin + 1] === dot))
}
