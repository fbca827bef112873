import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hourMs } from '@coffre/foundation'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { addTerm, compareTerms } from './add-term.ts'
import { parseTerm, termUnits } from './term.ts'

test('a term is added by the calendar of the zone', () => {
  const cases: readonly (readonly [from: string, term: string, zone: string, to: string, why: string])[] = [
    ['2026-01-31T10:00:00Z', '1m', 'UTC', '2026-02-28T10:00:00Z', 'the last of a shorter month'],
    ['2024-01-31T10:00:00Z', '1m', 'UTC', '2024-02-29T10:00:00Z', 'a leap year'],
    ['2024-02-29T10:00:00Z', '1y', 'UTC', '2025-02-28T10:00:00Z', 'no 29 February'],
    ['2026-11-30T23:59:59.999Z', '3m', 'UTC', '2027-02-28T23:59:59.999Z', 'milliseconds stay'],
    ['2026-03-28T11:00:00Z', '1d', 'Europe/Paris', '2026-03-29T10:00:00Z', '12:00 local on both days'],
    ['2026-10-24T10:00:00Z', '1w', 'Europe/Paris', '2026-10-31T11:00:00Z', '12:00 local, after the clocks went back'],
    ['2026-03-28T11:00:00Z', '24h', 'Europe/Paris', '2026-03-29T11:00:00Z', 'hours are counted as they pass'],
    ['2026-03-28T01:30:00Z', '1d', 'Europe/Paris', '2026-03-29T01:00:00Z', '02:30 is skipped: right after the gap'],
    ['2026-10-24T00:30:00Z', '1d', 'Europe/Paris', '2026-10-25T00:30:00Z', '02:30 is doubled: its first pass'],
    ['2026-01-31T23:30:00Z', '1m', 'Europe/Paris', '2026-02-28T23:30:00Z', '1 February local: 1 March local'],
    ['2025-12-31T20:00:00Z', '1m', 'Asia/Tokyo', '2026-01-31T20:00:00Z', '1 January local: 1 February local'],
    ['2026-02-28T12:00:00Z', '2y', 'America/New_York', '2028-02-28T12:00:00Z', 'years'],
  ]
  for (const [from, term, zone, to, why] of cases) {
    assert.equal(new Date(addTerm(Date.parse(from), parseTerm(term), zone)).toISOString(), new Date(to).toISOString(), why)
  }
})

test('which of two terms ends first depends on where they are counted from', () => {
  const month = parseTerm('1m')
  const thirtyDays = parseTerm('30d')
  assert.ok(compareTerms(month, thirtyDays, Date.UTC(2026, 0, 1), 'UTC') > 0)
  assert.ok(compareTerms(month, thirtyDays, Date.UTC(2026, 1, 1), 'UTC') < 0)
  assert.equal(compareTerms(month, thirtyDays, Date.UTC(2026, 3, 1), 'UTC'), 0)
  assert.ok(compareTerms(parseTerm('24h'), parseTerm('1d'), Date.UTC(2026, 2, 28, 12), 'Europe/Paris') > 0)
})

test('a longer term of the same unit never ends sooner', () => {
  const random = new SeededRandom(testSeed('add-term'))
  const zones = ['UTC', 'Europe/Paris', 'America/St_Johns', 'Australia/Lord_Howe', 'Pacific/Apia']
  for (let round = 0; round < 2000; round++) {
    const fromMs = Date.UTC(2005, 0, 1) + random.integer(20 * 365 * 86_400) * 1000
    const unit = termUnits[random.integer(termUnits.length)] ?? 'days'
    const zone = zones[random.integer(zones.length)] ?? 'UTC'
    const value = 1 + random.integer(40)
    const shorter = addTerm(fromMs, { value, unit }, zone)
    const longer = addTerm(fromMs, { value: value + 1, unit }, zone)
    assert.ok(fromMs < shorter && shorter <= longer, `${new Date(fromMs).toISOString()} + ${value} ${unit} in ${zone}`)
    if (unit === 'hours') assert.equal(longer - fromMs, (value + 1) * hourMs)
  }
})
