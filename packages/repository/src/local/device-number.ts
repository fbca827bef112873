import type { Uint64 } from '../format/node.ts'

/** A dev_t as glibc and the kernel's 64-bit stat encode it: what Go, and so restic, has in `Stat_t.Dev` and `Stat_t.Rdev`. */
export function deviceNumber(major: number, minor: number): Uint64 {
  const low = (minor & 0xff) + (major & 0xfff) * 0x100
  const high = Math.floor(minor / 0x100) * 0x10_0000 + Math.floor(major / 0x1000) * 2 ** 44
  return high + low <= Number.MAX_SAFE_INTEGER
    ? high + low
    : BigInt(low) + (BigInt(Math.floor(minor / 0x100)) << 20n) + (BigInt(Math.floor(major / 0x1000)) << 44n)
}
