import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom, testSeed } from '@coffre/testkit'
import type { Lsn } from './lsn.ts'
import { mainData, WalWriter, type WalWriterOptions, type WrittenPlace } from './testing/wal-writer.ts'
import { pageBytes, rmgr, xlogInfo } from './wal-format.ts'
import { recordFilter, type WalRecord } from './wal-record.ts'
import { WalWalker, type WalWalkerOptions } from './wal-walker.ts'

const everything = recordFilter(
  Array.from({ length: 256 }, (_, manager) => ({ rmgr: manager, infos: Array.from({ length: 16 }, (_, kind) => kind << 4) })),
)

interface SeenRecord extends WrittenPlace {
  readonly xid: number
  readonly body: string
}

/** A log of records of all sizes, with a switch of segments in it. */
function randomLog(random: SeededRandom, options: Partial<WalWriterOptions> = {}) {
  const writer = new WalWriter(options)
  const records: SeenRecord[] = []
  for (let xid = 1; xid <= 250; xid++) {
    if (xid === 120) writer.switchSegment()
    const length = random.integer(20) === 0 ? random.integer(40_000) : random.integer(300)
    const body = mainData(random.bytes(length))
    records.push({ ...writer.append({ rmgr: rmgr.heap, info: 0, xid, body }), xid, body: Buffer.from(body).toString('hex') })
  }
  return { writer, bytes: writer.bytes(), records }
}

function walker(writer: WalWriter, options: Partial<WalWalkerOptions> = {}) {
  const seen: SeenRecord[] = []
  const { start: first, segmentBytes, major } = writer.options
  const walk = new WalWalker({
    start: first,
    segmentBytes,
    major,
    checksums: true,
    atInvalid: 'fail',
    wanted: everything,
    onRecord: (record) => {
      if (record.rmgr !== rmgr.heap) return
      const { start, end, xid } = record
      seen.push({ start, end, xid, body: bodyOf(record).toString('hex') })
    },
    ...options,
  })
  return { walk, seen }
}

function bodyOf({ view, at, length }: WalRecord): Buffer {
  return Buffer.from(view.buffer, view.byteOffset + at + 24, length - 24)
}

/** Pushes pieces that are overwritten afterwards, as a receive buffer is. */
function pushAll(walk: WalWalker, bytes: Uint8Array, nextLength: () => number): void {
  for (let at = 0; at < bytes.length; ) {
    const piece = new Uint8Array(bytes.subarray(at, at + Math.max(1, nextLength())))
    walk.push(piece)
    piece.fill(0xee)
    at += piece.length
  }
}

for (const { name, start } of [
  { name: 'a log', start: 2 ** 20 },
  { name: 'a log that crosses 4 GiB', start: 2 ** 32 - 2 ** 20 },
  { name: 'a log at the far end of the numbers', start: 2 ** 53 - 2 ** 24 },
]) {
  test(`${name} is the same in pieces of any size`, () => {
    const random = new SeededRandom(testSeed(name))
    const { writer, bytes, records } = randomLog(random, { start })
    for (const size of [7, 8, 24, 8192, 131_072, bytes.length]) {
      const { walk, seen } = walker(writer)
      pushAll(walk, bytes, () => size)
      assert.deepEqual(seen, records, `pieces of ${size}`)
    }
    for (let round = 0; round < 10; round++) {
      const { walk, seen } = walker(writer)
      pushAll(walk, bytes, () => random.integer(20_000))
      assert.deepEqual(seen, records)
      assert.equal(walk.position, writer.position)
      assert.equal(walk.lastRecord?.end, records.at(-1)?.end)
    }
  })
}

