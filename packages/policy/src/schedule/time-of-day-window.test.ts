import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextOpening, parseTimeOfDayWindow, windowContains } from './time-of-day-window.ts'

const at = (text: string) => Date.parse(text)

test('a window is read', () => {
  const cases: Readonly<Record<string, object>> = {
    '22:00-02:00': { fromMinute: 1320, toMinute: 120 },
    ' 9:30 - 17:00 ': { fromMinute: 570, toMinute: 1020 },
    '00:00-24:00': { fromMinute: 0, toMinute: 1440 },
    'sun 00:00-06:00': { fromMinute: 0, toMinute: 360, weekdays: [0] },
    'Monday and Thursday 22:00-02:00': { fromMinute: 1320, toMinute: 120, weekdays: [1, 4] },
    'fri-sun 22:00-02:00': { fromMinute: 1320, toMinute: 120, weekdays: [0, 5, 6] },
  }
  for (const [text, expected] of Object.entries(cases)) {
    assert.deepEqual(parseTimeOfDayWindow(text, 'UTC'), { timeZone: 'UTC', ...expected }, text)
  }
})

test('what is wrong with a window is told', () => {
  const cases: Readonly<Record<string, string>> = {
    '': '"" is no window of the day',
    '22:00': '"22:00" is no window of the day',
    '22-02': '"22-02" is no window of the day',
    '24:00-02:00': '"24:00" in "24:00-02:00" is no time of day',
    '22:00-25:00': '"25:00" in "22:00-25:00" is no time of day',
    '22:00-22:00': 'the window "22:00-22:00" ends when it begins',
    'funday 22:00-02:00': '"funday" in "funday 22:00-02:00" is no day of the week',
  }
  for (const [text, message] of Object.entries(cases)) {
    assert.throws(() => parseTimeOfDayWindow(text, 'UTC'), { code: 'policy.schedule-invalid', message })
  }
  assert.throws(() => parseTimeOfDayWindow(`mon${' '.repeat(100_000)}x`, 'UTC'), { code: 'policy.schedule-invalid' })
})

test('a window is open at its begin and closed at its end', () => {
  const cases: readonly (readonly [text: string, zone: string, open: readonly string[], closed: readonly string[]])[] = [
    ['09:00-17:00', 'UTC', ['2026-11-21T09:00Z', '2026-11-21T16:59:59.999Z'], ['2026-11-21T08:59:59.999Z', '2026-11-21T17:00Z']],
    [
      '22:00-02:00',
      'UTC',
      ['2026-11-21T22:00Z', '2026-11-22T00:00Z', '2026-11-22T01:59Z'],
      ['2026-11-21T21:59Z', '2026-11-22T02:00Z'],
    ],
    ['22:00-00:00', 'UTC', ['2026-11-21T23:59Z'], ['2026-11-22T00:00Z']],
    ['00:00-24:00', 'UTC', ['2026-11-21T00:00Z', '2026-11-21T23:59:59.999Z'], []],
    ['22:00-02:00', 'Europe/Paris', ['2026-07-21T20:00Z', '2026-11-22T00:59Z'], ['2026-07-21T19:59Z', '2026-11-22T01:00Z']],
    // The hours after midnight belong to the day before: the 22nd of November 2026 is a Sunday.
    ['sat 22:00-02:00', 'UTC', ['2026-11-21T22:00Z', '2026-11-22T01:00Z'], ['2026-11-21T01:00Z', '2026-11-22T22:00Z']],
    ['sun 00:00-06:00', 'UTC', ['2026-11-22T00:00Z', '1969-12-28T03:00Z'], ['2026-11-21T03:00Z', '2026-11-23T00:00Z']],
    // Shown twice, open twice; skipped, not at all.
    ['02:15-02:45', 'Europe/Paris', ['2026-10-25T00:30Z', '2026-10-25T01:30Z'], ['2026-10-25T00:45Z', '2026-10-25T01:00Z']],
    ['02:15-02:45', 'Europe/Paris', [], ['2026-03-29T00:59Z', '2026-03-29T01:00Z']],
  ]
  for (const [text, zone, open, closed] of cases) {
    const window = parseTimeOfDayWindow(text, zone)
    for (const instant of open) assert.equal(windowContains(window, at(instant)), true, `${text} in ${zone} at ${instant}`)
    for (const instant of closed) assert.equal(windowContains(window, at(instant)), false, `${text} in ${zone} at ${instant}`)
  }
})

test('the next opening', () => {
  const cases: readonly (readonly [text: string, zone: string, from: string, opening: string])[] = [
    ['22:00-02:00', 'UTC', '2026-11-21T12:00Z', '2026-11-21T22:00Z'],
    ['22:00-02:00', 'UTC', '2026-11-22T01:30Z', '2026-11-22T01:30Z'],
    ['22:00-02:00', 'UTC', '2026-11-22T02:00Z', '2026-11-22T22:00Z'],
    ['sun 00:00-06:00', 'UTC', '2026-11-22T06:00Z', '2026-11-29T00:00Z'],
    ['00:00-24:00', 'Asia/Kathmandu', '2026-11-22T06:00Z', '2026-11-22T06:00Z'],
    // A gap in the window's begin, a gap that holds all of it, and one on its only day.
    ['02:30-05:00', 'Europe/Paris', '2026-03-28T12:00Z', '2026-03-29T01:00Z'],
    ['02:15-02:45', 'Europe/Paris', '2026-03-28T12:00Z', '2026-03-30T00:15Z'],
    ['sun 02:15-02:45', 'Europe/Paris', '2026-03-22T12:00Z', '2026-04-05T00:15Z'],
    ['00:00-06:00', 'Africa/Cairo', '2024-04-25T12:00Z', '2024-04-25T22:00Z'],
    ['fri 05:00-06:00', 'Pacific/Apia', '2011-12-28T12:00Z', '2012-01-05T15:00Z'],
    // Clocks set back: its begin comes again, or a time within it does.
    ['02:15-02:45', 'Europe/Paris', '2026-10-25T00:50Z', '2026-10-25T01:15Z'],
    ['01:00-02:30', 'Europe/Paris', '2026-10-25T00:40Z', '2026-10-25T01:00Z'],
  ]
  for (const [text, zone, from, opening] of cases) {
    const found = nextOpening(parseTimeOfDayWindow(text, zone), at(from)) ?? Number.NaN
    assert.equal(new Date(found).toISOString(), new Date(at(opening)).toISOString(), `${text} in ${zone} from ${from}`)
  }
})

test('a window without weekdays never opens', () => {
  assert.equal(nextOpening({ timeZone: 'UTC', fromMinute: 0, toMinute: 60, weekdays: [] }, 0), undefined)
})
