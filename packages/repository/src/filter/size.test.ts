import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSize } from './size.ts'

test('sizes as restic takes them', () => {
  assert.deepEqual(['0', '17', '17B', '3k', '3K', '10M', '2g', '1T', '+5'].map(parseSize), [
    0,
    17,
    17,
    3072,
    3072,
    10_485_760,
    2 ** 31,
    2 ** 40,
    5,
  ])
  assert.equal(parseSize('9223372036854775807'), 2 ** 63)
  for (const wrong of ['', 'M', '-1', '1.5M', '10MB', '9223372036854775808', '8388608T', ' 1', '1 k'])
    assert.throws(() => parseSize(wrong), { code: 'usage.invalid' }, wrong)
})
