import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { formatPolynomial, isIrreducible, parsePolynomial, randomIrreduciblePolynomial, remainder } from './polynomial.ts'

test('small polynomials are told apart as trial division does', () => {
  for (let polynomial = 2n; polynomial < 1n << 9n; polynomial++) {
    let hasDivisor = false
    for (let divisor = 2n; divisor < polynomial && !hasDivisor; divisor++) {
      const isSmaller = divisor.toString(2).length < polynomial.toString(2).length
      hasDivisor = isSmaller && remainder(polynomial, divisor) === 0n
    }
    assert.equal(isIrreducible(polynomial), !hasDivisor, `polynomial ${polynomial.toString(2)}`)
  }
  assert.equal(isIrreducible(1n), false)
  assert.equal(isIrreducible(0n), false)
})

test('polynomials that are known to be irreducible or not', () => {
  for (const text of ['3f63dfbd84af3b', '2482734cacca49', '30a5f31d8d0bf3']) {
    const polynomial = BigInt(`0x${text}`)
    assert.equal(isIrreducible(polynomial), isIrreducibleByRabin(polynomial), text)
  }
  assert.equal(isIrreducible(BigInt('0x38f1e565e288df')), false)
})

test('a random polynomial has degree 53, is irreducible, and survives the config', () => {
  const random = new SeededRandom(testSeed('polynomial'))
  const seen = new Set<bigint>()
  for (let i = 0; i < 20; i++) {
    const polynomial = randomIrreduciblePolynomial(random)
    assert.equal(polynomial >> 53n, 1n)
    assert.equal(isIrreducibleByRabin(polynomial), true)
    assert.equal(parsePolynomial(formatPolynomial(polynomial)), polynomial)
    seen.add(polynomial)
  }
  assert.equal(seen.size, 20)
})

test('a config with another polynomial is refused', () => {
  for (const text of ['', '0', '3', '38f1e565e288df', '7f63dfbd84af3b', 'xyz', '0x3f63dfbd84af3b', '-1']) {
    assert.throws(() => parsePolynomial(text), { code: 'repository.damaged' }, text)
  }
})

/** Rabin's own test for the prime degree 53: x^(2^53) = x, and no linear factor. */
function isIrreducibleByRabin(polynomial: bigint): boolean {
  let power = 2n
  for (let i = 0; i < 53; i++) power = squareModulo(power, polynomial)
  const ones = polynomial.toString(2).replaceAll('0', '').length
  return power === 2n && (polynomial & 1n) === 1n && ones % 2 === 1
}

function squareModulo(a: bigint, modulus: bigint): bigint {
  let result = 0n
  for (let bit = 0n; bit < 53n; bit++) {
    if (((a >> bit) & 1n) === 1n) result ^= a << bit
  }
  return remainder(result, modulus)
}
