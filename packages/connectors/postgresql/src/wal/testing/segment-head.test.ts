import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pageMagics, type WalMajor } from '../wal-format.ts'
import { readSegmentHead } from './segment-head.ts'
import { mainData, WalWriter } from './wal-writer.ts'

function segment(major: WalMajor): Buffer {
  const writer = new WalWriter({ major, timeline: 5, systemId: 7_710_726_338_291_407_192n, start: 2 ** 32 })
  writer.append({ rmgr: 0, info: 0, xid: 0, body: mainData(Buffer.alloc(10_000)) })
  return Buffer.from(writer.bytes())
}

for (const major of [15, 16, 17, 18] as const) {
  test(`a segment of PostgreSQL ${major} says what it is`, () => {
    const head = readSegmentHead(segment(major))
    assert.deepEqual(head, { major, timeline: 5, start: 2 ** 32, systemId: '7710726338291407192', segmentBytes: 2 ** 20 })
  })
}

for (const { name, bytes, message } of [
  { name: 'too few bytes', bytes: segment(16).subarray(0, 39), message: /39 bytes/ },
  { name: 'a page within a segment', bytes: segment(16).subarray(8192), message: /does not begin a segment/ },
  { name: 'another version', bytes: changed((bytes) => bytes.writeUInt16LE(pageMagics[15] - 1, 0)), message: /0xD10F/ },
  { name: 'an impossible segment size', bytes: changed((bytes) => bytes.writeUInt32LE(12_345_678, 32)), message: /12345678/ },
]) {
  test(`${name} is no beginning of a segment`, () => {
    assert.throws(() => readSegmentHead(bytes), { code: 'source.failed', message })
  })
}

function changed(change: (bytes: Buffer) => void): Buffer {
  const bytes = segment(16)
  change(bytes)
  return bytes
}
