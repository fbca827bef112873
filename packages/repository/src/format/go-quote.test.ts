import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byteStringFrom } from '@coffre/foundation'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { isGoPrintable } from './go-printable.ts'
import { goQuote, goUnquote } from './go-quote.ts'

test('names are quoted as Go quotes them', () => {
  const table: readonly (readonly [string, string])[] = [
    ['plain <&>', 'plain <&>'],
    ['"\\\'', '\\"\\\\\''],
    ['\x07\b\f\n\r\t\v', '\\a\\b\\f\\n\\r\\t\\v'],
    ['\x00\x1f\x7f\x80\xa0\xad', '\\x00\\x1f\\x7f\\u0080\\u00a0\\u00ad'],
    ['é€日😀\ufffd', 'é€日😀\ufffd'],
    ['\u2028\ufeff\u3000\u{e0001}\u{10ffff}', '\\u2028\\ufeff\\u3000\\U000e0001\\U0010ffff'],
    [byteStringFrom(Buffer.of(0xff, 0xc3, 0x28)), '\\xff\\xc3('],
  ]
  for (const [name, quoted] of table) {
    assert.equal(goQuote(name), quoted)
    assert.equal(goUnquote(quoted), name)
  }
})

test('what Go reads beyond what it writes is read', () => {
  assert.equal(goUnquote('\\101\\x41\\u0041\\U00000041'), 'AAAA')
  assert.equal(goUnquote('\\xe2\\x82\\xac'), '€')
  assert.equal(goUnquote('\t\u2028'), '\t\u2028')
  for (const wrong of ['"', '\\', '\\q', "\\'", '\\x4', '\\777', '\\ud800', '\\U00110000', 'a\n', '\\u00g0']) {
    assert.equal(goUnquote(wrong), undefined, wrong)
  }
})

test('any bytes survive', () => {
  const random = new SeededRandom(testSeed('go-quote'))
  for (let round = 0; round < 2000; round++) {
    const bytes = Buffer.from(random.bytes(random.integer(12)))
    const name = byteStringFrom(bytes)
    const quoted = goQuote(name)
    assert.ok(quoted.isWellFormed())
    assert.equal(goUnquote(quoted), name)
  }
})

test('printable is what Unicode 15.0 calls so', () => {
  const printable = ['~', '¡', 'ÿ', '\u0378'.normalize(), 'ͺ', '一', '\u{1f600}', '\u{1face}', '\u{323af}']
  assert.deepEqual(
    printable.map((character) => isGoPrintable(character.codePointAt(0) ?? 0)),
    [true, true, true, false, true, true, true, true, true],
  )
  for (const codePoint of [0x7f, 0xad, 0x378, 0x88f, 0x1c89, 0x1fae9, 0x2ebf0, 0x323b0, 0xe000, 0x10ffff]) {
    assert.equal(isGoPrintable(codePoint), false, codePoint.toString(16))
  }
})
