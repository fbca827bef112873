import type { Uint64 } from '../format/node.ts'

/** Major and minor number in a Linux st_rdev (glibc's gnu_dev_major and gnu_dev_minor). */
export function deviceNumbers(device: Uint64): { readonly major: number; readonly minor: number } {
  const bits = BigInt(device)
  return {
    major: Number(((bits >> 8n) & 0xfffn) | ((bits >> 32n) & 0xfffff000n)),
    minor: Number((bits & 0xffn) | ((bits >> 12n) & 0xffffff00n)),
  }
}
