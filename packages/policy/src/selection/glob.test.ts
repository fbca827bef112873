import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { matchesGlob } from './glob.ts'

test('patterns match whole texts', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['*', 'anything at all', true],
    ['?', '', false],
    ['?', 'a', true],
    ['web-*', 'web-1', true],
    ['web-*', 'my-web-1', false],
    ['*rod*', 'production', true],
    ['a*b*c', 'a1b2b3c', true],
    ['a*b*c', 'a1b2b3', false],
    ['arn:aws:rds:*:*:db:*', 'arn:aws:rds:eu-west-1:123456789012:db:shop', true],
    ['arn:aws:rds:*:*:db:*', 'arn:aws:rds:eu-west-1:123456789012:cluster:shop', false],
    ['a.c', 'abc', false],
    ['[ab]', 'a', false],
    ['Web', 'web', false],
  ]
  for (const [pattern, text, expected] of cases) assert.equal(matchesGlob(pattern, text), expected, `${pattern} on ${text}`)
})

test('patterns match as regular expressions would, and long ones in no time', () => {
  const random = new SeededRandom(testSeed('glob'))
  const word = (alphabet: string) =>
    Array.from({ length: random.integer(9) }, () => alphabet[random.integer(alphabet.length)]).join('')
  for (let round = 0; round < 5000; round++) {
    const pattern = word('ab*?')
    const text = word('ab')
    const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`)
    assert.equal(matchesGlob(pattern, text), expression.test(text), `${pattern} on ${text}`)
  }
  assert.equal(matchesGlob(`${'*a'.repeat(200)}b`, 'a'.repeat(2000)), false)
})
