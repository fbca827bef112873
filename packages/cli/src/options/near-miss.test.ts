import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearMisses } from './near-miss.ts'

const known = ['exclude', 'exclude-file', 'iexclude', 'include', 'json', 'snapshots', 'stats', 'tag']

test('slips of the finger are near, the nearest first', () => {
  assert.deepEqual(nearMisses('jsno', known), ['json'])
  assert.deepEqual(nearMisses('snapshot', known), ['snapshots'])
  assert.equal(nearMisses('exlude', known)[0], 'exclude')
  assert.deepEqual(nearMisses('tagg', known), ['tag'])
})

test('the beginning of a word is near, another word is not', () => {
  assert.deepEqual(nearMisses('snap', known), ['snapshots'])
  assert.deepEqual(nearMisses('destroy', known), [])
  assert.deepEqual(nearMisses('x', known), [])
})
