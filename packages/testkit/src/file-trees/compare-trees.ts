import { type ByteString, compareByteStrings } from '@coffre/foundation'
import type { EntryDescription, TreeDescription } from './tree-process.ts'

const linesMax = 40

/** One readable line for each difference; none when the trees are equal. */
export function treeDifferences(expected: TreeDescription, actual: TreeDescription): string[] {
  const lines: string[] = []
  for (const path of [...new Set([...expected.keys(), ...actual.keys()])].sort(compareByteStrings)) {
    const before = expected.get(path)
    const after = actual.get(path)
    if (before === undefined) lines.push(`${printable(path)}: should not be there (${after?.['kind']})`)
    else if (after === undefined) lines.push(`${printable(path)}: missing (${before['kind']})`)
    else lines.push(...entryDifferences(before, after).map((line) => `${printable(path)}: ${line}`))
  }
  return lines
}

/** Throws an error that lists the differences, if there are any. */
export function assertSameTree(expected: TreeDescription, actual: TreeDescription, what: string): void {
  const lines = treeDifferences(expected, actual)
  if (lines.length === 0) return
  const more = lines.length > linesMax ? [`and ${lines.length - linesMax} more`] : []
  throw new Error([`${what}: ${lines.length} differences`, ...lines.slice(0, linesMax), ...more].join('\n  '))
}

function entryDifferences(expected: EntryDescription, actual: EntryDescription): string[] {
  const properties = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].sort()
  return properties
    .filter((name) => JSON.stringify(expected[name]) !== JSON.stringify(actual[name]))
    .map((name) => `${name} is ${shown(actual[name])} and should be ${shown(expected[name])}`)
}

function shown(value: EntryDescription[string] | undefined): string {
  return value === undefined ? 'absent' : JSON.stringify(value)
}

function printable(path: ByteString): string {
  return JSON.stringify(path === '' ? '.' : path)
}
