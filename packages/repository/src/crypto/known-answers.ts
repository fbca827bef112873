import { hash } from 'node:crypto'
import type { Primitives } from './primitives.ts'

/** RFC 8439 section 2.5.2, FIPS 197 appendix C.1, NIST SP 800-38A F.5.5, FIPS 180-4 for "abc", and a zstd round trip. */
export function passesKnownAnswers(primitives: Primitives): boolean {
  const area = primitives.allocate(1 << 16)
  const put = (offset: number, text: string): void => {
    area.bytes.write(text, offset, 'hex')
  }
  const got = (offset: number, length: number): string => area.bytes.toString('hex', offset, offset + length)

  put(0, '85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b')
  area.bytes.write('Cryptographic Forum Research Group', 64, 'latin1')
  primitives.poly1305(area, 0, area, 64, 34, area, 128)
  if (got(128, 16) !== 'a8061dc1305136c6c22b8baf0c0127a9') return false

  put(0, '00112233445566778899aabbccddeeff')
  primitives.encryptBlock(primitives.blockKey(Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')), area, 128, area, 0)
  if (got(128, 16) !== '69c4e0d86a7b0430d8cdb78070b4c55a') return false

  const ctr = primitives.ctrKey(Buffer.from('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4', 'hex'))
  put(0, 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff')
  put(64, '6bc1bee22e409f96e93d7e117393172a')
  primitives.encryptCtr(ctr, area, 128, area, 64, 16, area, 0)
  if (got(128, 16) !== '601ec313775789a5b7a7f504bbf3d228') return false

  area.bytes.write('abc', 0, 'latin1')
  primitives.sha256(area, 0, 3, area, 64)
  if (got(64, 32) !== hash('sha256', 'abc', 'hex')) return false

  area.bytes.fill('coffre ', 0, 8192)
  const packed = primitives.compress(area, 16384, 8192, area, 0, 8192, 1)
  if (packed === 0 || primitives.decompress(area, 32768, 8192, area, 16384, packed) !== 8192) return false
  return area.bytes.subarray(0, 8192).equals(area.bytes.subarray(32768, 32768 + 8192))
}
