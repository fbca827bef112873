import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keepLevels } from '../lifecycle/keep-counts.ts'
import { periodsAt } from './period.ts'

function shared(a: string, b: string, timeZone: string): string {
  const first = periodsAt(Date.parse(a), timeZone)
  const second = periodsAt(Date.parse(b), timeZone)
  return keepLevels.filter((level) => first[level] === second[level]).join(' ')
}

test('instants share periods by the calendar of the zone', () => {
  const cases: readonly (readonly [a: string, b: string, zone: string, shared: string, why: string])[] = [
    ['2026-11-21T10:00:00Z', '2026-11-21T10:59:59Z', 'UTC', 'hourly daily weekly monthly yearly', 'one hour'],
    ['2026-11-21T10:59:59Z', '2026-11-21T11:00:00Z', 'UTC', 'daily weekly monthly yearly', 'the next hour'],
    ['2026-11-21T23:00:00Z', '2026-11-22T00:00:00Z', 'UTC', 'weekly monthly yearly', 'Saturday, Sunday'],
    ['2026-11-22T23:00:00Z', '2026-11-23T00:00:00Z', 'UTC', 'monthly yearly', 'a week begins on Monday'],
    ['2026-12-31T12:00:00Z', '2027-01-01T12:00:00Z', 'UTC', 'weekly', 'week 53 of 2026'],
    ['2025-01-15T12:00:00Z', '2026-01-15T12:00:00Z', 'UTC', '', 'the same month of another year'],
    ['2026-11-21T22:30:00Z', '2026-11-21T23:30:00Z', 'Europe/Paris', 'weekly monthly yearly', 'midnight in Paris'],
    ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z', 'Europe/Paris', 'daily weekly monthly yearly', '02:30 twice: two hours'],
    ['2026-11-21T10:29:00Z', '2026-11-21T10:31:00Z', 'Asia/Kolkata', 'daily weekly monthly yearly', '15:59 and 16:01'],
    ['2011-12-30T09:30:00Z', '2011-12-30T10:30:00Z', 'Pacific/Apia', 'weekly monthly yearly', '29 December, then the 31st'],
    ['1969-12-31T23:30:00Z', '1970-01-01T00:30:00Z', 'UTC', 'weekly', 'before 1970 too'],
  ]
  for (const [a, b, zone, expected, why] of cases) assert.equal(shared(a, b, zone), expected, why)
})

test('a later period has a greater number', () => {
  const before = periodsAt(Date.UTC(2025, 11, 28, 23), 'UTC')
  const after = periodsAt(Date.UTC(2026, 0, 5), 'UTC')
  for (const level of keepLevels) assert.ok(before[level] < after[level], level)
})
