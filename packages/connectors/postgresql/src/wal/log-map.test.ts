import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogMap, type LogMapOptions } from './log-map.ts'
import {
  blockOf,
  commitRecord,
  compressedBlockOf,
  endRecord,
  mainData,
  WalWriter,
  type WrittenRecord,
  words,
} from './testing/wal-writer.ts'
import type { FileChanges } from './transaction-changes.ts'
import { databaseInfo, heap2Info, heapInfo, rmgr, standbyInfo, storageInfo, transactionInfo } from './wal-format.ts'
import { WalWalker } from './wal-walker.ts'

const minuteUs = 60_000_000
const noonUs = 1_795_262_400_000_000
const noNames = { ofFile: () => undefined, ofRelation: () => undefined, ofDatabase: () => undefined }

interface Ended {
  readonly xid: number
  readonly kind: string
  readonly files: Readonly<Record<string, string>>
  readonly isExact: boolean
}

/** The map of a log of these records, and what each transaction did: file → inserts/updates/deletes. */
function mapOf(records: readonly WrittenRecord[], options: Partial<LogMapOptions> = {}) {
  const writer = new WalWriter()
  const places = records.map((record) => writer.append(record))
  const ended: Ended[] = []
  const map = new LogMap({
    major: 16,
    names: noNames,
    massRowsMin: 5,
    onEnd: ({ xid, kind }, changes) => {
      const files = Object.fromEntries([...(changes?.files() ?? [])].map((file) => [file.file, countsOf(file)]))
      ended.push({ xid, kind, files, isExact: changes?.isExact ?? true })
    },
    ...options,
  })
  const { start, segmentBytes, major } = writer.options
  const onRecord = map.add.bind(map)
  new WalWalker({ start, segmentBytes, major, checksums: true, atInvalid: 'fail', wanted: LogMap.wanted, onRecord }).push(
    writer.bytes(),
  )
  return { map, places, ended, events: map.minutes().flatMap(({ events }) => events) }
}

function countsOf({ inserts, updates, deletes }: Readonly<FileChanges>): string {
  return `${inserts}/${updates}/${deletes}`
}

function heap(info: number, xid: number, file: number, main: Uint8Array = Buffer.alloc(14)): WrittenRecord {
  return { rmgr: rmgr.heap, info, xid, body: mainData(main, blockOf(file)) }
}

const insert = (xid: number, file = 20_000) => heap(heapInfo.insert | 0x80, xid, file)
const deletion = (xid: number, file = 20_000, flags = 0) => heap(heapInfo.delete, xid, file, Buffer.of(0, 0, 0, 0, 1, 0, 0, flags))

function multiInsert(xid: number, rows: number): WrittenRecord {
  const main = Buffer.alloc(4)
  main.writeUInt16LE(rows, 2)
  return { rmgr: rmgr.heap2, info: heap2Info.multiInsert | 0x80, xid, body: mainData(main, blockOf(20_000)) }
}

function creation(xid: number, file: number, fork = 0): WrittenRecord {
  return { rmgr: rmgr.storage, info: storageInfo.create, xid, body: mainData(words(1663, 5, file, fork)) }
}

function assignment(xid: number, subxids: readonly number[]): WrittenRecord {
  const main = words(xid, subxids.length, ...subxids)
  return { rmgr: rmgr.transaction, info: transactionInfo.assignment, xid: subxids.at(-1) ?? 0, body: mainData(main) }
}

function running(oldestXid: number): WrittenRecord {
  return { rmgr: rmgr.standby, info: standbyInfo.runningTransactions, xid: 0, body: mainData(words(0, 0, 0, 900, oldestXid, 899)) }
}

const abort = (xid: number, subxids: readonly number[] = []) => endRecord(transactionInfo.abort, xid, { timeUs: noonUs, subxids })
const commit = (xid: number, subxids: readonly number[] = [], removed: readonly number[] = []) =>
  commitRecord(xid, { timeUs: noonUs, subxids, removed })
const times = (count: number, record: WrittenRecord) => Array<WrittenRecord>(count).fill(record)

test('rows are counted by transaction and file', () => {
  const { ended } = mapOf([
    insert(1),
    insert(2),
    heap(heapInfo.update, 1, 20_000),
    heap(heapInfo.hotUpdate, 1, 20_001),
    deletion(2),
    multiInsert(1, 60),
    insert(1),
    deletion(1, 20_000, 0x08),
    deletion(2, 20_000, 0x10),
    abort(2),
    commit(1),
    commit(3),
  ])
  assert.deepEqual(ended, [
    { xid: 2, kind: 'abort', files: { 20000: '1/1/1' }, isExact: true },
    { xid: 1, kind: 'commit', files: { 20000: '61/1/0', 20001: '0/1/0' }, isExact: true },
    { xid: 3, kind: 'commit', files: {}, isExact: true },
  ])
})

test('a savepoint counts with its transaction, unless it was rolled back', () => {
  const { ended } = mapOf([insert(1), insert(2), insert(3), insert(4), abort(3, [4]), insert(5), deletion(1), commit(1, [2, 5])])
  assert.deepEqual(
    ended.map(({ xid, files }) => ({ xid, files })),
    [
      { xid: 3, files: { 20000: '2/0/0' } },
      { xid: 1, files: { 20000: '3/0/1' } },
    ],
  )
})