test('a walk begins at any page and any record, with the first record that begins there', () => {
  const { writer, bytes, records } = randomLog(new SeededRandom(testSeed('starts')))
  const origin = writer.options.start
  const switched = records[118]?.end ?? 0
  const starts: Lsn[] = records.map(({ start }) => start)
  for (let page = origin; page < writer.position; page += pageBytes) if (page < switched || page % 2 ** 20 === 0) starts.push(page)
  for (const start of starts) {
    const { walk, seen } = walker(writer, { start })
    walk.push(bytes.subarray(start - origin))
    assert.deepEqual(
      seen,
      records.filter((record) => record.start >= start),
      `from ${start}`,
    )
  }
})

test('a log that is cut anywhere only lacks the record that is cut', () => {
  const { writer, bytes, records } = randomLog(new SeededRandom(testSeed('cuts')))
  const { walk, seen } = walker(writer)
  let whole = 0
  for (const [index] of bytes.entries()) {
    walk.push(bytes.subarray(index, index + 1))
    while ((records[whole]?.end ?? Number.POSITIVE_INFINITY) <= walk.position) whole++
    if (seen.length !== whole) assert.fail(`${seen.length} records at ${walk.position}, not ${whole}`)
  }
  assert.equal(walk.end, undefined)
})

test('a switch whose record goes on in the next segment leaves that one empty, also for a walk that begins there', () => {
  const writer = new WalWriter()
  const second = writer.options.start + 2 ** 20
  const append = (length: number) => writer.append({ rmgr: rmgr.heap, info: 0, xid: 1, body: mainData(Buffer.alloc(length)) })
  while (second - writer.position > 2 * pageBytes) append(pageBytes)
  while (second - writer.position > 512) append(256)
  append(second - writer.position - 16 - 24 - (second - writer.position - 40 > 256 ? 5 : 2))
  assert.equal(second - writer.position, 16)
  writer.switchSegment()
  assert.equal(writer.position, second + 2 ** 20)
  const { walk: whole } = walker(writer)
  whole.push(writer.bytes())
  assert.equal(whole.lastRecord?.end, writer.position)
  const after = append(100)
  for (const start of [writer.options.start, second]) {
    for (const size of [100, 8192]) {
      const { walk, seen } = walker(writer, { start })
      pushAll(walk, writer.bytes().subarray(start - writer.options.start), () => size)
      assert.equal(seen.at(-1)?.start, after.start)
    }
  }
})

test('the end of a record that looks like a switch is none where records follow', () => {
  const writer = new WalWriter()
  const page = writer.options.start + pageBytes
  writer.append({ rmgr: rmgr.heap, info: 0, xid: 1, body: mainData(Buffer.alloc(7000)) })
  const body = Buffer.alloc(page - writer.position - 24 + 8)
  body.set([255, 0], 0)
  body.set([xlogInfo.segmentSwitch, rmgr.xlog], body.length - 8)
  writer.append({ rmgr: rmgr.heap, info: 0, xid: 2, body })
  const { end } = writer.append({ rmgr: rmgr.heap, info: 0, xid: 3, body: mainData(Buffer.alloc(9)) })
  const bytes = Buffer.concat([writer.bytes(), Buffer.alloc(pageBytes)])
  const { walk } = walker(writer, { start: page, atInvalid: 'end' })
  walk.push(bytes.subarray(pageBytes))
  assert.equal(walk.end?.lsn, end)
})

test('a record that follows another one than it should is of an older log', () => {
  const append = (writer: WalWriter) => writer.append({ rmgr: rmgr.heap, info: 0, xid: 1, body: mainData(Buffer.alloc(50)) })
  const writer = new WalWriter()
  const last = append(writer)
  writer.breakChain(last.start - 8)
  append(writer)
  const { walk } = walker(writer, { atInvalid: 'end' })
  walk.push(writer.bytes())
  assert.equal(walk.end?.lsn, last.end)
  const first = new WalWriter()
  first.breakChain(first.options.start + 4096)
  append(first)
  assert.throws(() => walker(first).walk.push(first.bytes()), { code: 'source.failed', message: /not one before it/ })
})

