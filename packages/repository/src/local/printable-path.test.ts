import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byteStringFrom } from '@coffre/foundation'
import { printablePath } from './printable-path.ts'

const known: readonly (readonly [bytes: Buffer, printed: string])[] = [
  [Buffer.from('/srv/données/été 🙂'), '/srv/données/été 🙂'],
  [Buffer.of(0x2f, 0x66, 0xff, 0xe9), '/f\\xff\\xe9'],
  [Buffer.from('a\nb\tc\x1b[31m\x7f'), 'a\\nb\\tc\\x1b[31m\\x7f'],
  [Buffer.from('\u2028\u0085'), '\\u2028\\u0085'],
  [Buffer.from('right-to-left \u202e'), 'right-to-left \\u202e'],
  [Buffer.from('back\\slash'), 'back\\\\slash'],
]

for (const [bytes, printed] of known) {
  test(`${bytes.toString('hex')} prints as ${printed}`, () => {
    assert.equal(printablePath(byteStringFrom(bytes)), printed)
  })
}
