import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { TargetFinder, type WalStop, type WalTarget } from './target-finder.ts'
import { commitRecord, endRecord, mainData, WalWriter, type WrittenPlace } from './testing/wal-writer.ts'
import { rmgr, transactionInfo, xlogInfo } from './wal-format.ts'

const secondUs = 1_000_000
const noonUs = 1_795_262_400 * secondUs

interface Step extends WrittenPlace {
  readonly xid: number
  readonly timeUs: number | undefined
}

/**
 * Commits at noon + 0, 1, 2, 10, 3, 4, 11 seconds: the clock was set forward and back again. Between them lie records of no time, and a
 * restore point after the third.
 */
function exampleLog() {
  const writer = new WalWriter()
  const steps: Step[] = []
  const idle = () => steps.push({ ...writer.append(heap(900)), xid: 0, timeUs: undefined })
  for (const [index, seconds] of [0, 1, 2, 10, 3, 4, 11].entries()) {
    idle()
    const timeUs = noonUs + seconds * secondUs
    const xid = 700 + index
    const record =
      index === 4
        ? endRecord(transactionInfo.commitPrepared, 0, { timeUs, preparedXid: xid, subxids: [790] })
        : endRecord(index === 1 ? transactionInfo.abort : transactionInfo.commit, xid, { timeUs })
    steps.push({ ...writer.append(record), xid, timeUs })
    idle()
    if (index === 2) steps.push({ ...writer.append(restorePoint('before the sale')), xid: 0, timeUs: undefined })
  }
  return { writer, steps }
}

function heap(length: number) {
  return { rmgr: rmgr.heap, info: 0, xid: 0, body: mainData(Buffer.alloc(length)) }
}

function restorePoint(name: string) {
  const main = Buffer.alloc(72)
  main.write(name, 8)
  return { rmgr: rmgr.xlog, info: xlogInfo.restorePoint, xid: 0, body: mainData(main) }
}

function find(writer: WalWriter, target: WalTarget, pieceBytes = 1000): WalStop | undefined {
  const { start, segmentBytes, major } = writer.options
  const finder = new TargetFinder(target, { start, segmentBytes, major, checksums: true, atInvalid: 'fail' })
  const bytes = writer.bytes()
  for (let at = 0; at < bytes.length; at += pieceBytes) if (finder.push(bytes.subarray(at, at + pieceBytes))) break
  return finder.stop()
}

/** The stop after the first `kept` records of the log. */
function stopAfter(steps: readonly Step[], kept: number) {
  const lastKept = steps.slice(0, kept).findLast(({ timeUs }) => timeUs !== undefined)
  const firstLeftOut = steps.slice(kept).find(({ timeUs }) => timeUs !== undefined)
  return {
    targetLsn: steps[kept - 1]?.start,
    through: steps[kept - 1]?.end,
    lastKept: lastKept?.xid,
    firstLeftOut: firstLeftOut?.xid,
  }
}

function brief(stop: WalStop | undefined) {
  return (
    stop && { targetLsn: stop.targetLsn, through: stop.through, lastKept: stop.lastKept?.xid, firstLeftOut: stop.firstLeftOut?.xid }
  )
}

for (const { at, kept } of [
  { at: 0, kept: 4 },
  { at: 1.5, kept: 7 },
  // The clock leapt to 10 and back to 3: what was committed at 3 lies after the first record stamped later than 5.
  { at: 5, kept: 11 },
  { at: 10, kept: 20 },
  { at: 10.999999, kept: 20 },
  { at: 11, kept: 22 },
  { at: 3600, kept: 22 },
]) {
  test(`noon + ${at} s is the log before the first record stamped later`, () => {
    const { writer, steps } = exampleLog()
    const target = { kind: 'time', timeUs: noonUs + at * secondUs } as const
    for (const size of [1, 100, 8192, 100_000]) assert.deepEqual(brief(find(writer, target, size)), stopAfter(steps, kept))
  })
}

test('a time before every stamp keeps what lies before the first', () => {
  const { writer, steps } = exampleLog()
  assert.deepEqual(brief(find(writer, { kind: 'time', timeUs: noonUs - 1 })), stopAfter(steps, 1))
})

for (const { xid, kept, what } of [
  { xid: 702, kept: 8, what: 'a transaction' },
  { xid: 701, kept: 5, what: 'one that was rolled back' },
  { xid: 704, kept: 15, what: 'a prepared one' },
  { xid: 790, kept: 15, what: 'a savepoint of one' },
  { xid: 706, kept: 21, what: 'the last one' },
]) {
  test(`through ${what}`, () => {
    const { writer, steps } = exampleLog()
    assert.deepEqual(brief(find(writer, { kind: 'transaction', xid })), stopAfter(steps, kept))
  })
}

test('through a restore point, by its whole name', () => {
  const { writer, steps } = exampleLog()
  assert.deepEqual(brief(find(writer, { kind: 'restore-point', name: 'before the sale' })), stopAfter(steps, 10))
  assert.equal(find(writer, { kind: 'restore-point', name: 'before' }), undefined)
  const again = new WalWriter()
  for (const name of ['other', 'twice', 'twice']) steps.push({ ...again.append(restorePoint(name)), xid: 0, timeUs: undefined })
  again.append(commitRecord(1, { timeUs: noonUs }))
  assert.equal(find(again, { kind: 'restore-point', name: 'twice' })?.targetLsn, steps.at(-2)?.start)
})

test('through any position: what ends there or before', () => {
  const { writer, steps } = exampleLog()
  const random = new SeededRandom(testSeed('positions'))
  for (const [index, { start, end }] of steps.entries()) {
    const cases = [
      { lsn: end, kept: index + 1 },
      { lsn: end - 1, kept: index },
      { lsn: start + 1, kept: index },
    ]
    for (const { lsn, kept } of cases) {
      const expected = kept === 0 ? undefined : stopAfter(steps, kept)
      for (const size of [4, 1 + random.integer(3000)]) {
        assert.deepEqual(brief(find(writer, { kind: 'lsn', lsn }, size)), expected, `at ${lsn}, in pieces of ${size}`)
      }
    }
  }
})

for (const target of [
  { kind: 'transaction', xid: 5 },
  { kind: 'restore-point', name: 'never' },
  { kind: 'lsn', lsn: 2 ** 40 },
] as const) {
  test(`a ${target.kind} that the log has not is not found`, () => assert.equal(find(exampleLog().writer, target), undefined))
}

test('a log that ends in a file ends the search', () => {
  const { writer, steps } = exampleLog()
  const bytes = Buffer.concat([writer.bytes(), Buffer.alloc(8192)])
  const { start, segmentBytes, major } = writer.options
  const options = { start, segmentBytes, major, checksums: true, atInvalid: 'end' } as const
  const finder = new TargetFinder({ kind: 'lsn', lsn: writer.position + 4096 }, options)
  assert.equal(finder.push(bytes), true)
  assert.equal(finder.stop(), undefined)
  const byTime = new TargetFinder({ kind: 'time', timeUs: noonUs + 3600 * secondUs }, options)
  assert.equal(byTime.push(bytes), true)
  assert.deepEqual(brief(byTime.stop()), stopAfter(steps, steps.length))
})

test('nothing is found in a log of no records', () => {
  assert.equal(find(new WalWriter(), { kind: 'time', timeUs: noonUs }), undefined)
  const writer = new WalWriter()
  writer.append(commitRecord(1, { timeUs: noonUs }))
  assert.equal(find(writer, { kind: 'time', timeUs: noonUs })?.lastKept?.xid, 1)
})