test('only wanted records are shown', () => {
  const writer = new WalWriter()
  for (let xid = 1; xid <= 50; xid++) {
    writer.append({ rmgr: xid % 3, info: (xid % 4) << 4, xid, body: mainData(Buffer.alloc(xid * 40)) })
  }
  const seen: number[] = []
  const { walk } = walker(writer, { wanted: recordFilter([{ rmgr: 2, infos: [0x30] }]), onRecord: ({ xid }) => seen.push(xid) })
  pushAll(walk, writer.bytes(), () => 1000)
  assert.deepEqual(seen, [11, 23, 35, 47])
})

test('a view on a record is void once the piece was pushed', () => {
  const { writer, bytes } = randomLog(new SeededRandom(testSeed('views')))
  const kept: WalRecord[] = []
  const { walk } = walker(writer, { onRecord: (record) => kept.push(record) })
  pushAll(walk, bytes, () => 5000)
  assert.equal(kept.length, 251)
  assert.ok(kept.every(({ view }) => view.byteLength === 0))
})

test('what is written over the lost rest of a record follows the record before it', () => {
  const writer = new WalWriter()
  const before = writer.append({ rmgr: rmgr.heap, info: 0, xid: 1, body: mainData(Buffer.alloc(100)) })
  writer.appendTorn({ rmgr: rmgr.heap, info: 0, xid: 2, body: mainData(Buffer.alloc(20_000)) })
  const after = writer.append({ rmgr: rmgr.heap, info: 0, xid: 3, body: mainData(Buffer.alloc(100)) })
  for (const size of [1, 100, 8192, 65_536]) {
    const { walk, seen } = walker(writer)
    pushAll(walk, writer.bytes(), () => size)
    assert.deepEqual(
      seen.map(({ start, end, xid }) => ({ start, end, xid })),
      [
        { ...before, xid: 1 },
        { ...after, xid: 3 },
      ],
    )
  }
})

test('a log goes on from one timeline to the next, and never back', () => {
  const writer = new WalWriter({ timeline: 2 })
  const append = () => writer.append({ rmgr: rmgr.heap, info: 0, xid: 1, body: mainData(Buffer.alloc(9000)) })
  append()
  writer.timeline = 3
  append()
  const { walk, seen } = walker(writer, { timeline: 3 })
  walk.push(writer.bytes())
  assert.equal(seen.length, 2)
  assert.throws(() => walker(writer, { timeline: 2 }).walk.push(writer.bytes()), { code: 'source.failed', message: /timeline 3/ })
  writer.timeline = 2
  append()
  assert.throws(() => walker(writer, { timeline: 3 }).walk.push(writer.bytes()), { code: 'source.failed', message: /timeline 2/ })
})

test('a segment of another cluster is refused where the cluster is known', () => {
  const { writer, bytes } = randomLog(new SeededRandom(testSeed('cluster')))
  walker(writer, { systemId: '7' }).walk.push(bytes)
  assert.throws(() => walker(writer, { systemId: '8' }).walk.push(bytes), { code: 'source.failed', message: /system 7, not 8/ })
})

for (const { name, at, message } of [
  { name: 'segments', at: 32, message: /segments have 4194304 bytes/ },
  { name: 'pages', at: 36, message: /pages have 4194304 bytes/ },
]) {
  test(`${name} of another size are refused`, () => {
    const { writer, bytes } = longRecords()
    bytes.writeUInt32LE(2 ** 22, at)
    assert.throws(() => walker(writer).walk.push(bytes), { code: 'source.failed', message })
  })
}

