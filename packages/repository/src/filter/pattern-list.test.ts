import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byteStringFrom } from '@coffre/foundation'
import { cleanPath } from './clean-path.ts'
import { PatternList } from './pattern-list.ts'
import { selectOnly, selectWithout } from './restore-selection.ts'

const list = (...patterns: string[]): PatternList => new PatternList(patterns, '--exclude')

test('patterns match components anywhere, or from the root', () => {
  const table: readonly (readonly [pattern: string, path: string, matched: boolean])[] = [
    ['test', '/foo/test/bar', true],
    ['test', '/foo/tests', false],
    ['/test', '/foo/test', false],
    ['/foo/', '/foo/test', true],
    ['foo/bar', '/x/foo/bar/y', true],
    ['foo/bar', '/x/foo/y/bar', false],
    ['foo/**/bar', '/x/foo/y/z/bar', true],
    ['foo/**/bar', '/x/foo/bar', true],
    ['/foo/**/bar', '/x/foo/bar', false],
    ['/**/bar', '/x/foo/bar/y', true],
    ['**/bar', '/bar', true],
    ['**', '/', true],
    ['/', '/anything', true],
    ['/**/a/**/b', '/a/b', false],
    ['/**/a/**/b', '/x/a/y/b', true],
    // A restic peculiarity: of two '**' the first counts the second as one folder at least.
    ['/**/a/**/b', '/x/a/b', false],
    ['./foo/../bar//', '/bar', true],
    ['*.go', '/x/main.go', true],
    ['*.go', '/x/main.go/y', true],
    ['*.go', '/x/main.c', false],
    ['/*', '/foo/bar', true],
    ['/*/bar', '/foo/bar', true],
    ['/*/*', '/foo', false],
    ['x', 'user.x', false],
    ['user.*', 'user.x', true],
    ['/user.x', 'user.x', false],
    ['\\!x', '/!x', true],
    ['é', '/é/x', true],
    ['?', '/é', true],
    [byteStringFrom(Buffer.of(0x61, 0xff)), `/${byteStringFrom(Buffer.of(0x61, 0xff))}/x`, true],
    ['a\ufffd', `/${byteStringFrom(Buffer.of(0x61, 0xff))}`, false],
  ]
  for (const [pattern, path, matched] of table) {
    assert.equal(list(pattern).matches(path), matched, `${pattern} on ${path}`)
    assert.equal(list('unrelated', '!also unrelated', pattern).matches(path), matched, `${pattern} after a negated one, on ${path}`)
  }
})

test('negated patterns take back what earlier ones matched', () => {
  const patterns = list('*.o', '!keep.o', '/a/keep.o')
  assert.deepEqual(
    ['/x.o', '/keep.o', '/a/keep.o', '/keep.o/x.o'].map((path) => patterns.matches(path)),
    [true, false, true, false],
  )
  assert.equal(list('!x').matches('/x'), false)
})

test('a list matches the same whatever was asked before', () => {
  const patterns = list('node_modules', '*.tmp', '/a/b', 'c/d')
  const paths = [
    '/a',
    '/a/b',
    '/a/b/x',
    '/a/c',
    '/a/c/d',
    '/a/c/d/e',
    '/a/node_modules',
    '/a/node_modules/x',
    '/a/x.tmp',
    '/a/x',
    '/',
    '/a/c/e',
  ]
  const expected = [false, true, true, false, true, true, true, true, true, false, false, false]
  assert.deepEqual(
    paths.map((path) => patterns.matches(path)),
    expected,
  )
  assert.deepEqual(
    [...paths].reverse().map((path) => patterns.matches(path)),
    [...expected].reverse(),
  )
})

test('letters of either case', () => {
  const patterns = new PatternList(['*.JPG', 'É', 'İx'], '--iexclude', true)
  for (const path of ['/a.jpg', '/A.Jpg', '/é/x', '/ix']) assert.ok(patterns.matches(path), path)
  assert.ok(!patterns.matches('/a.png') && !list('*.JPG').matches('/a.jpg'))
})

test('empty and malformed patterns', () => {
  assert.ok(list('', '').isEmpty && !list('').matches('/x'))
  assert.throws(() => list('a', '[b', 'c/\\'), { message: '--exclude: malformed patterns: "[b", "c/\\\\"' })
  assert.throws(() => list('!['), { code: 'usage.invalid' })
})

test('what may match below', () => {
  const below = (pattern: string, path: string): boolean => list(pattern).match(path).childMayMatch
  assert.deepEqual(
    ['/a', '/a/b', '/a/b/c', '/a/x', '/x'].map((path) => below('/a/b/c', path)),
    [true, true, true, false, false],
  )
  assert.deepEqual(
    ['/a', '/a/b', '/x'].map((path) => below('/a/**/c', path)),
    [true, true, false],
  )
  assert.ok(below('c', '/anything'))
  assert.deepEqual(list('/a', '!/a/b').match('/a/b'), { matched: false, childMayMatch: false })
})

test('restore selections', () => {
  const without = selectWithout([list('x'), list()])
  assert.deepEqual(without('/a', true), { selected: true, childMayBeSelected: true })
  assert.deepEqual(without('/a', false), { selected: true, childMayBeSelected: false })
  assert.deepEqual(without('/a/x', true), { selected: false, childMayBeSelected: false })
  const only = selectOnly([list('/a/x'), list('/b')])
  assert.deepEqual(only('/a', true), { selected: false, childMayBeSelected: true })
  assert.deepEqual(only('/b', false), { selected: true, childMayBeSelected: false })
  assert.deepEqual(only('/c', true), { selected: false, childMayBeSelected: false })
})

test('paths are cleaned as Go cleans them', () => {
  const table = {
    '': '.',
    '.': '.',
    '/': '/',
    '//a//': '/a',
    'a/..': '.',
    '../../a': '../../a',
    '/../a': '/a',
    'a/../../b': '../b',
    './a/./b/': 'a/b',
    '..': '..',
  }
  for (const [path, clean] of Object.entries(table)) assert.equal(cleanPath(path), clean, path)
})
