import assert from 'node:assert/strict'
import { test } from 'node:test'
import { continuousDays } from './continuous-days.ts'

const none = { continuous: true, window: undefined, schedule: undefined, keep: undefined, deleteAfter: undefined }
const at = { timeZone: 'UTC', nowMs: Date.UTC(2026, 10, 21) }

test('bases are kept for the window and until the next base', () => {
  const table = [
    [{}, { rule: { continuous: true } }],
    [{ window: '7d' }, { rule: { continuous: true, windowDays: 7 } }],
    [
      { window: '7d', schedule: 'every 24h' },
      { rule: { continuous: true, windowDays: 7 }, lifecycle: { deleteAfter: '8d' } },
    ],
    [
      { window: '2w', schedule: 'every 6h' },
      { rule: { continuous: true, windowDays: 14 }, lifecycle: { deleteAfter: '15d' } },
    ],
    [
      { window: '7d', schedule: '0 3 * * 0' },
      { rule: { continuous: true, windowDays: 7 }, lifecycle: { deleteAfter: '14d' } },
    ],
    [{ window: '7d', schedule: 'every 24h', deleteAfter: '35d' }, { rule: { continuous: true, windowDays: 7 } }],
    [{ window: '7d', schedule: 'every 24h', keep: '8d,4w' }, { rule: { continuous: true, windowDays: 7 } }],
  ] as const
  for (const [wish, expected] of table)
    assert.deepEqual(continuousDays({ ...none, ...wish, ...at }), expected, JSON.stringify(wish))
})

test('what lets go of bases too soon is refused, saying what it takes', () => {
  const table = [
    [{ window: '7d', continuous: false }, /needs a continuous log/],
    [{ window: '36h' }, /not in whole days/],
    [{ window: '7d', schedule: 'every 24h', deleteAfter: '7d' }, /--delete-after 7d no base stays long enough/],
    [{ window: '7d', schedule: 'every 24h', keep: '7d,4w' }, /--keep 7d,4w no base stays long enough/],
  ] as const
  for (const [wish, message] of table) {
    const given = { ...none, ...wish, ...at }
    assert.throws(() => continuousDays(given), { code: 'policy.retention-invalid', message }, JSON.stringify(wish))
  }
})
