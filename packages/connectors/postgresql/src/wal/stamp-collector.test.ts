import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StampCollector } from './stamp-collector.ts'
import { commitRecord, endRecord, mainData, WalWriter } from './testing/wal-writer.ts'
import { rmgr, transactionInfo } from './wal-format.ts'
import { WalWalker } from './wal-walker.ts'

test('the stamps of a piece are those of the records that end in it, whatever their order', () => {
  const writer = new WalWriter()
  const timesUs = [1_795_293_385_381_329, 1_795_293_390_000_000, 1_795_293_385_381_400, 0, -1]
  const places = timesUs.map((timeUs, index) => {
    writer.append({ rmgr: rmgr.heap, info: 0, xid: 1, body: mainData(Buffer.alloc(6000)) })
    const kinds = [transactionInfo.commit, transactionInfo.abort, transactionInfo.commitPrepared, transactionInfo.abortPrepared]
    return writer.append(endRecord(kinds[index % 4] ?? 0, 5, { timeUs }))
  })
  const collector = new StampCollector()
  const { start, segmentBytes, major } = writer.options
  const walker = new WalWalker({
    start,
    segmentBytes,
    major,
    checksums: true,
    atInvalid: 'fail',
    wanted: StampCollector.wanted,
    onRecord: (record) => collector.add(record),
  })
  const bytes = writer.bytes()
  const pushThrough = (lsn: number) => walker.push(bytes.subarray(walker.position - start, lsn - start))
  const [first, second, third, fourth, fifth] = places.map(({ end }) => end)
  pushThrough((first ?? 0) - 8)
  assert.equal(collector.take(), undefined)
  pushThrough(first ?? 0)
  assert.deepEqual(collector.take(), { earliestUs: timesUs[0], latestUs: timesUs[0] })
  pushThrough(third ?? 0)
  assert.deepEqual(collector.take(), { earliestUs: timesUs[2], latestUs: timesUs[1] })
  assert.equal(collector.take(), undefined)
  pushThrough(fifth ?? 0)
  assert.deepEqual(collector.take(), { earliestUs: -1, latestUs: 0 })
  assert.ok((second ?? 0) < (fourth ?? 0))
})

test('what is not stamped is not looked at', () => {
  const writer = new WalWriter()
  writer.append({ rmgr: rmgr.transaction, info: transactionInfo.assignment, xid: 1, body: mainData(Buffer.alloc(8)) })
  writer.append(commitRecord(9, { timeUs: 77 }))
  const collector = new StampCollector()
  const { start, segmentBytes, major } = writer.options
  const onRecord = collector.add.bind(collector)
  const wanted = StampCollector.wanted
  new WalWalker({ start, segmentBytes, major, checksums: true, atInvalid: 'fail', wanted, onRecord }).push(writer.bytes())
  assert.deepEqual(collector.take(), { earliestUs: 77, latestUs: 77 })
})
