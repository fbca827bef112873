import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextOccurrence, occurrences } from './occurrence.ts'
import { parseSchedule } from './parse-schedule.ts'

const at = (text: string) => Date.parse(text)
const shown = (instantMs: number) => new Date(instantMs).toISOString().replace(':00.000Z', 'Z')

/** The first runs after `after`. */
function runs(text: string, timeZone: string, after: string, count: number, anchorMs = 0): string[] {
  const basis = { timeZone, anchorMs }
  return [...occurrences(parseSchedule(text), basis, at(after), Number.POSITIVE_INFINITY).take(count)].map(shown)
}

test('runs come strictly after the instant given', () => {
  assert.deepEqual(runs('0 2 * * *', 'UTC', '2026-11-21T01:59:59.999Z', 1), ['2026-11-21T02:00Z'])
  assert.deepEqual(runs('0 2 * * *', 'UTC', '2026-11-21T02:00:00.000Z', 1), ['2026-11-22T02:00Z'])
  assert.deepEqual(runs('* * * * *', 'UTC', '2026-11-21T02:00:00.000Z', 1), ['2026-11-21T02:01Z'])
  assert.deepEqual(runs('* * * * *', 'UTC', '2026-11-21T02:00:00.001Z', 1), ['2026-11-21T02:01Z'])
})

test('days of a month', () => {
  const cases: readonly (readonly [text: string, from: string, days: readonly string[]])[] = [
    ['cron(0 0 L * ? *)', '2027-12-30', ['2027-12-31', '2028-01-31', '2028-02-29', '2028-03-31']],
    ['cron(0 0 L-30 * ? *)', '2027-11-30', ['2027-12-01', '2028-01-01', '2028-03-01', '2028-05-01']],
    ['cron(0 0 LW * ? *)', '2027-12-30', ['2027-12-31', '2028-01-31', '2028-02-29', '2028-03-31', '2028-04-28']],
    // Saturday the 1st has its Monday in the month, Sunday the 31st its Friday; there is no 31st to be near to in September.
    ['cron(0 0 1W 1,5,7,10 ? 2028)', '2027-12-30', ['2028-01-03', '2028-05-01', '2028-07-03', '2028-10-02']],
    ['cron(0 0 31W 8-12 ? 2027)', '2027-07-31', ['2027-08-31', '2027-10-29', '2027-12-31']],
    ['cron(0 0 15W * ? *)', '2027-12-01', ['2027-12-15', '2028-01-14', '2028-02-15', '2028-03-15', '2028-04-14', '2028-05-15']],
    ['cron(0 0 ? * 6#3 *)', '2027-12-01', ['2027-12-17', '2028-01-21', '2028-02-18']],
    ['cron(0 0 ? * 3#5 *)', '2028-01-01', ['2028-02-29', '2028-05-30', '2028-08-29']],
    ['cron(0 0 ? * 6L *)', '2027-12-01', ['2027-12-31', '2028-01-28', '2028-02-25']],
    ['cron(0 0 ? * L *)', '2027-12-01', ['2027-12-04', '2027-12-11']],
    ['0 0 13 * 5', '2027-12-01', ['2027-12-03', '2027-12-10', '2027-12-13', '2027-12-17']],
    ['0 0 */2 * 5', '2027-12-01', ['2027-12-03', '2027-12-17', '2027-12-31', '2028-01-07', '2028-01-21']],
    ['0 0 29 2 *', '2027-12-01', ['2028-02-29', '2032-02-29']],
    ['cron(0 0 29 2 ? 2096/4)', '2027-12-01', ['2096-02-29', '2104-02-29']],
  ]
  for (const [text, from, days] of cases) {
    const expected = days.map((day) => `${day}T00:00Z`)
    assert.deepEqual(runs(text, 'UTC', `${from}T00:00Z`, days.length), expected, text)
  }
})

test('there is none after the last year', () => {
  const basis = { timeZone: 'Europe/Paris', anchorMs: 0 }
  const next = (text: string, after: string) => nextOccurrence(parseSchedule(text), basis, at(after))
  assert.equal(next('cron(0 0 1 1 ? 2026)', '2025-12-31T22:00Z'), at('2025-12-31T23:00Z'))
  assert.equal(next('cron(0 0 1 1 ? 2026)', '2025-12-31T23:00Z'), undefined)
  assert.equal(next('cron(0 * 1 1 ? 2026)', '2026-01-01T22:00Z'), undefined)
  assert.equal(next('0 2 * * *', '2199-12-31T00:59:59Z'), at('2199-12-31T01:00Z'))
  assert.equal(next('0 2 * * *', '2199-12-31T01:00Z'), undefined)
  assert.equal(next('0 2 1 1 *', '1950-01-01T00:00Z'), at('1970-01-01T01:00Z'))
  assert.deepEqual(
    [...occurrences(parseSchedule('cron(0 0 1 1 ? 2026)'), basis, 0, Number.POSITIVE_INFINITY)],
    [at('2025-12-31T23:00Z')],
  )
})

