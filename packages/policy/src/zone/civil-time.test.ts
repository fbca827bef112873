import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hourMs } from '@coffre/foundation'
import { type CivilTime, civilTimeOf, instantsOfCivilTime } from './civil-time.ts'

/** `2011-12-30 05:00` or with seconds. */
function civil(text: string): CivilTime {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = text.split(/[- :]/).map(Number)
  return { year, month, day, hour, minute, second }
}

const at = (text: string) => Date.parse(text)

test('the local time of an instant', () => {
  const cases: readonly (readonly [zone: string, instant: string, shown: string])[] = [
    ['UTC', '2026-11-21T14:37:22Z', '2026-11-21 14:37:22'],
    ['Europe/Paris', '2026-01-01T23:30:00Z', '2026-01-02 00:30:00'],
    ['Asia/Kathmandu', '2026-05-01T00:00:00Z', '2026-05-01 05:45:00'],
    ['Asia/Kathmandu', '1985-12-31T18:29:59Z', '1985-12-31 23:59:59'],
    ['Asia/Kathmandu', '1985-12-31T18:30:00Z', '1986-01-01 00:15:00'],
    ['Australia/Lord_Howe', '2026-04-04T14:59:59Z', '2026-04-05 01:59:59'],
    ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', '2026-04-05 01:30:00'],
    ['Pacific/Apia', '2011-12-30T09:59:59Z', '2011-12-29 23:59:59'],
    ['Pacific/Apia', '2011-12-30T10:00:00Z', '2011-12-31 00:00:00'],
    ['America/Sao_Paulo', '2018-11-04T03:00:00Z', '2018-11-04 01:00:00'],
    ['Africa/Monrovia', '1971-06-01T12:00:00Z', '1971-06-01 11:15:30'],
    ['Europe/Dublin', '1969-12-31T23:00:00Z', '1970-01-01 00:00:00'],
    ['Pacific/Kiritimati', '2150-01-01T00:00:00Z', '2150-01-01 14:00:00'],
  ]
  for (const [zone, instant, shown] of cases) assert.deepEqual(civilTimeOf(zone, at(instant)), civil(shown), `${zone} ${instant}`)
})

test('milliseconds belong to their second', () => {
  assert.deepEqual(civilTimeOf('Europe/Paris', at('2026-03-29T00:59:59.999Z')), civil('2026-03-29 01:59:59'))
})

test('a local time that comes once', () => {
  const cases: readonly (readonly [zone: string, shown: string, instant: string])[] = [
    ['UTC', '2026-11-21 14:37:22', '2026-11-21T14:37:22Z'],
    ['Europe/Paris', '2026-03-29 01:59:59', '2026-03-29T00:59:59Z'],
    ['Europe/Paris', '2026-03-29 03:00', '2026-03-29T01:00:00Z'],
    ['Europe/Paris', '2026-10-25 01:59:59', '2026-10-24T23:59:59Z'],
    ['Europe/Paris', '2026-10-25 03:00', '2026-10-25T02:00:00Z'],
    ['Pacific/Apia', '2011-12-29 23:59:59', '2011-12-30T09:59:59Z'],
    ['Pacific/Apia', '2011-12-31 00:00', '2011-12-30T10:00:00Z'],
    ['Pacific/Kiritimati', '2026-01-01 00:00', '2025-12-31T10:00:00Z'],
    ['Etc/GMT+12', '2026-01-01 23:59', '2026-01-02T11:59:00Z'],
  ]
  for (const [zone, shown, instant] of cases) {
    assert.deepEqual(instantsOfCivilTime(zone, civil(shown)), { kind: 'one', instantMs: at(instant) }, `${zone} ${shown}`)
  }
})

