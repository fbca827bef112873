import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ZoneOffset } from '../local/timestamp.ts'
import { parseDuration } from './duration.ts'
import { applyPolicy, type ForgetPolicy, isEmptyPolicy } from './forget-policy.ts'

const nowMs = Date.parse('2026-11-21T12:00:00Z')
const utc: ZoneOffset = () => 0

function kept(times: readonly string[], policy: ForgetPolicy, zone = utc): string[] {
  const { keep, remove } = applyPolicy(
    times.map((time) => ({ time })),
    policy,
    nowMs,
    zone,
  )
  assert.equal(keep.length + remove.length, times.length)
  return keep.map(({ time }) => time)
}

test('each period keeps its latest snapshot, newest first, and the oldest while any are left', () => {
  const times = ['2026-01-01T10:00:00Z', '2026-01-01T11:00:00Z', '2026-01-02T10:00:00Z', '2026-02-01T10:00:00Z']
  assert.deepEqual(kept(times, { counts: { last: 2 } }), [times[3], times[2]])
  assert.deepEqual(kept(times, { counts: { daily: 2 } }), [times[3], times[2]])
  assert.deepEqual(kept(times, { counts: { daily: 3 } }), [times[3], times[2], times[1]])
  assert.deepEqual(kept(times, { counts: { daily: 4 } }), [times[3], times[2], times[1], times[0]])
  assert.deepEqual(kept(times, { counts: { monthly: -1 } }), [times[3], times[2], times[0]])
  assert.deepEqual(kept(times, { counts: { yearly: 1 } }), [times[3]])
})

test('reasons and counters', () => {
  const snapshots = [{ time: '2026-01-01T10:00:00Z', tags: ['a', 'b'] }, { time: '2026-01-01T09:00:00Z' }]
  const policy = {
    counts: { last: 1, daily: 3, yearly: -1 },
    within: { last: parseDuration('1h'), daily: parseDuration('2d') },
    tags: [['a', 'b'], ['']],
  }
  assert.deepEqual(applyPolicy(snapshots, policy, nowMs, utc).reasons, [
    {
      snapshot: snapshots[0],
      matches: ['has tags [a, b]', 'within 1h', 'last snapshot', 'daily snapshot', 'yearly snapshot', 'daily within 2d'],
      counters: { last: 0, daily: 2, yearly: -1 },
    },
    {
      snapshot: snapshots[1],
      matches: ['has tags []', 'oldest daily snapshot', 'oldest yearly snapshot', 'oldest daily within 2d'],
      counters: { last: 0, daily: 1, yearly: -1 },
    },
  ])
})

test('each snapshot counts by its own clock', () => {
  const times = ['2026-01-01T23:30:00+10:00', '2026-01-02T00:30:00+14:00']
  assert.deepEqual(kept(times, { counts: { daily: 1 } }), [times[0]])
  assert.deepEqual(kept(times, { counts: { daily: 2 } }), [times[0], times[1]])
  assert.deepEqual(kept(['2024-12-30T00:00:00Z', '2025-01-05T23:00:00Z', '2024-12-29T23:00:00Z'], { counts: { weekly: 2 } }), [
    '2025-01-05T23:00:00Z',
    '2024-12-29T23:00:00Z',
  ])
})

test('within counts from the latest snapshot that is not of the future, on its calendar', () => {
  const times = ['2027-01-01T00:00:00Z', '2026-03-31T00:00:00Z', '2026-03-03T00:00:00.000000001Z', '2026-03-03T00:00:00Z']
  assert.deepEqual(kept(times, { within: { last: parseDuration('1m') } }), times.slice(0, 3), '31 February is 3 March')
  assert.deepEqual(kept(['2027-01-01T00:00:00Z'], { within: { last: parseDuration('1h') } }), ['2027-01-01T00:00:00Z'])
  assert.equal(kept(times, { within: { last: parseDuration('999999999y') } }).length, 4)
})

test('summer time moves where within begins, for snapshots of the local zone', () => {
  const summerBegins = Date.parse('2026-03-29T01:00:00Z') / 1000
  const paris = (seconds: number): number => (seconds >= summerBegins ? 120 : 60)
  const times = ['2026-04-10T12:00:00+02:00', '2026-03-10T11:30:00+01:00', '2026-03-10T10:30:00+01:00']
  assert.equal(kept(times, { within: { last: parseDuration('1m') } }, paris).length, 1, 'from 12:00+01:00')
  assert.equal(kept(times, { within: { last: parseDuration('1m') } }, utc).length, 2, 'from 12:00+02:00')
})

test('an empty policy is told, and nothing comes of nothing', () => {
  assert.ok(isEmptyPolicy({}) && isEmptyPolicy({ counts: { last: 0 }, within: { last: parseDuration('') }, tags: [] }))
  for (const policy of [{ counts: { last: -1 } }, { within: { daily: parseDuration('1h') } }, { tags: [['']] }])
    assert.ok(!isEmptyPolicy(policy))
  assert.deepEqual(applyPolicy([], { counts: { last: 1 } }, nowMs, utc), { keep: [], remove: [], reasons: [] })
})
