import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { crc32cEnd, crc32cStart, crc32cUpdate } from './crc32c.ts'

/** RFC 3720, section B.4, and the check value of the algorithm. */
const vectors = [
  { name: 'the digits', bytes: Buffer.from('123456789'), crc: 0xe3069283 },
  { name: '32 zeros', bytes: Buffer.alloc(32), crc: 0x8a9136aa },
  { name: '32 ones', bytes: Buffer.alloc(32, 0xff), crc: 0x62a8ab43 },
  { name: '32 rising bytes', bytes: Buffer.from(Array.from({ length: 32 }, (_, index) => index)), crc: 0x46dd794e },
  { name: 'nothing', bytes: Buffer.alloc(0), crc: 0 },
]

for (const { name, bytes, crc } of vectors) {
  test(`the checksum of ${name}`, () => assert.equal(checksum(bytes), crc))
}

test('a checksum does not depend on where the bytes are cut or lie', () => {
  const random = new SeededRandom(testSeed('crc32c'))
  const bytes = random.bytes(5000)
  const whole = checksum(bytes)
  for (let round = 0; round < 100; round++) {
    const cut = random.integer(bytes.length + 1)
    const first = crc32cUpdate(crc32cStart, bytes, 0, cut)
    assert.equal(crc32cEnd(crc32cUpdate(first, bytes, cut, bytes.length)), whole, `cut at ${cut}`)
  }
})

function checksum(bytes: Uint8Array): number {
  return crc32cEnd(crc32cUpdate(crc32cStart, bytes, 0, bytes.length))
}
