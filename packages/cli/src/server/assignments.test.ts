import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ValueError } from '../options/option.ts'
import { parseArguments } from '../options/parse-arguments.ts'
import { assignments, formatLabels, labels } from './assignments.ts'

test('tags are collected, and a value may have an equals sign', () => {
  const { options } = parseArguments(['--tag', 'a=1', '--tag=b=x=y', '--tag', 'a=2', '--tag', 'c='], { tag: assignments('tag') })
  assert.deepEqual(options.tag, { a: '2', b: 'x=y', c: '' })
})

test('a label stands alone, too, and is shown as it was given', () => {
  const { options } = parseArguments(['--tag', 'v1.2.3', '--tag', 'why=release'], { tag: labels('tag') })
  assert.deepEqual(options.tag, { 'v1.2.3': '', 'why': 'release' })
  assert.equal(formatLabels(options.tag), 'v1.2.3 why=release')
})

test('what has no key, or needs a value and has none, is refused', () => {
  for (const given of ['', '=x', 'alone']) assert.throws(() => assignments('tag').take(given, {}), ValueError, given)
  for (const given of ['', '=x']) assert.throws(() => labels('tag').take(given, {}), ValueError, given)
})
