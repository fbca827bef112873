import { CoffreError, type Random } from '@coffre/foundation'

/** A polynomial over F₂: bit n is the coefficient of xⁿ. */
export type Polynomial = bigint

const degree = 53
/** One in 53 polynomials of this degree is irreducible and we try only those with a constant term, so that this is never reached. */
const triesMax = 10_000

/** A random irreducible polynomial of degree 53, as the config of a new repository needs one. */
export function randomIrreduciblePolynomial(random: Random): Polynomial {
  for (let tries = 0; tries < triesMax; tries++) {
    const bits = Buffer.from(random.bytes(8)).readBigUInt64LE()
    const candidate = BigInt.asUintN(degree, bits) | (1n << BigInt(degree)) | 1n
    if (isIrreducible(candidate)) return candidate
  }
  throw new CoffreError('internal', `no irreducible polynomial among ${triesMax} random ones`, {
    hint: 'The source of randomness repeats itself.',
  })
}

/** As the config stores it: hexadecimal digits without prefix. */
export function formatPolynomial(polynomial: Polynomial): string {
  return polynomial.toString(16)
}

/** The polynomial of a config; refuses what restic refuses. */
export function parsePolynomial(text: string): Polynomial {
  if (/^[0-9a-fA-F]{1,16}$/.test(text)) {
    const polynomial = BigInt(`0x${text}`)
    if (degreeOf(polynomial) === degree && isIrreducible(polynomial)) return polynomial
  }
  throw new CoffreError(
    'repository.damaged',
    `the config's chunker polynomial "${text}" is not an irreducible polynomial of degree ${degree}`,
  )
}

/** Ben-Or's test: a polynomial f of degree n is irreducible when it shares no factor with x^(2^i) - x for any i up to n / 2. */
export function isIrreducible(polynomial: Polynomial): boolean {
  let power = 2n
  for (let i = 1; i <= degreeOf(polynomial) / 2; i++) {
    power = remainder(square(power), polynomial)
    if (greatestCommonDivisor(polynomial, power ^ 2n) !== 1n) return false
  }
  return polynomial > 1n
}

/** The remainder of `dividend` modulo `divisor`. */
export function remainder(dividend: Polynomial, divisor: Polynomial): Polynomial {
  const width = degreeOf(divisor)
  let rest = dividend
  for (let excess = degreeOf(rest) - width; excess >= 0; excess = degreeOf(rest) - width) rest ^= divisor << BigInt(excess)
  return rest
}

/** -1 for zero. */
function degreeOf(polynomial: Polynomial): number {
  return polynomial === 0n ? -1 : polynomial.toString(2).length - 1
}

/** Squaring over F₂ puts a zero between any two coefficients. */
function square(polynomial: Polynomial): Polynomial {
  return BigInt(`0b${[...polynomial.toString(2)].join('0')}`)
}

function greatestCommonDivisor(a: Polynomial, b: Polynomial): Polynomial {
  let [larger, smaller] = [a, b]
  while (smaller !== 0n) [larger, smaller] = [smaller, remainder(larger, smaller)]
  return larger
}