test('a range begins after its first instant and includes its last', () => {
  const between = (after: string, through: string) =>
    [...occurrences(parseSchedule('0 */6 * * *'), { timeZone: 'UTC', anchorMs: 0 }, at(after), at(through))].map(shown)
  assert.deepEqual(between('2026-11-21T06:00Z', '2026-11-21T18:00Z'), ['2026-11-21T12:00Z', '2026-11-21T18:00Z'])
  assert.deepEqual(between('2026-11-21T06:00Z', '2026-11-21T11:59:59Z'), [])
})

/** Each: a schedule, a zone, an instant, and the runs that follow it. */
type Expectation = readonly [text: string, zone: string, after: string, runs: readonly string[]]

function expectAll(expectations: readonly Expectation[]): void {
  for (const [text, zone, after, expected] of expectations) {
    assert.deepEqual(runs(text, zone, after, expected.length), expected, `${text} in ${zone}`)
  }
}

test('what was due at a skipped time runs right after the gap, once', () => {
  expectAll([
    // 02:00 to 03:00 is skipped on the 29th of March.
    ['30 2 * * *', 'Europe/Paris', '2026-03-28T00:00Z', ['2026-03-28T01:30Z', '2026-03-29T01:00Z', '2026-03-30T00:30Z']],
    ['*/15 2 * * *', 'Europe/Paris', '2026-03-28T01:40Z', ['2026-03-28T01:45Z', '2026-03-29T01:00Z', '2026-03-30T00:00Z']],
    ['0 1-4 * * *', 'Europe/Paris', '2026-03-28T23:30Z', ['2026-03-29T00:00Z', '2026-03-29T01:00Z', '2026-03-29T02:00Z']],
    ['30 1-4 * * *', 'Europe/Paris', '2026-03-29T00:00Z', ['2026-03-29T00:30Z', '2026-03-29T01:00Z', '2026-03-29T01:30Z']],
    ['every 2h', 'Europe/Paris', '2026-03-28T22:30Z', ['2026-03-28T23:00Z', '2026-03-29T01:00Z', '2026-03-29T02:00Z']],
    ['every 90m', 'Europe/Paris', '2026-03-28T23:30Z', ['2026-03-29T00:30Z', '2026-03-29T01:00Z', '2026-03-29T02:30Z']],
    ['cron(30 2 29 3 ? 2026)', 'Europe/Paris', '2026-01-01T00:00Z', ['2026-03-29T01:00Z']],
    ['cron(30 2 ? * SUN *)', 'Europe/Paris', '2026-03-29T00:59:59Z', ['2026-03-29T01:00Z', '2026-04-05T00:30Z']],
    // Half an hour.
    ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T12:00Z', ['2026-10-03T15:30Z', '2026-10-04T15:15Z']],
    // A whole day: Friday the 30th of December 2011.
    ['0 2 * * *', 'Pacific/Apia', '2011-12-29T13:00Z', ['2011-12-30T10:00Z', '2011-12-30T12:00Z']],
    ['every week on friday at 05:00', 'Pacific/Apia', '2011-12-29T13:00Z', ['2011-12-30T10:00Z', '2012-01-05T15:00Z']],
    // At midnight.
    ['0 0 * * *', 'America/Sao_Paulo', '2018-11-03T12:00Z', ['2018-11-04T03:00Z', '2018-11-05T02:00Z']],
    ['@daily', 'Asia/Beirut', '2024-03-30T12:00Z', ['2024-03-30T22:00Z', '2024-03-31T21:00Z']],
    ['30 0 * * *', 'Africa/Cairo', '2024-04-25T12:00Z', ['2024-04-25T22:00Z', '2024-04-26T21:30Z']],
    ['0 0 1 * *', 'Africa/Monrovia', '1972-01-06T00:00Z', ['1972-02-01T00:00Z']],
    ['10 0 * * *', 'Africa/Monrovia', '1972-01-06T01:00Z', ['1972-01-07T00:44:30.000Z', '1972-01-08T00:10Z']],
  ])
})

test('what is due at a time shown twice runs at the first', () => {
  expectAll([
    // 02:00 to 03:00 comes twice on the 25th of October.
    ['30 2 * * *', 'Europe/Paris', '2026-10-24T12:00Z', ['2026-10-25T00:30Z', '2026-10-26T01:30Z']],
    ['*/20 2 * * *', 'Europe/Paris', '2026-10-25T00:30Z', ['2026-10-25T00:40Z', '2026-10-26T01:00Z']],
    ['*/20 2-3 * * *', 'Europe/Paris', '2026-10-25T00:30Z', ['2026-10-25T00:40Z', '2026-10-25T02:00Z', '2026-10-25T02:20Z']],
    ['every 2h', 'Europe/Paris', '2026-10-24T21:00Z', ['2026-10-24T22:00Z', '2026-10-25T00:00Z', '2026-10-25T03:00Z']],
    // Asked within the second: both have been.
    ['10 2 * * *', 'Europe/Paris', '2026-10-25T01:05Z', ['2026-10-26T01:10Z']],
    ['45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T12:00Z', ['2026-04-04T14:45Z', '2026-04-05T15:15Z']],
    ['0 0 * * *', 'America/Havana', '2026-10-31T12:00Z', ['2026-11-01T04:00Z', '2026-11-02T05:00Z']],
    // Back over midnight, so that Saturday comes again after Sunday has begun.
    ['30 23 * * 6', 'America/St_Johns', '2010-11-06T12:00Z', ['2010-11-07T02:00Z', '2010-11-14T03:00Z']],
    ['0 0 * * *', 'America/St_Johns', '2010-11-06T12:00Z', ['2010-11-07T02:30Z', '2010-11-08T03:30Z']],
  ])
})

