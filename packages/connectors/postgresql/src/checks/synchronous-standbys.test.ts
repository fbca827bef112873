import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countsAsSynchronous } from './synchronous-standbys.ts'

for (const [setting, counts] of [
  ['', false],
  ['*', true],
  ['s1', false],
  ['s1, coffre_capture', true],
  ['S1,COFFRE_CAPTURE', true],
  ['2 (s1, s2)', false],
  ['1 (s1, coffre_capture)', true],
  ['FIRST 1 (s1, *)', true],
  ['first 2 (s1,s2,"coffre_capture")', true],
  ['ANY 1 (s1, s2)', false],
  ['any 1(coffre_capture)', true],
  ['"coffre_capture"', true],
  ['coffre_capture2, not_coffre_capture', false],
  ['"a ""coffre_capture"""', false],
] as const) {
  test(`synchronous_standby_names = '${setting}' ${counts ? 'counts' : 'does not count'} us`, () => {
    assert.equal(countsAsSynchronous(setting, 'coffre_capture'), counts)
  })
}
