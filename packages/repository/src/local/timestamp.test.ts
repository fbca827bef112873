import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { isCoffreError } from '@coffre/foundation'
import { compareInstants, compareTimes, formatInstant, parseTimestamp, sameInstant, timestampWriter } from './timestamp.ts'

const inGreenwich = timestampWriter(() => 0)

/** As Go prints `time.Unix(seconds, nanoseconds)` in a zone of so many minutes. */
const known: readonly (readonly [seconds: number, nanoseconds: number, minutes: number, text: string])[] = [
  [0, 0, 0, '1970-01-01T00:00:00Z'],
  [0, 0, 60, '1970-01-01T01:00:00+01:00'],
  [1417884623, 345135380, 60, '2014-12-06T17:50:23.34513538+01:00'],
  [1417884623, 1, 0, '2014-12-06T16:50:23.000000001Z'],
  [1417884623, 100000000, -210, '2014-12-06T13:20:23.1-03:30'],
  [1417884623, 999999999, 345, '2014-12-06T22:35:23.999999999+05:45'],
  [-1, 999999999, 0, '1969-12-31T23:59:59.999999999Z'],
  [-86401, 0, 0, '1969-12-30T23:59:59Z'],
  [951782400, 0, 0, '2000-02-29T00:00:00Z'],
  [-62135596800, 0, 0, '0001-01-01T00:00:00Z'],
  [-62167219200, 0, 0, '0000-01-01T00:00:00Z'],
  [9223372037, 0, 0, '2262-04-11T23:47:17Z'],
  [253402300799, 999999999, 0, '9999-12-31T23:59:59.999999999Z'],
]

for (const [seconds, nanoseconds, minutes, text] of known) {
  test(`${seconds}.${nanoseconds} at ${minutes} minutes is ${text}, and back`, () => {
    assert.equal(timestampWriter(() => minutes)({ seconds, nanoseconds }), text)
    assert.deepEqual(parseTimestamp(text), { seconds, nanoseconds })
  })
}

test('years that the format has no room for are moved to its ends, as restic does', () => {
  assert.equal(inGreenwich({ seconds: 253402300800, nanoseconds: 5 }), '9999-01-01T00:00:00.000000005Z')
  assert.equal(inGreenwich({ seconds: 951782400 + 86400 * 146097 * 20, nanoseconds: 0 }), '9999-03-01T00:00:00Z')
  assert.equal(inGreenwich({ seconds: -62167219201, nanoseconds: 0 }), '0000-12-31T23:59:59Z')
  assert.match(inGreenwich({ seconds: 2 ** 62, nanoseconds: 0 }), /^9999-/)
  assert.match(inGreenwich({ seconds: -(2 ** 62), nanoseconds: 0 }), /^0000-/)
})

test('the zone of the process is that of the instant, summer and winter', () => {
  const { TZ } = process.env
  process.env['TZ'] = 'Europe/Paris'
  try {
    const write = timestampWriter()
    assert.equal(write({ seconds: 1711846799, nanoseconds: 0 }), '2024-03-31T01:59:59+01:00')
    assert.equal(write({ seconds: 1711846800, nanoseconds: 0 }), '2024-03-31T03:00:00+02:00')
    assert.equal(write({ seconds: 1729990799, nanoseconds: 7 }), '2024-10-27T02:59:59.000000007+02:00')
    assert.equal(write({ seconds: 1729990800, nanoseconds: 0 }), '2024-10-27T02:00:00+01:00')
  } finally {
    if (TZ === undefined) delete process.env['TZ']
    else process.env['TZ'] = TZ
  }
})

test('a zone of odd seconds does not move the instant', () => {
  const { TZ } = process.env
  process.env['TZ'] = 'Africa/Monrovia'
  try {
    const time = { seconds: -86400 * 365 * 2, nanoseconds: 3 }
    assert.deepEqual(parseTimestamp(timestampWriter()(time)), time)
  } finally {
    if (TZ === undefined) delete process.env['TZ']
    else process.env['TZ'] = TZ
  }
})

test('random times survive writing and reading in any zone', () => {
  const seed = Number(process.env['COFFRE_TEST_SEED'] ?? randomInt(2 ** 32))
  let state = seed
  const next = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  for (let i = 0; i < 20_000; i++) {
    const seconds = -62167132800 + next(315569347200) + next(1000)
    const time = { seconds, nanoseconds: next(1e9) }
    const text = timestampWriter(() => next(27 * 60) - 12 * 60)(time)
    assert.deepEqual(parseTimestamp(text), time, `seed ${seed}, ${text}`)
    assert.equal(
      inGreenwich({ seconds, nanoseconds: 0 }).slice(0, 19),
      new Date(seconds * 1000).toISOString().slice(0, 19),
      `seed ${seed}`,
    )
  }
})

test('digits beyond nanoseconds are dropped', () => {
  assert.deepEqual(parseTimestamp('1970-01-01T00:00:01.1234567899Z'), { seconds: 1, nanoseconds: 123456789 })
})

for (const text of [
  '',
  '2024-01-01',
  '2024-01-01 00:00:00Z',
  '2024-13-01T00:00:00Z',
  '2024-02-30T00:00:00Z',
  '2023-02-29T00:00:00Z',
  '2024-01-00T00:00:00Z',
  '2024-01-01T24:00:00Z',
  '2024-01-01T00:60:00Z',
  '2024-01-01T00:00:60Z',
  '2024-01-01T00:00:00',
  '2024-01-01T00:00:00,5Z',
  '2024-01-01T00:00:00.Z',
  '2024-01-01T00:00:00+24:00',
  '2024-01-01T00:00:00+01:60',
  '10000-01-01T00:00:00Z',
]) {
  test(`'${text}' is no timestamp`, () => {
    assert.throws(
      () => parseTimestamp(text),
      (error) => isCoffreError(error, 'repository.damaged'),
    )
  })
}

test('instants compare across zones', () => {
  assert.ok(sameInstant('2024-03-31T03:00:00.5+02:00', '2024-03-31T01:00:00.500Z'))
  assert.ok(!sameInstant('2024-03-31T03:00:00.000000001Z', '2024-03-31T03:00:00Z'))
  assert.ok(compareInstants('2024-03-31T03:00:00+02:00', '2024-03-31T02:00:00Z') < 0)
  assert.ok(compareTimes({ seconds: 1, nanoseconds: 2 }, { seconds: 1, nanoseconds: 1 }) > 0)
})

test("a clock's milliseconds", () => {
  assert.deepEqual(parseTimestamp(formatInstant(-1)), { seconds: -1, nanoseconds: 999000000 })
  assert.deepEqual(parseTimestamp(formatInstant(1500.25)), { seconds: 1, nanoseconds: 500250000 })
  assert.ok(sameInstant(formatInstant(1500), '1970-01-01T00:00:01.5Z'))
})