/** Each is done to the third page of a good log, whose records end on its second page or go on there. */
const noLog = [
  { name: 'a foreign magic number', damage: (page: Buffer) => page.writeUInt16LE(0xd10d, 0), message: /magic number is 0xD10D/ },
  { name: 'a page that is further on', damage: (page: Buffer) => page.writeUInt8(0xff, 13), message: /page of/ },
  { name: 'unknown flags', damage: (page: Buffer) => page.writeUInt16LE(0x40, 2), message: /flags/ },
]
const ends = [
  { name: 'zeros', damage: (page: Buffer) => page.fill(0), reason: /is zero/ },
  { name: 'a page of an older log', damage: (page: Buffer) => page.writeUInt8(0, 10), reason: /is stale/ },
  { name: 'another continuation', damage: (page: Buffer) => page.writeUInt32LE(77, 16), reason: /goes on with 77 bytes/ },
  { name: 'half a page', damage: (page: Buffer) => page.fill(0, 512), reason: /checksum/ },
]

function longRecords() {
  const writer = new WalWriter()
  const places = Array.from({ length: 20 }, (_, xid) =>
    writer.append({ rmgr: rmgr.heap, info: 0, xid, body: mainData(new SeededRandom(xid).bytes(3000)) }),
  )
  const bytes = Buffer.from(writer.bytes())
  const page = bytes.subarray(2 * pageBytes, 3 * pageBytes)
  const last = places.findLast(({ end }) => end <= writer.options.start + 2 * pageBytes)
  assert.ok(last !== undefined)
  return { writer, bytes, page, last }
}

for (const { name, damage, message } of noLog) {
  test(`${name} is an error, in a stream and in a file`, () => {
    const { writer, bytes, page } = longRecords()
    damage(page)
    for (const atInvalid of ['fail', 'end'] as const) {
      assert.throws(() => walker(writer, { atInvalid }).walk.push(bytes), { code: 'source.failed', message })
    }
  })
}

for (const { name, damage, reason } of ends) {
  test(`${name} is an error in a stream, and the end of the log in a file`, () => {
    const { writer, bytes, page, last } = longRecords()
    damage(page)
    assert.throws(() => walker(writer).walk.push(bytes), { code: 'source.failed', message: reason })
    for (const size of [13, 8192, bytes.length]) {
      const { walk, seen } = walker(writer, { atInvalid: 'end' })
      pushAll(walk, bytes, () => size)
      assert.equal(walk.end?.lsn, last.end)
      assert.match(walk.end?.reason ?? '', reason)
      assert.equal(seen.at(-1)?.end, last.end)
    }
  })
}

test('any damaged byte of a record ends the log before it', () => {
  const random = new SeededRandom(testSeed('damage'))
  const { writer, bytes, records } = randomLog(random)
  for (let round = 0; round < 200; round++) {
    const record = records[random.integer(records.length)]
    assert.ok(record !== undefined)
    const at = record.start - writer.options.start + random.integer(24)
    const damaged = Uint8Array.from(bytes)
    // A record header is cut by a page header, whose own damage other tests look at.
    if (at % pageBytes < 40 || Math.floor(at / pageBytes) !== Math.floor((record.start - writer.options.start) / pageBytes))
      continue
    damaged[at] = (damaged[at] ?? 0) ^ (1 << random.integer(8))
    const { walk, seen } = walker(writer, { atInvalid: 'end' })
    walk.push(damaged)
    assert.ok(walk.position === writer.position || walk.end !== undefined)
    assert.ok(!seen.some(({ start }) => start >= record.start), `byte ${at}`)
  }
})

test('without checksums only what guides the walk is checked', () => {
  const { writer, bytes, records } = randomLog(new SeededRandom(testSeed('unchecked')))
  bytes[(records[5]?.start ?? 0) - writer.options.start + 25] = 0xaa
  const { walk, seen } = walker(writer, { checksums: false })
  walk.push(bytes)
  assert.equal(seen.length, records.length)
  assert.throws(() => walker(writer).walk.push(bytes), { code: 'source.failed', message: /checksum/ })
})

test('a start where no record can begin is a mistake', () => {
  for (const start of [2 ** 20 + 4, 2 ** 20 + 24, 2 ** 20 + pageBytes + 8]) {
    assert.throws(() => walker(new WalWriter(), { start }), /no record begins at/)
  }
})