test('a prepared transaction counts when it is committed', () => {
  const prepared = { timeUs: noonUs, preparedXid: 8 }
  const { ended } = mapOf([deletion(8), running(8), commit(9), endRecord(transactionInfo.commitPrepared, 0, prepared)])
  assert.deepEqual(ended.at(-1), { xid: 8, kind: 'commit-prepared', files: { 20000: '0/0/1' }, isExact: true })
})

test('a transaction that no longer runs is forgotten, also where numbers begin anew', () => {
  const { ended } = mapOf([insert(0xffff_fff0), insert(4), running(3), insert(4), commit(0xffff_fff0), commit(4)])
  assert.deepEqual(
    ended.map(({ files }) => files),
    [{}, { 20000: '2/0/0' }],
  )
})

test('many savepoints are merged early when memory is short, and the transaction says so', () => {
  const subxids = Array.from({ length: 64 }, (_, index) => 100 + index)
  const records = [
    insert(1),
    ...subxids.map((xid) => insert(xid)),
    assignment(1, subxids),
    ...subxids.map((xid) => insert(xid + 100)),
  ]
  const later = subxids.map((xid) => xid + 100)
  const roomy = mapOf([...records, abort(150), commit(1, [...subxids, ...later])])
  assert.deepEqual(roomy.ended.at(-1), { xid: 1, kind: 'commit', files: { 20000: '128/0/0' }, isExact: true })
  const tight = mapOf([...records, abort(150), commit(1, [...subxids, ...later])], { entriesMax: 160 })
  assert.deepEqual(tight.ended.at(-1), { xid: 1, kind: 'commit', files: { 20000: '129/0/0' }, isExact: false })
})

test('files beyond what memory allows are not counted one by one', () => {
  const records = Array.from({ length: 100 }, (_, index) => deletion(1, 20_000 + index))
  const { ended } = mapOf([...records, commit(1), insert(2), commit(2)], { entriesMax: 20 })
  assert.equal(Object.keys(ended[0]?.files ?? {}).length, 19)
  assert.equal(ended[0]?.isExact, false)
  assert.deepEqual(ended[1], { xid: 2, kind: 'commit', files: { 20000: '1/0/0' }, isExact: true })
})

test('a savepoint that was not counted in full makes its transaction inexact', () => {
  const records = Array.from({ length: 100 }, (_, index) => deletion(2, 20_000 + index))
  assert.equal(mapOf([...records, commit(1, [2])], { entriesMax: 20 }).ended[0]?.isExact, false)
})

test('a record may say itself whose savepoint wrote it', () => {
  const ofTop = (xid: number) => {
    const before = Buffer.concat([blockOf(20_000), Buffer.of(252, 1, 0, 0, 0)])
    return { rmgr: rmgr.heap, info: heapInfo.insert, xid, body: mainData(Buffer.alloc(3), before) }
  }
  const records = [ofTop(2), insert(500), ofTop(3), ...times(4, insert(501, 20_001)), abort(2), commit(500), commit(1, [3])]
  const { ended } = mapOf(records, { entriesMax: 6 })
  assert.deepEqual(
    ended.map(({ xid, files, isExact }) => ({ xid, files, isExact })),
    [
      { xid: 2, files: {}, isExact: true },
      { xid: 500, files: { 20000: '1/0/0' }, isExact: true },
      { xid: 1, files: { 20000: '2/0/0' }, isExact: false },
    ],
  )
})

test('the same number of a file in two databases is two files', () => {
  const other = { rmgr: rmgr.heap, info: heapInfo.insert, xid: 1, body: mainData(Buffer.alloc(3), blockOf(1259, 6)) }
  let paths: readonly string[] = []
  const onEnd: LogMapOptions['onEnd'] = (_end, changes) => {
    paths = [...(changes?.files() ?? [])].map((file) => `${file.database}/${file.file}: ${file.inserts}`)
  }
  mapOf([insert(1, 1259), other, other, insert(1, 1259), commit(1)], { onEnd })
  assert.deepEqual(paths, ['5/1259: 2', '6/1259: 2'])
})

test('a row is counted beside an image of its page', () => {
  const body = compressedBlockOf(20_000, Buffer.of(0, 0, 0, 0, 1, 0, 0, 0))
  const { ended } = mapOf([{ rmgr: rmgr.heap, info: heapInfo.delete, xid: 1, body }, commit(1)])
  assert.deepEqual(ended[0]?.files, { 20000: '0/0/1' })
})

test('minutes are those of the stamps', () => {
  const at = (minute: number, xid: number) => commitRecord(xid, { timeUs: noonUs + minute * minuteUs })
  const { map } = mapOf([
    at(1, 1),
    at(0.99, 2),
    at(1.5, 3),
    endRecord(transactionInfo.abort, 4, { timeUs: noonUs + minuteUs }),
    at(7, 5),
  ])
  assert.deepEqual(
    map.minutes().map(({ startUs, commits, aborts }) => [(startUs - noonUs) / minuteUs, commits, aborts]),
    [
      [0, 1, 0],
      [1, 2, 1],
      [7, 1, 0],
    ],
  )
})

