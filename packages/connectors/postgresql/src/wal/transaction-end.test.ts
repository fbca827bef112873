import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecordParts } from './record-parts.ts'
import { endRecord, mainData, WalWriter, type WrittenRecord, words } from './testing/wal-writer.ts'
import { readTransactionEnd, type TransactionEnd, transactionEnds } from './transaction-end.ts'
import { rmgr, transactionInfo, type WalMajor } from './wal-format.ts'
import { recordFilter } from './wal-record.ts'
import { WalWalker } from './wal-walker.ts'

const timeUs = 1_795_293_385_381_329

/** The record, read as one of `major` from a log that has only it. */
function read(record: WrittenRecord, major: WalMajor): TransactionEnd {
  const writer = new WalWriter({ major })
  writer.append(record)
  const ends: TransactionEnd[] = []
  const { start, segmentBytes } = writer.options
  const parts = new RecordParts()
  const onRecord = (found: Parameters<typeof readTransactionEnd>[0]) => ends.push(readTransactionEnd(found, parts, major))
  const wanted = recordFilter([transactionEnds])
  new WalWalker({ start, segmentBytes, major, checksums: true, atInvalid: 'fail', wanted, onRecord }).push(writer.bytes())
  const [end] = ends
  assert.ok(end !== undefined)
  return end
}

for (const [name, kind] of [
  ['commit', transactionInfo.commit],
  ['abort', transactionInfo.abort],
  ['commit-prepared', transactionInfo.commitPrepared],
  ['abort-prepared', transactionInfo.abortPrepared],
] as const) {
  test(`a ${name} without details`, () => {
    const end = read(endRecord(kind, 731, { timeUs }), 16)
    assert.deepEqual({ ...end, start: 0, end: 0, previous: 0 }, {
      kind: name,
      start: 0,
      end: 0,
      previous: 0,
      xid: 731,
      timeUs,
      subxids: [],
      removed: [],
    } satisfies TransactionEnd)
  })
}

for (const major of [15, 16, 17, 18] as const) {
  test(`the end of a prepared transaction names it behind all the lists of version ${major}`, () => {
    const details = { timeUs, subxids: [801, 802], removed: [16_400], statistics: 3, preparedXid: 800, hasForeignLists: true }
    const end = read(endRecord(transactionInfo.commitPrepared, 0, details, major), major)
    assert.equal(end.xid, 800)
    assert.deepEqual(end.subxids, [801, 802])
    assert.deepEqual(end.removed, [{ tablespace: 1663, database: 5, file: 16_400 }])
  })
}

const commit = transactionInfo.commit | transactionInfo.hasInfo
for (const { name, info, main, message } of [
  { name: 'no time', info: transactionInfo.commit, main: words(1), message: /4 bytes/ },
  { name: 'lists, but not which', info: commit, main: words(1, 1), message: /longer than/ },
  { name: 'a list that is too long', info: commit, main: words(1, 1, 0x2, 3, 7, 8), message: /list of 3/ },
  {
    name: 'a list of an impossible length',
    info: commit,
    main: words(1, 1, 0x4, 0xffff_ffff, 7, 8),
    message: /list of 4294967295/,
  },
]) {
  test(`a commit with ${name} is damaged`, () => {
    const record = { rmgr: rmgr.transaction, info, xid: 5, body: mainData(main) }
    assert.throws(() => read(record, 16), { code: 'source.failed', message })
  })
}

test('headers that do not fit their record are damage', () => {
  for (const body of [
    Buffer.of(255),
    Buffer.of(255, 9, 1),
    Buffer.of(254, 1, 0),
    Buffer.of(252, 1, 0),
    Buffer.of(99, 0, 0, 0, 0),
  ]) {
    const record = { rmgr: rmgr.transaction, info: transactionInfo.commit, xid: 5, body }
    assert.throws(() => read(record, 16), { code: 'source.failed', message: /makes no sense/ }, body.toString('hex'))
  }
})
