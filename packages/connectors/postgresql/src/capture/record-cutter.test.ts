import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mainData, WalWriter } from '../wal/testing/wal-writer.ts'
import { RecordCutter } from './record-cutter.ts'

const segmentBytes = 2 ** 20

test('the pieces are the log as it was pushed, though its memory is used again, also where a record is longer than they may be', () => {
  const writer = new WalWriter({ start: segmentBytes, segmentBytes, major: 16 })
  for (const length of [50, 3000, 100_000, 20 * 2 ** 20, 700])
    writer.append({ rmgr: 10, info: 0, xid: 7, body: mainData(Buffer.alloc(length, length)) })
  const log = Buffer.from(writer.bytes())
  for (const arrivalBytes of [70_001, 1_200_000]) {
    const cutter = new RecordCutter({ major: 16, segmentBytes, systemId: '7' }, 1, segmentBytes)
    const arrival = Buffer.alloc(arrivalBytes)
    const pieces: Buffer[] = []
    for (let at = 0; at < log.length; at += arrivalBytes) {
      const bytes = arrival.subarray(0, log.copy(arrival, 0, at, at + arrivalBytes))
      const piece = cutter.push(bytes)
      if (piece !== undefined) pieces.push(Buffer.from(piece.bytes))
    }
    const rest = cutter.rest()
    if (rest !== undefined) pieces.push(Buffer.from(rest.bytes))
    assert.ok(pieces.length > 2)
    assert.ok(Buffer.concat(pieces).equals(log), `arrivals of ${arrivalBytes} bytes`)
  }
})

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