const names = {
  ...noNames,
  ofFile: ({ file }: { file: number }) => ({ 20000: 'public.orders', 20001: 'public.orders_pkey', 30000: 'public.orders' })[file],
  ofRelation: (database: number, oid: number) => (database === 5 && oid === 20_000 ? 'public.orders' : undefined),
}
const heapTruncate = heap(heapInfo.truncate, 1, 1, words(5, 2, 0, 20_000, 777))

for (const { name, records, known, expected } of [
  {
    name: 'dropped files',
    records: [insert(1), commit(1, [], [20_000, 20_001, 20_002])],
    known: names,
    expected: [['drop', 'public.orders', 'public.orders_pkey', '1663/5/20002']],
  },
  {
    name: 'files that others replace, by name',
    records: [creation(1, 30_000), commit(1, [], [20_000, 20_001])],
    known: names,
    expected: [
      ['truncate-or-rewrite', 'public.orders'],
      ['drop', 'public.orders_pkey'],
    ],
  },
  {
    name: 'files that unknown ones may replace',
    records: [creation(1, 40_000), creation(1, 40_001, 2), commit(1, [], [20_002])],
    known: names,
    expected: [['truncate-or-rewrite', '1663/5/20002']],
  },
  {
    name: 'files beside which only another fork was made',
    records: [creation(1, 40_000, 3), insert(1), commit(1, [], [20_002])],
    known: names,
    expected: [['drop', '1663/5/20002']],
  },
  {
    name: 'files that came and went in the transaction',
    records: [creation(1, 40_000), creation(1, 40_001), commit(1, [], [40_000])],
    known: noNames,
    expected: [],
  },
  {
    name: 'a logged TRUNCATE, told once',
    records: [heapTruncate, creation(1, 30_000), commit(1, [], [20_000])],
    known: names,
    expected: [['truncate', 'public.orders', 'relation 5/777']],
  },
  {
    name: 'a TRUNCATE of what the transaction had made',
    records: [creation(1, 777), creation(1, 20_000), heapTruncate, commit(1)],
    known: names,
    expected: [],
  },
  {
    name: 'mass changes, of users only',
    records: [
      ...times(5, deletion(1)),
      ...times(6, heap(heapInfo.update, 2, 20_001)),
      ...times(9, deletion(1, 1259)),
      commit(1, [2]),
    ],
    known: names,
    expected: [
      ['mass-delete', 'public.orders', 5],
      ['mass-update', 'public.orders_pkey', 6],
    ],
  },
  { name: 'fewer rows than are a mass', records: [...times(4, deletion(1)), commit(1)], known: names, expected: [] },
  { name: 'what was rolled back', records: [...times(50, deletion(1)), abort(1)], known: names, expected: [] },
]) {
  test(`the events of ${name}`, () => {
    const { events, places } = mapOf(records, { names: known })
    assert.deepEqual(
      events.map(({ kind, relations, rows }) => [kind, ...relations, ...(rows === undefined ? [] : [rows])]),
      expected,
    )
    for (const { justBefore } of events) assert.equal(justBefore, places.at(-2)?.start)
  })
}

test('a dropped database can be had back only from before its files go', () => {
  const dropped = { rmgr: rmgr.database, info: databaseInfo.drop, xid: 1, body: mainData(words(16_390, 1, 1663)) }
  const { events, places } = mapOf([insert(1, 1262), dropped, insert(1, 1262), commit(1)])
  assert.deepEqual(
    events.map(({ kind, relations, justBefore }) => ({ kind, relations, justBefore })),
    [{ kind: 'drop-database', relations: ['database 16390'], justBefore: places[0]?.start }],
  )
  assert.deepEqual(mapOf([{ ...dropped, xid: 0 }, commit(1)]).events, [])
})

test('events beyond the bound of a minute are counted, and long lists cut', () => {
  const drops = Array.from({ length: 5 }, (_, index) => commit(index + 1, [], [20_000 + index]))
  const [minute] = mapOf(drops, { eventsPerMinuteMax: 3 }).map.minutes()
  assert.deepEqual([minute?.commits, minute?.events.length, minute?.eventsOmitted], [5, 3, 2])
  const many = Array.from({ length: 120 }, (_, index) => 20_000 + index)
  const [event] = mapOf([commit(1, [], many)]).events
  assert.deepEqual([event?.relations.length, event?.relationsOmitted], [100, 20])
})

test('a record that is too short for its kind is damage', () => {
  const short = [
    heap(heapInfo.delete, 1, 20_000, Buffer.alloc(7)),
    heap(heapInfo.truncate, 1, 1, words(5, 2, 0, 1)),
    assignment(1, []),
  ]
  short[2] = { ...assignment(1, []), body: mainData(words(1, 9, 3)) }
  for (const record of short) assert.throws(() => mapOf([record]), { code: 'source.failed', message: /makes no sense/ })
})
