import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseWalFileName } from './testing/parse-wal-file-name.ts'
import { checkSegmentBytes, segmentStart, walFileName } from './wal-file-name.ts'

const mib = 2 ** 20
const files = [
  { timeline: 1, start: 16 * mib, segmentBytes: 16 * mib, name: '000000010000000000000001' },
  { timeline: 0x2a, start: 0x12_3400_0000, segmentBytes: 16 * mib, name: '0000002A0000001200000034' },
  { timeline: 1, start: 2 ** 32 - 16 * mib, segmentBytes: 16 * mib, name: '0000000100000000000000FF' },
  { timeline: 1, start: 2 ** 32, segmentBytes: 16 * mib, name: '000000010000000100000000' },
  { timeline: 1, start: 2 ** 32 - mib, segmentBytes: mib, name: '000000010000000000000FFF' },
  { timeline: 3, start: 7 * 2 ** 30, segmentBytes: 2 ** 30, name: '000000030000000100000003' },
]

for (const { timeline, start, segmentBytes, name } of files) {
  test(`${name} of ${segmentBytes / mib} MiB`, () => {
    assert.equal(walFileName(timeline, start, segmentBytes), name)
    assert.equal(walFileName(timeline, start + segmentBytes - 1, segmentBytes), name)
    assert.deepEqual(parseWalFileName(name, segmentBytes), { timeline, start })
    assert.equal(segmentStart(start + 12_345, segmentBytes), start)
  })
}

for (const name of [
  '00000001.history',
  '000000010000000000000001.partial',
  '00000001000000000000000g',
  '000000000000000000000001',
  '000000010000000000000100',
]) {
  test(`${name} is the name of no segment`, () => assert.equal(parseWalFileName(name, 16 * mib), undefined))
}

for (const segmentBytes of [0, mib / 2, 3 * mib, 2 ** 31]) {
  test(`segments of ${segmentBytes} bytes are refused`, () => {
    assert.throws(() => checkSegmentBytes(segmentBytes, 0), { code: 'source.failed' })
  })
}
