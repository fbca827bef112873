import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayMs } from '@coffre/foundation'
import { parseTerm, type RetentionPoint } from '@coffre/policy'
import { pointTerms } from './point-terms.ts'

const atMs = Date.UTC(2026, 10, 21)

const good = {
  id: 'p',
  sourceId: 's',
  vaultId: 'v',
  completedMs: atMs,
  state: 'good',
  lifecycle: {},
  levelsAtCommit: [],
  holdIds: [],
  copyJobIds: [],
  baseOfStreamIds: [],
} as const satisfies RetentionPoint

test('a base is locked for the window that needs it, however short its own term is', () => {
  const cases = [
    { deleteAfter: '2d', windowDays: undefined, days: 2 },
    { deleteAfter: '2d', windowDays: 7, days: 11 },
    { deleteAfter: '8d', windowDays: 7, days: 8 },
    { deleteAfter: '2d', windowDays: 60, days: 60 },
    { deleteAfter: '2d', windowDays: 7, earlier: [good], days: 2 },
    { deleteAfter: '2d', windowDays: 7, earlier: [good], lockMode: null, days: undefined },
  ]
  for (const { deleteAfter, windowDays, earlier = [], lockMode = 'compliance', days } of cases) {
    const vault = { name: 'main', lockMode: lockMode as 'compliance' | null, minRetentionDays: 1, maxRetentionDays: 60 }
    const { lockUntilMs } = pointTerms({ deleteAfter: parseTerm(deleteAfter) }, 'UTC', atMs, earlier, vault, windowDays)
    assert.equal(lockUntilMs === undefined ? undefined : (lockUntilMs - atMs) / dayMs, days, `${deleteAfter} in ${windowDays}`)
  }
})
