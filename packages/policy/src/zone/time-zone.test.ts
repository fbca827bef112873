import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CoffreError } from '@coffre/foundation'
import { isTimeZone, requireTimeZone } from './time-zone.ts'

test('names of the IANA database are known, in any case', () => {
  for (const name of [
    'UTC',
    'Europe/Paris',
    'europe/paris',
    'Asia/Kathmandu',
    'Asia/Calcutta',
    'America/Argentina/Ushuaia',
    'Etc/GMT+3',
  ]) {
    assert.equal(isTimeZone(name), true, name)
    requireTimeZone(name)
  }
})

test('other names are not', () => {
  for (const name of [
    '',
    'Paris',
    'Europe/Pariss',
    '+02:00',
    '-0500',
    'UTC+2',
    'local',
    'Europe/Paris ',
    'Europe',
    'IST',
    'pst',
    'SystemV/PST8',
  ]) {
    assert.equal(isTimeZone(name), false, name)
    assert.throws(() => requireTimeZone(name), { code: 'policy.schedule-invalid', message: `time zone "${name}" is not known` })
  }
})

test('the name of a city leads to its zone', () => {
  const hintFor = (name: string) => {
    try {
      requireTimeZone(name)
    } catch (error) {
      return error instanceof CoffreError ? error.hint : error
    }
    return 'it is known'
  }
  assert.equal(hintFor('paris'), 'Did you mean Europe/Paris?')
  assert.equal(hintFor('France/New York'), 'Did you mean America/New_York?')
  assert.equal(hintFor('Lyon'), 'Write a name of the IANA database, such as Europe/Paris or UTC.')
})
