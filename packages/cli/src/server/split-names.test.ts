import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitNames } from './split-names.ts'

test('names are split at commas, except within quotes', () => {
  const cases: readonly (readonly [given: string, names: readonly string[]])[] = [
    ['public.orders', ['public.orders']],
    ['a, b,,c ', ['a', 'b', 'c']],
    ['sales."Orders, old","say ""hi, you""".x', ['sales."Orders, old"', '"say ""hi, you""".x']],
    ['"open, to the end', ['"open, to the end']],
    ['', []],
  ]
  for (const [given, names] of cases) assert.deepEqual(splitNames(given), names, given)
})