test('a local time that is skipped leads to the first instant after the gap', () => {
  const cases: readonly (readonly [zone: string, skipped: string, change: string])[] = [
    ['Europe/Paris', '2026-03-29 02:00', '2026-03-29T01:00:00Z'],
    ['Europe/Paris', '2026-03-29 02:59:59', '2026-03-29T01:00:00Z'],
    ['Australia/Lord_Howe', '2026-10-04 02:00', '2026-10-03T15:30:00Z'],
    ['Australia/Lord_Howe', '2026-10-04 02:29:59', '2026-10-03T15:30:00Z'],
    ['Pacific/Apia', '2011-12-30 00:00', '2011-12-30T10:00:00Z'],
    ['Pacific/Apia', '2011-12-30 23:59:59', '2011-12-30T10:00:00Z'],
    ['Pacific/Kwajalein', '1993-08-21 12:00', '1993-08-21T12:00:00Z'],
    ['Asia/Kathmandu', '1986-01-01 00:10', '1985-12-31T18:30:00Z'],
    ['America/Sao_Paulo', '2018-11-04 00:30', '2018-11-04T03:00:00Z'],
    ['Asia/Beirut', '2024-03-31 00:00', '2024-03-30T22:00:00Z'],
    ['Africa/Cairo', '2024-04-26 00:59:59', '2024-04-25T22:00:00Z'],
    ['Africa/Monrovia', '1972-01-07 00:10', '1972-01-07T00:44:30Z'],
  ]
  for (const [zone, skipped, change] of cases) {
    assert.deepEqual(instantsOfCivilTime(zone, civil(skipped)), { kind: 'gap', instantMs: at(change) }, `${zone} ${skipped}`)
  }
})

test('a local time that is shown twice', () => {
  const cases: readonly (readonly [zone: string, doubled: string, first: string, second: string])[] = [
    ['Europe/Paris', '2026-10-25 02:00', '2026-10-25T00:00:00Z', '2026-10-25T01:00:00Z'],
    ['Europe/Paris', '2026-10-25 02:59:59', '2026-10-25T00:59:59Z', '2026-10-25T01:59:59Z'],
    ['Australia/Lord_Howe', '2026-04-05 01:30', '2026-04-04T14:30:00Z', '2026-04-04T15:00:00Z'],
    ['America/Sao_Paulo', '2018-02-17 23:30', '2018-02-18T01:30:00Z', '2018-02-18T02:30:00Z'],
    ['America/Havana', '2026-11-01 00:00', '2026-11-01T04:00:00Z', '2026-11-01T05:00:00Z'],
    ['America/St_Johns', '2010-11-06 23:30', '2010-11-07T02:00:00Z', '2010-11-07T03:00:00Z'],
    ['America/St_Johns', '2010-11-07 00:00', '2010-11-07T02:30:00Z', '2010-11-07T03:30:00Z'],
    ['Antarctica/Troll', '2026-10-25 02:30', '2026-10-25T00:30:00Z', '2026-10-25T02:30:00Z'],
  ]
  for (const [zone, doubled, first, second] of cases) {
    const expected = { kind: 'overlap', instantMs: at(first), secondMs: at(second) }
    assert.deepEqual(instantsOfCivilTime(zone, civil(doubled)), expected, `${zone} ${doubled}`)
  }
})

test('values beyond their range carry over', () => {
  assert.deepEqual(instantsOfCivilTime('UTC', civil('2026-12-32 24:60')), { kind: 'one', instantMs: at('2027-01-02T01:00:00Z') })
})

/** The table rests on it: a stretch of six days that begins and ends at the same offset is taken to have no change. */
test('offsets are what Intl says, hour by hour around every kind of change', () => {
  const eras: readonly (readonly [zone: string, from: string, days: number])[] = [
    ['Africa/Cairo', '2010-04-20T00:00:00Z', 180],
    ['Africa/Casablanca', '2026-02-01T00:00:00Z', 70],
    ['Asia/Gaza', '2011-03-20T00:00:00Z', 200],
    ['Pacific/Apia', '2011-09-01T00:00:00Z', 130],
    ['Asia/Pyongyang', '2015-08-01T00:00:00Z', 30],
    ['America/Caracas', '2016-04-20T00:00:00Z', 30],
    ['Antarctica/Casey', '2009-10-01T00:00:00Z', 200],
    ['America/Recife', '2000-10-01T00:00:00Z', 30],
  ]
  for (const [zone, from, days] of eras) {
    const format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' })
    for (let hour = 0; hour < days * 24; hour++) {
      const instantMs = at(from) + hour * hourMs
      const { year, month, day, hour: hours, minute, second } = civilTimeOf(zone, instantMs)
      const shown = format.format(instantMs).split(/\D+/).map(Number)
      assert.deepEqual([day, month, year, hours, minute, second], shown, `${zone} ${new Date(instantMs).toISOString()}`)
    }
  }
})
