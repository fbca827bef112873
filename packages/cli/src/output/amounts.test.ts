import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatBytes, formatPercent, formatSeconds } from './amounts.ts'

test('sizes have three decimals of the largest unit that they reach', () => {
  const cases: readonly (readonly [number | bigint, string])[] = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.000 KiB'],
    [1.5 * 2 ** 20, '1.500 MiB'],
    [2 ** 40, '1.000 TiB'],
    [2n ** 50n, '1024.000 TiB'],
  ]
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text)
})

test('parts of a whole, and times', () => {
  assert.equal(formatPercent(1, 3), '33.33%')
  assert.equal(formatPercent(4, 3), '100.00%')
  assert.equal(formatPercent(1, 0), '')
  assert.deepEqual([5.9, 65, 3723].map(formatSeconds), ['0:05', '1:05', '1:02:03'])
})
