import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rotated } from './rotation.ts'

test('each round begins with another one, and every one has its turn', () => {
  const items = ['a', 'b', 'c']
  assert.deepEqual(
    [0, 1, 2, 3].map((round) => rotated(items, round).join('')),
    ['abc', 'bca', 'cab', 'abc'],
  )
  assert.deepEqual(rotated([], 1), [])
})
