import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { openStream, sealStream } from './sealed-stream.ts'

async function* chunked(content: Buffer, bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += bytes) yield content.subarray(at, at + bytes)
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts)
}

const pieceBytes = 256 * 1024
const sizes = [0, 1, pieceBytes - 1, pieceBytes, pieceBytes + 1, 2 * pieceBytes, 700_000]

test('whatever was sealed opens again, in whatever chunks it comes, and under its own key alone', async (t) => {
  const random = new SeededRandom(testSeed(t.name))
  const master = { id: 'one', bytes: Buffer.from(random.bytes(32)) }
  for (const size of sizes) {
    const content = Buffer.from(random.bytes(size))
    const sealed = await collect(sealStream(master, random, chunked(content, 1 + random.integer(100_000))))
    assert.deepEqual(await collect(openStream(master, chunked(sealed, 1 + random.integer(300_000)))), content)
    const named = { id: 'two', bytes: master.bytes }
    const other = { id: 'one', bytes: Buffer.from(random.bytes(32)) }
    for (const wrong of [named, other])
      await assert.rejects(collect(openStream(wrong, chunked(sealed, 50_000))), { code: 'secret.unreadable' })
  }
})

test('no byte may change, nothing may be cut off or added, pieces may not be swapped', async (t) => {
  const random = new SeededRandom(testSeed(t.name))
  const master = { id: 'one', bytes: Buffer.from(random.bytes(32)) }
  const content = Buffer.from(random.bytes(2 * pieceBytes + 1000))
  const sealed = await collect(sealStream(master, random, chunked(content, 100_000)))
  const headerBytes = sealed.indexOf(0x0a) + 1
  const frameBytes = pieceBytes + 20
  const refused = async (changed: Buffer, what: string): Promise<void> => {
    await assert.rejects(collect(openStream(master, chunked(changed, 100_000))), { code: 'secret.unreadable' }, what)
  }
  const places = [
    ...Array.from({ length: headerBytes + 8 }, (_, at) => at),
    ...Array.from({ length: 50 }, () => random.integer(sealed.length)),
  ]
  for (const at of places) {
    const changed = Buffer.from(sealed)
    changed[at] = (changed[at] ?? 0) ^ (1 << random.integer(8))
    await refused(changed, `byte ${at}`)
  }
  const lengths = [0, 10, headerBytes, headerBytes + 2, headerBytes + frameBytes, headerBytes + 2 * frameBytes, sealed.length - 1]
  for (const length of lengths) await refused(sealed.subarray(0, length), `cut to ${length}`)
  await refused(Buffer.concat([sealed, Buffer.alloc(1)]), 'a byte more')
  await refused(Buffer.concat([sealed, sealed.subarray(headerBytes + 2 * frameBytes)]), 'the last piece again')
  const [first, second] = [0, 1].map((n) => sealed.subarray(headerBytes + n * frameBytes, headerBytes + (n + 1) * frameBytes))
  const rest = sealed.subarray(headerBytes + 2 * frameBytes)
  await refused(Buffer.concat([sealed.subarray(0, headerBytes), second ?? rest, first ?? rest, rest]), 'swapped')
})
