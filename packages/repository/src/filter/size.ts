import { CoffreError } from '@coffre/foundation'

const units: Readonly<Record<string, bigint>> = { b: 1n, k: 1n << 10n, m: 1n << 20n, g: 1n << 30n, t: 1n << 40n }
const largest = (1n << 63n) - 1n

/** A number of bytes as restic's options take it: digits and, if wanted, one of b, k, m, g, t. Throws `usage.invalid`. */
export function parseSize(text: string): number {
  const match = /^\+?(\d+)([bkmgt]?)$/i.exec(text)
  const size = match === null ? -1n : BigInt(match[1] ?? '') * (units[(match[2] ?? '').toLowerCase()] ?? 1n)
  if (size < 0n || size > largest)
    throw new CoffreError('usage.invalid', `"${text}" is not a size`, { hint: 'Sizes look like 4096, 512k or 10M.' })
  return Number(size)
}
