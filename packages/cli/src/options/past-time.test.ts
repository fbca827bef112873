import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCoffreError } from '@coffre/foundation'
import { ValueError } from './option.ts'
import { parsePastTime } from './past-time.ts'

const now = Date.parse('2026-11-21T12:00:00Z')

test('instants with a zone, and how long ago something was, in both languages', () => {
  const cases: readonly (readonly [given: string, instant: string])[] = [
    ['2026-11-21T14:37:21Z', '2026-11-21T14:37:21.000Z'],
    ['2026-11-21t14:37:21z', '2026-11-21T14:37:21.000Z'],
    ['2026-11-21 14:37:21+01:00', '2026-11-21T13:37:21.000Z'],
    ['2026-11-21 14:37:21 -0330', '2026-11-21T18:07:21.000Z'],
    ['2026-11-21T14:37+02', '2026-11-21T12:37:00.000Z'],
    ['2026-11-21T14:37:21.250Z', '2026-11-21T14:37:21.250Z'],
    ['2026-11-21T14:37:21,5Z', '2026-11-21T14:37:21.500Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['10 minutes ago', '2026-11-21T11:50:00.000Z'],
    [' 1 hour  ago ', '2026-11-21T11:00:00.000Z'],
    ['a day ago', '2026-11-20T12:00:00.000Z'],
    ['an hour ago', '2026-11-21T11:00:00.000Z'],
    ['90 seconds ago', '2026-11-21T11:58:30.000Z'],
    ['2 Weeks Ago', '2026-11-07T12:00:00.000Z'],
    ['il y a 10 minutes', '2026-11-21T11:50:00.000Z'],
    ['Il y a une heure', '2026-11-21T11:00:00.000Z'],
    ['il y a 3 jours', '2026-11-18T12:00:00.000Z'],
    ['il y a 2 semaines', '2026-11-07T12:00:00.000Z'],
  ]
  for (const [given, instant] of cases) assert.equal(new Date(parsePastTime(given)(now)).toISOString(), instant, given)
})

test('what is no time is refused', () => {
  for (const given of [
    '',
    'yesterday',
    '2026-11-31T10:00:00Z',
    '2026-13-01T10:00Z',
    '2026-11-21T25:00Z',
    '10 fortnights ago',
    'ago',
    '1',
  ])
    assert.throws(() => parsePastTime(given), ValueError, given)
})

test('a time without a zone is refused, and offered as this machine would mean it', () => {
  for (const given of ['2026-11-21 14:37:21', '2026-11-21T14:37', '2026-11-21']) {
    assert.throws(
      () => parsePastTime(given),
      (error) => {
        assert.ok(isCoffreError(error, 'usage.invalid'))
        const offered = /2026-11-21T\S+/.exec(error.hint ?? '')?.[0] ?? ''
        assert.equal(parsePastTime(offered)(now), new Date(given.length > 10 ? given : `${given}T00:00`).getTime())
        return true
      },
    )
  }
})
