import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseKeepCounts } from '../lifecycle/keep-counts.ts'
import { parseTerm } from '../lifecycle/term.ts'
import { previewRetention } from './preview-retention.ts'
import type { RetentionPoint } from './retention-point.ts'

const points = Array.from(
  { length: 5 },
  (_, i): RetentionPoint => ({
    id: `p${i}`,
    sourceId: 'shop',
    vaultId: 'main',
    ruleId: 'daily',
    completedMs: Date.UTC(2026, 10, 16 + i, 2),
    state: 'good',
    lifecycle: { deleteAfter: parseTerm('35d') },
    levelsAtCommit: [],
    holdIds: i === 1 ? ['hold-1'] : [],
    copyJobIds: [],
    baseOfStreamIds: [],
  }),
)
const options = { nowMs: Date.UTC(2026, 10, 21), timeZone: 'UTC', isSourceProtected: () => true }
const change = { ruleId: 'daily', timeZone: 'UTC', applyToExisting: true }

test('a shorter lifecycle shows what would go, and what would stay for another reason', () => {
  const preview = previewRetention(points, { ...change, lifecycle: { keep: parseKeepCounts('3d') } }, options)
  assert.deepEqual(preview.expiringMore, ['p0'])
  assert.deepEqual(preview.expiringLess, [])
  const kinds = preview.changes.map(({ pointId, before, after }) => `${pointId} ${before.kind} ${after.kind}`)
  assert.deepEqual(kinds, ['p0 expires expire', 'p1 expires blocked', 'p2 expires keep', 'p3 expires keep', 'p4 expires keep'])
})

test('a longer lifecycle shows what would be saved', () => {
  const late = { ...options, nowMs: Date.UTC(2027, 0, 1) }
  const preview = previewRetention(points, { ...change, lifecycle: { deleteAfter: parseTerm('1y') } }, late)
  assert.deepEqual(preview.expiringLess, ['p0', 'p2', 'p3'], 'p1 is held, p4 the last')
  assert.deepEqual(preview.expiringMore, [])
})

test('what is not applied to existing points leaves them their lifecycle, and other rules their points', () => {
  const lifecycle = { deleteAfter: parseTerm('1d') }
  assert.deepEqual(previewRetention(points, { ...change, lifecycle, applyToExisting: false }, options).changes, [])
  assert.deepEqual(previewRetention(points, { ...change, lifecycle, ruleId: 'other' }, options).changes, [])
})

test('counts that a rule no longer has outlive it only by their own term', () => {
  const counted = points.map((point) => ({ ...point, lifecycle: { keep: parseKeepCounts('30d') } }))
  const newer = { ...counted[0], id: 'newer', completedMs: Date.UTC(2027, 1, 1) } as RetentionPoint
  const late = { ...options, nowMs: Date.UTC(2027, 1, 2) }
  const preview = previewRetention(
    [...counted, newer],
    { ...change, lifecycle: { keep: parseKeepCounts('1d') }, applyToExisting: false },
    late,
  )
  assert.deepEqual(preview.expiringMore, ['p0', 'p2', 'p3', 'p4'])
})
