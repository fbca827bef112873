import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ValueError } from './option.ts'
import { flattenTags, parseDurationMs, parseKeepCount } from './quantities.ts'

test("durations are Go's", () => {
  const cases: readonly (readonly [string, number])[] = [
    ['0', 0],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['250ms', 250],
    ['10µs', 0.01],
  ]
  for (const [text, ms] of cases) assert.equal(parseDurationMs(text), ms, text)
  for (const text of ['', '5', '5x', '-5m', '5m ', 'm', '1h-3m', '.s']) assert.throws(() => parseDurationMs(text), ValueError, text)
})

test('numbers to keep', () => {
  assert.equal(parseKeepCount('7'), 7)
  assert.equal(parseKeepCount('0'), 0)
  assert.equal(parseKeepCount('unlimited'), -1)
  for (const text of ['-1', '', 'all', '1.5', '99999999999999999999']) assert.throws(() => parseKeepCount(text), ValueError, text)
})

test('tags of several lists, without the empty ones', () => {
  assert.deepEqual(flattenTags([['a', 'b'], [''], ['c', '']]), ['a', 'b', 'c'])
})
