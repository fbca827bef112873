import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { zstdDecompressSync } from 'node:zlib'
import { openBackgroundCompressor } from './background-compressor.ts'

const mib = 1 << 20

test('several calls at the same time, each into its own memory', async () => {
  const compressor = openBackgroundCompressor()
  const contents = Array.from({ length: 8 }, (_, n) => Buffer.from(`${n} `.repeat(mib)))
  const packed = await Promise.all(
    contents.map(async (content) => {
      const target = Buffer.allocUnsafeSlow(mib)
      return target.subarray(0, await compressor.compress(target, content, 1))
    }),
  )
  compressor.release()
  assert.deepEqual(
    packed.map((bytes) => zstdDecompressSync(bytes)),
    contents,
  )
})

test('what does not fit is 0, and the next call is right', async () => {
  const compressor = openBackgroundCompressor()
  const target = Buffer.allocUnsafeSlow(mib)
  assert.equal(await compressor.compress(target.subarray(0, mib / 2), randomBytes(mib), 1), 0)
  const text = Buffer.alloc(mib, 'again and again ')
  const size = await compressor.compress(target, text, 1)
  assert.deepEqual(zstdDecompressSync(target.subarray(0, size)), text)
  compressor.release()
})
