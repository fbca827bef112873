import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCoffreError } from '@coffre/foundation'
import { splitCommand } from './split-command.ts'

test('a command is split into words without a shell', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['pass show vault', ['pass', 'show', 'vault']],
    ['  a   b\t', ['a', 'b']],
    ['a "b c" \'d "e"\'', ['a', 'b c', 'd "e"']],
    ['a\\ b c\\"d "e\\"f"', ['a b', 'c"d', 'e"f']],
    ["a '' 'b\\'", ['a', '', 'b\\']],
    ['x"y z"w', ['xy zw']],
  ]
  for (const [command, words] of cases) assert.deepEqual(splitCommand(command, '--password-command'), words, command)
})

test('an open quote and an empty command are errors', () => {
  for (const command of ['a "b', "a 'b", '', '  ']) {
    assert.throws(
      () => splitCommand(command, '--password-command'),
      (error) => isCoffreError(error, 'usage.invalid') && error.message.includes('--password-command'),
    )
  }
})
