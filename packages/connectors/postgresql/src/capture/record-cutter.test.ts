import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mainData, WalWriter } from '../wal/testing/wal-writer.ts'
import { RecordCutter } from './record-cutter.ts'

const segmentBytes = 2 ** 20

test('no piece ends in the rest of a segment that a switch left empty, however the log arrives', () => {
  for (const pieceBytes of [8, 1000, 8192, 300_000]) {
    const writer = new WalWriter({ start: segmentBytes, segmentBytes, major: 16 })
    const { end: beforeSwitch } = writer.append({ rmgr: 10, info: 0, xid: 7, body: mainData(Buffer.alloc(50)) })
    writer.switchSegment()
    const { end: afterSwitch } = writer.append({ rmgr: 10, info: 0, xid: 8, body: mainData(Buffer.alloc(50)) })
    const bytes = writer.bytes()
    const cutter = new RecordCutter({ major: 16, segmentBytes, systemId: '7' }, 1, segmentBytes)
    const ends: number[] = []
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const piece = cutter.push(bytes.subarray(at, at + pieceBytes))
      if (piece !== undefined) ends.push(piece.through)
    }
    const allowed = [beforeSwitch, 2 * segmentBytes, afterSwitch]
    assert.ok(
      ends.every((end) => allowed.includes(end)),
      `${ends} in pieces of ${pieceBytes}`,
    )
    assert.equal(ends.at(-1), afterSwitch)
  }
})
