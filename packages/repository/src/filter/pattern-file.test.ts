import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byteStringFrom } from '@coffre/foundation'
import { expandVariables } from './expand-variables.ts'
import { decodeTextFile, parsePatternFile } from './pattern-file.ts'

test('lines are trimmed, comments and empty lines left out, variables filled in', () => {
  const file = Buffer.from('\ufeff# comment\n\n  *.o \t\r\n\u00a0$HOME/x\u3000\n  # too\n$\x7bHOME}y\n$$z\nlast')
  assert.deepEqual(parsePatternFile(file, { HOME: '/h' }), ['*.o', '/h/x', '/hy', '$z', 'last'])
  assert.deepEqual(parsePatternFile(Buffer.from('61ff0a', 'hex'), {}), [byteStringFrom(Buffer.of(0x61, 0xff))])
})

test('variables as os.Expand has them', () => {
  const table: readonly (readonly [string, string])[] = [
    ['$A$B_1', '1two'],
    ['$\x7bA}B_1', '1B_1'],
    ['$none-', '-'],
    ['a$', 'a$'],
    ['$.$A', '$.1'],
    ['$\x7b}x', 'x'],
    ['$\x7bA $A', 'A 1'],
    ['$1A', 'A'],
    ['$$A', '$A'],
    ['$\x7b$}', '$'],
    ['$?', ''],
    ['$é', '$é'],
  ]
  for (const [text, expanded] of table) assert.equal(expandVariables(text, { A: '1', B_1: 'two' }), expanded, text)
})

test('byte order marks', () => {
  assert.equal(decodeTextFile(Buffer.from('fffe6100e900', 'hex')), 'aé')
  assert.equal(decodeTextFile(Buffer.from('feff006100e9', 'hex')), 'aé')
  assert.equal(decodeTextFile(Buffer.from('efbbbf61', 'hex')), 'a')
  assert.equal(decodeTextFile(new Uint8Array(0)), '')
})
