import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDuration, isZeroDuration, parseDuration } from './duration.ts'

test('durations are read and written as restic does', () => {
  assert.deepEqual(parseDuration('1y5m7d2h'), { years: 1, months: 5, days: 7, hours: 2 })
  assert.deepEqual(parseDuration(' 2h30d '), { years: 0, months: 0, days: 30, hours: 2 })
  assert.deepEqual(parseDuration('1d2d-3h'), { years: 0, months: 0, days: 2, hours: -3 })
  assert.equal(formatDuration(parseDuration('2h30d')), '30d2h')
  assert.equal(formatDuration(parseDuration('')), '')
  assert.ok(isZeroDuration(parseDuration('0y')) && !isZeroDuration(parseDuration('1h')))
  for (const wrong of ['1', 'd', '1w', '1d2', '1 d', '--1d', '1.5d'])
    assert.throws(() => parseDuration(wrong), { code: 'usage.invalid' }, wrong)
})
