import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base32, matchTotp, totpUri } from './totp.ts'

const secret = Buffer.from('12345678901234567890')

// RFC 6238, appendix B, by their last six digits.
const vectors: [seconds: number, code: string][] = [
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130'],
]

test('the codes of RFC 6238 count one step early to one step late, and only after the last that counted', () => {
  for (const [seconds, code] of vectors) {
    const step = Math.floor(seconds / 30)
    for (const [distance, counts] of [
      [-2, false],
      [-1, true],
      [0, true],
      [1, true],
      [2, false],
    ] as const) {
      const nowMs = (step - distance) * 30_000
      if (nowMs < 30_000) continue
      const expected = counts ? step : undefined
      assert.equal(matchTotp(secret, code, nowMs, 0), expected, `${code}, ${distance}`)
      assert.equal(matchTotp(secret, code, nowMs, step - 1), expected)
      assert.equal(matchTotp(secret, code, nowMs, step), undefined)
    }
  }
  assert.equal(matchTotp(secret, '00', 59_000, 0), undefined)
})

test('secrets as applications take them (RFC 4648, section 10)', () => {
  for (const [text, expected] of [
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ] as const)
    assert.equal(base32(Buffer.from(text)), expected)
  assert.match(totpUri(secret, 'a b@c'), /^otpauth:\/\/totp\/Coffre:a%20b%40c\?secret=[A-Z2-7]{32}&issuer=Coffre&/)
})