test('what runs in every hour follows the clocks: nothing is made up, and both equal hours count', () => {
  expectAll([
    ['0 * * * *', 'Europe/Paris', '2026-03-28T23:30Z', ['2026-03-29T00:00Z', '2026-03-29T01:00Z', '2026-03-29T02:00Z']],
    ['every 15m', 'Europe/Paris', '2026-03-29T00:40Z', ['2026-03-29T00:45Z', '2026-03-29T01:00Z', '2026-03-29T01:15Z']],
    ['30 * * * *', 'Europe/Paris', '2026-03-29T00:00Z', ['2026-03-29T00:30Z', '2026-03-29T01:30Z']],
    ['0 * * * *', 'Europe/Paris', '2026-10-24T23:30Z', ['2026-10-25T00:00Z', '2026-10-25T01:00Z', '2026-10-25T02:00Z']],
    ['50 0-23 * * *', 'Europe/Paris', '2026-10-25T00:50Z', ['2026-10-25T01:50Z', '2026-10-25T02:50Z']],
    ['every 45m', 'Europe/Paris', '2026-10-25T00:00Z', ['2026-10-25T00:15Z', '2026-10-25T01:15Z', '2026-10-25T02:00Z']],
    ['every 30m', 'Australia/Lord_Howe', '2026-10-03T14:45Z', ['2026-10-03T15:00Z', '2026-10-03T15:30Z', '2026-10-03T16:00Z']],
    ['15 * * * *', 'Australia/Lord_Howe', '2026-10-03T14:00Z', ['2026-10-03T14:45Z', '2026-10-03T16:15Z']],
    ['40 * * * *', 'Australia/Lord_Howe', '2026-04-04T14:00Z', ['2026-04-04T14:40Z', '2026-04-04T15:10Z', '2026-04-04T16:10Z']],
    ['30 * * * *', 'Pacific/Apia', '2011-12-30T09:00Z', ['2011-12-30T09:30Z', '2011-12-30T10:30Z']],
    // Saturday's last hour comes again after Sunday has begun.
    ['30 * * * 6', 'America/St_Johns', '2010-11-07T01:30Z', ['2010-11-07T02:00Z', '2010-11-07T03:00Z', '2010-11-13T04:00Z']],
    // A gap far ahead, into which the first match falls, is looked through as well.
    ['0 * 30,31 12 *', 'Pacific/Apia', '2011-06-01T00:00Z', ['2011-12-30T10:00Z', '2011-12-30T11:00Z']],
    ['0 * 29 3 *', 'Europe/Paris', '2026-03-29T00:00Z', ['2026-03-29T01:00Z']],
    ['30 * * 10 0', 'Europe/Paris', '2026-10-25T00:00Z', ['2026-10-25T00:30Z', '2026-10-25T01:30Z', '2026-10-25T02:30Z']],
  ])
})

test('an interval begins anew each day', () => {
  assert.deepEqual(runs('every 5h from 20:00', 'UTC', '2026-11-21T15:00Z', 4), [
    '2026-11-21T16:00Z',
    '2026-11-21T20:00Z',
    '2026-11-22T01:00Z',
    '2026-11-22T06:00Z',
  ])
  assert.deepEqual(runs('every 100m from 00:30', 'UTC', '2026-11-21T21:00Z', 4), [
    '2026-11-21T22:10Z',
    '2026-11-21T23:50Z',
    '2026-11-22T00:30Z',
    '2026-11-22T02:10Z',
  ])
})

test('a rate counts elapsed time from its anchor, whatever clocks show', () => {
  const anchorMs = at('2026-03-28T12:10:30Z')
  const rate = (text: string, after: string, count: number) => runs(text, 'Europe/Paris', after, count, anchorMs)
  assert.deepEqual(rate('rate(1 day)', '2026-03-28T12:10:30Z', 2), ['2026-03-29T12:10:30.000Z', '2026-03-30T12:10:30.000Z'])
  assert.deepEqual(rate('rate(6 hours)', '2026-03-29T00:10:29Z', 2), ['2026-03-29T00:10:30.000Z', '2026-03-29T06:10:30.000Z'])
  assert.deepEqual(rate('rate(6 hours)', '2020-01-01T00:00Z', 1), ['2026-03-28T18:10:30.000Z'])
})

test('an unknown zone is refused', () => {
  const basis = { timeZone: 'Europe/Pariss', anchorMs: 0 }
  assert.throws(() => nextOccurrence(parseSchedule('0 2 * * *'), basis, 0), { code: 'policy.schedule-invalid' })
})
