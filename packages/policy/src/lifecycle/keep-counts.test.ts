import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeKeepCounts, formatKeepCounts, parseKeepCounts } from './keep-counts.ts'

test('counts are read in any order and written from the lowest level to the highest', () => {
  assert.deepEqual(parseKeepCounts('7d,4w,12m'), { daily: 7, weekly: 4, monthly: 12 })
  assert.deepEqual(parseKeepCounts(' 2y , 24h'), { yearly: 2, hourly: 24 })
  assert.equal(formatKeepCounts({ yearly: 2, hourly: 24, weekly: 1 }), '24h,1w,2y')
  assert.equal(describeKeepCounts({ daily: 7, weekly: 1 }, 'en'), '7 days, 1 week')
  assert.equal(describeKeepCounts({ daily: 7, yearly: 2 }, 'fr'), '7 jours, 2 ans')
})

test('counts that cannot be meant are refused with the whole text', () => {
  const cases = [
    ['', 'does not say how many'],
    ['7', 'at "7"'],
    ['7d,,4w', 'at ""'],
    ['7d,4x', 'at "4x"'],
    ['0d', 'at "0d"'],
    ['7d,3d', 'counts days twice'],
  ] as const
  for (const [text, told] of cases) {
    assert.throws(
      () => parseKeepCounts(text),
      (error: Error & { readonly code?: string }) => {
        assert.equal(error.code, 'policy.retention-invalid')
        assert.ok(error.message.includes(`"${text}"`) && error.message.includes(told), error.message)
        return true
      },
    )
  }
})
