import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LockChange, type LockTerms, lockChange } from './lock-change.ts'

const now = new Date('2026-01-10T00:00:00Z')
const day = (n: number) => new Date(Date.UTC(2026, 0, n))

function governance(min?: number, max?: number): LockTerms {
  return { mode: 'governance', minRetentionDays: min, maxRetentionDays: max, lockDate: undefined }
}

function compliance(lockDate: Date, min?: number, max?: number): LockTerms {
  return { mode: 'compliance', minRetentionDays: min, maxRetentionDays: max, lockDate }
}

test('a lock is sharpened when what it allows was allowed before, and weakened otherwise', () => {
  const cases: readonly [LockTerms | undefined, LockTerms | undefined, LockChange][] = [
    [undefined, undefined, 'none'],
    [undefined, governance(), 'sharpens'],
    [undefined, compliance(day(13)), 'sharpens'],
    [governance(7), governance(7), 'none'],
    [governance(7), governance(8), 'sharpens'],
    [governance(7), governance(6), 'weakens'],
    [governance(7), governance(), 'weakens'],
    [governance(7), undefined, 'weakens'],
    [governance(), undefined, 'weakens'],
    [governance(7), governance(7, 30), 'sharpens'],
    [governance(7, 30), governance(7, 29), 'sharpens'],
    [governance(7, 30), governance(7, 31), 'weakens'],
    [governance(7, 30), governance(7), 'weakens'],
    // One thing more and another less is less.
    [governance(7, 30), governance(8, 31), 'weakens'],
    [governance(7), compliance(day(13), 7), 'sharpens'],
    [governance(7), compliance(day(13), 6), 'weakens'],
    // While it cools off, all that others could not take away before stays theirs to consent to.
    [compliance(day(13), 7), compliance(day(13), 7), 'none'],
    [compliance(day(13), 7), compliance(day(12), 7), 'sharpens'],
    [compliance(day(13), 7), compliance(day(14), 7), 'weakens'],
    [compliance(day(13), 7), compliance(day(13), 6), 'weakens'],
    [compliance(day(13), 7), governance(7), 'weakens'],
    [compliance(day(13), 7), undefined, 'weakens'],
    // From its lock date on there is nothing left to decide.
    [compliance(now, 7), compliance(now, 8), 'final'],
    [compliance(now, 7), compliance(now, 7), 'final'],
    [compliance(day(9), 7), undefined, 'final'],
  ]
  for (const [present, wanted, change] of cases)
    assert.equal(lockChange(present, wanted, now), change, JSON.stringify({ present, wanted }))
})
