import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseLocalTime, parseLooseTime } from './local-times.ts'
import { ValueError } from './option.ts'

test('a time in the local zone', () => {
  assert.equal(parseLocalTime('2024-02-29 23:59:58'), new Date(2024, 1, 29, 23, 59, 58).getTime())
  for (const text of [
    '2023-02-29 00:00:00',
    '2024-01-01 24:00:00',
    '2024-01-01 00:60:00',
    '2024-13-01 00:00:00',
    '2024-01-01',
    'now',
    '',
  ]) {
    assert.throws(() => parseLocalTime(text), ValueError, text)
  }
})

test('dates with or without time and zone, in two orders', () => {
  const local = new Date(2024, 10, 21, 14, 37, 0).getTime()
  assert.equal(parseLooseTime('2024-11-21'), new Date(2024, 10, 21).getTime())
  assert.equal(parseLooseTime('2024-11-21 14:37'), local)
  assert.equal(parseLooseTime('21.11.2024 14:37:00'), local)
  assert.equal(parseLooseTime('2024-11-21 14:37:00 +0130'), Date.UTC(2024, 10, 21, 13, 7))
  assert.equal(parseLooseTime('2024-11-21 14:37:00 -0130'), Date.UTC(2024, 10, 21, 16, 7))
  assert.equal(parseLooseTime('21.11.2024 14:37:00 UTC'), Date.UTC(2024, 10, 21, 14, 37))
  for (const text of ['31.11.2024', '2024-11-21 14:37:00 XYZ', '2024-11-21T14:37:00Z', ''])
    assert.throws(() => parseLooseTime(text), ValueError, text)
})
