import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { newRecoveryKey } from './recovery-key.ts'

test('a key has eight groups of five unmistakable characters, and every key is another', (t) => {
  const random = new SeededRandom(testSeed(t.name))
  const keys = Array.from({ length: 500 }, () => newRecoveryKey(random))
  assert.equal(new Set(keys).size, keys.length)
  for (const key of keys) assert.match(key, /^[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){7}$/)
  // Each of the 32 characters comes about as often as the others.
  const counts = new Map<string, number>()
  for (const character of keys.join('').replaceAll('-', '')) counts.set(character, (counts.get(character) ?? 0) + 1)
  assert.equal(counts.size, 32)
  for (const [character, count] of counts) assert.ok(count > 400 && count < 900, `${character} comes ${count} times`)
})
