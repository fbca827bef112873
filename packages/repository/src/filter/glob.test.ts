import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byteStringFrom } from '@coffre/foundation'
import { byteTextOf } from './byte-text.ts'
import { compileGlob } from './glob.ts'

function matches(pattern: string, name: string): boolean {
  const glob = compileGlob(byteTextOf(pattern)) ?? assert.fail(`${pattern} is malformed`)
  return glob(byteTextOf(name))
}

test('globs match as filepath.Match does', () => {
  const table: readonly (readonly [pattern: string, name: string, matched: boolean])[] = [
    ['abc', 'abc', true],
    ['*', 'abc', true],
    ['*', '', true],
    ['*c', 'abc', true],
    ['a*', 'a', true],
    ['a*', 'ba', false],
    ['*b*', 'abc', true],
    ['**b**', 'abc', true],
    ['a*b*c*d*e*', 'axbxcxdxexxx', true],
    ['a*b?c*x', 'abxbbxdbxebxczzx', true],
    ['a*b?c*x', 'abxbbxdbxebxczzy', false],
    ['ab[c]', 'abc', true],
    ['ab[b-d]', 'abc', true],
    ['ab[e-g]', 'abc', false],
    ['ab[^c]', 'abc', false],
    ['ab[^e-g]', 'abc', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'ab', false],
    ['a?b', 'a☺b', true],
    ['a[^a]b', 'a☺b', true],
    ['a???b', 'a☺b', false],
    ['a[^a][^a][^a]b', 'a☺b', false],
    ['[a-ζ]*', 'α', true],
    ['*[a-ζ]', 'A', false],
    ['[\\]a]', ']', true],
    ['[\\-]', '-', true],
    ['[x\\-]', '-', true],
    ['[\\-x]', 'z', false],
    ['a]', 'a]', true],
    ['*x', 'xxx', true],
    ['?', '', false],
    ['?', byteStringFrom(Buffer.of(0xff)), true],
    ['[^a]?', byteStringFrom(Buffer.of(0xe2, 0x98)), true],
    ['[\ufffd]', byteStringFrom(Buffer.of(0xff)), true],
    // Go lets a star end within a character, so that its bytes count one by one.
    ['*???', '😀', true],
    ['???', '😀', false],
  ]
  for (const [pattern, name, matched] of table) assert.equal(matches(pattern, name), matched, `${pattern} on ${name}`)
})

test('malformed globs are told', () => {
  for (const pattern of [
    '[',
    '[^',
    '[]a]',
    '[-]',
    '[x-]',
    '[-x]',
    '[a-b-c]',
    '[a',
    '[^bc',
    'a[',
    'a\\',
    '[\\',
    '[a-',
    '*[',
    '[a]*[',
  ]) {
    assert.equal(compileGlob(pattern), undefined, pattern)
  }
  assert.equal(compileGlob(byteTextOf(byteStringFrom(Buffer.from('5bff5d', 'hex')))), undefined)
})
