import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseKeepCounts } from '../lifecycle/keep-counts.ts'
import type { Lifecycle } from '../lifecycle/lifecycle.ts'
import { formatTerm, parseTerm } from '../lifecycle/term.ts'
import { levelsAtCommit, lockTerm } from './commit-terms.ts'
import type { PointState } from './retention-point.ts'

type Earlier = readonly [at: string, keep: string, state?: PointState]

function levels(at: string, keep: string, earlier: readonly Earlier[], zone = 'UTC'): string {
  const points = earlier.map(([time, counts, state = 'good']) => ({
    completedMs: Date.parse(time),
    state,
    lifecycle: counts === '' ? {} : { keep: parseKeepCounts(counts) },
  }))
  return levelsAtCommit(Date.parse(at), points, parseKeepCounts(keep), zone).join(' ')
}

test('a point stands for the levels in whose period it is the first good one', () => {
  const keep = '7d,4w,12m'
  assert.equal(levels('2026-11-21T02:00:00Z', keep, []), 'daily weekly monthly', 'the first of all')
  assert.equal(levels('2026-11-21T08:00:00Z', keep, [['2026-11-21T02:00:00Z', keep]]), '', 'the second of its day')
  assert.equal(levels('2026-11-22T02:00:00Z', keep, [['2026-11-21T02:00:00Z', keep]]), 'daily', 'Sunday after Saturday')
  assert.equal(levels('2026-11-23T02:00:00Z', keep, [['2026-11-22T02:00:00Z', keep]]), 'daily weekly', 'Monday')
  assert.equal(levels('2026-12-01T02:00:00Z', keep, [['2026-11-30T02:00:00Z', keep]]), 'daily monthly', 'the first of a month')
  assert.equal(levels('2027-01-01T02:00:00Z', '2y', [['2026-12-31T02:00:00Z', '2y']]), 'yearly')
})

test('periods are those of the zone', () => {
  const earlier: readonly Earlier[] = [['2026-11-21T22:30:00Z', '7d']]
  assert.equal(levels('2026-11-21T23:30:00Z', '7d', earlier), '')
  assert.equal(levels('2026-11-21T23:30:00Z', '7d', earlier, 'Europe/Paris'), 'daily')
})

test('only a good point that is kept as long takes the place', () => {
  for (const state of ['partial', 'unverified', 'failed-verification'] as const) {
    assert.equal(levels('2026-11-21T08:00:00Z', '7d', [['2026-11-21T02:00:00Z', '7d', state]]), 'daily', state)
  }
  assert.equal(levels('2026-11-21T08:00:00Z', '7d', [['2026-11-21T02:00:00Z', '3d']]), 'daily', 'the count was raised')
  assert.equal(levels('2026-11-21T08:00:00Z', '3d', [['2026-11-21T02:00:00Z', '7d']]), '', 'the count was lowered')
  assert.equal(levels('2026-11-21T08:00:00Z', '7d', [['2026-11-21T02:00:00Z', '']]), 'daily', 'a lifecycle without counts')
  assert.equal(levels('2026-11-21T08:00:00Z', '7d', [['2026-11-21T09:00:00Z', '7d']]), 'daily', 'a later point')
})

test('the lock lasts as long as the highest level is wanted', () => {
  const keep = { keep: parseKeepCounts('3h,7d,4w,12m,2y') }
  const cases: readonly (readonly [Lifecycle, Parameters<typeof lockTerm>[1], string | undefined])[] = [
    [keep, [], '24h'],
    [keep, ['hourly'], '24h'],
    [keep, ['hourly', 'daily'], '7d'],
    [keep, ['daily', 'weekly'], '4w'],
    [keep, ['daily', 'weekly', 'monthly'], '12m'],
    [keep, ['daily', 'weekly', 'monthly', 'yearly'], '2y'],
    [{ keep: parseKeepCounts('30d,1w') }, ['daily', 'weekly'], '30d'],
    [{ deleteAfter: parseTerm('35d') }, [], '35d'],
    [{ deleteAfter: parseTerm('2h') }, [], '2h'],
    [{ moveToColdAfter: parseTerm('7d') }, [], undefined],
  ]
  for (const [lifecycle, stoodFor, expected] of cases) {
    const term = lockTerm(lifecycle, stoodFor, Date.UTC(2026, 10, 21), 'Europe/Paris')
    assert.equal(term === undefined ? undefined : formatTerm(term), expected, JSON.stringify(lifecycle))
  }
})
