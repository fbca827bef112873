import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isCoffreError } from '@coffre/foundation'
import { temporaryFolder } from '@coffre/testkit'
import { WalSegmentWriter } from './wal-segment-writer.ts'

const segmentBytes = 2 ** 20
const start = 5 * segmentBytes

/** A folder with the beginning of a segment, as a base has it. */
async function withWriter(at: number, work: (writer: WalSegmentWriter, folder: string) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder()
  await mkdir(join(folder.path, 'archive_status'))
  await writeFile(join(folder.path, name(1, 5)), Buffer.alloc(segmentBytes, 'base'))
  await using writer = new WalSegmentWriter({ folder: folder.path, segmentBytes, account: undefined }, 1, at)
  await work(writer, folder.path)
}

function name(timeline: number, segment: number): string {
  return [timeline, 0, segment].map((part) => part.toString(16).toUpperCase().padStart(8, '0')).join('')
}

test('log in pieces of any size becomes whole segments, the last one padded with zeros', async () => {
  await withWriter(start + 100, async (writer, folder) => {
    let lsn = start + 100
    for (const length of [1, 4095, segmentBytes, 300_000, 2 * segmentBytes]) {
      await writer.write(1, lsn, Buffer.alloc(length, 'l'))
      lsn += length
    }
    const before = (await readdir(folder)).filter((file) => file.length === 24)
    assert.deepEqual(
      before.sort(),
      [5, 6, 7].map((segment) => name(1, segment)),
    )
    await writer.end()
    assert.equal(writer.segments, 4)
    const first = await readFile(join(folder, name(1, 5)))
    assert.ok(first.subarray(0, 100).equals(Buffer.alloc(100, 'base')), 'what the base has before stays')
    assert.equal(first.toString('latin1', 100), 'l'.repeat(segmentBytes - 100))
    const last = await readFile(join(folder, name(1, 8)))
    assert.equal(last.length, segmentBytes)
    const written = lsn - 8 * segmentBytes
    assert.ok(last[written - 1] !== 0 && last.subarray(written).every((byte) => byte === 0))
    assert.ok((await stat(join(folder, 'archive_status', `${name(1, 8)}.done`))).isFile())
  })
})

for (const [what, back] of [
  ['where its parent ends', 0],
  ['before its parent ends', 500],
] as const) {
  test(`a timeline that begins ${what} begins with the parent's log, which is padded`, async () => {
    await withWriter(start, async (writer, folder) => {
      await writer.write(1, start, Buffer.alloc(1000, 'p'))
      await writer.write(2, start + 1000 - back, Buffer.alloc(600, 'c'))
      await writer.end()
      const parent = await readFile(join(folder, name(1, 5)))
      const child = await readFile(join(folder, name(2, 5)))
      assert.equal(parent.toString('latin1').replaceAll('\0', ''), 'p'.repeat(1000))
      assert.equal(child.toString('latin1').replaceAll('\0', ''), 'p'.repeat(1000 - back) + 'c'.repeat(600))
      assert.deepEqual([parent.length, child.length], [segmentBytes, segmentBytes])
    })
  })
}

test('a timeline that begins with a segment needs nothing of its parent', async () => {
  await withWriter(start, async (writer, folder) => {
    await writer.write(1, start, Buffer.alloc(segmentBytes, 'p'))
    await writer.write(2, start + segmentBytes, Buffer.alloc(10, 'c'))
    await writer.end()
    const files = (await readdir(folder)).filter((file) => file.length === 24)
    assert.deepEqual(files.sort(), [name(1, 5), name(2, 6)])
  })
})

for (const [what, timeline, at] of [
  ['after a hole', 1, start + 2000],
  ['in an earlier segment', 2, start - 8],
] as const) {
  test(`log that goes on ${what} is a gap`, async () => {
    await withWriter(start, async (writer, folder) => {
      await writer.write(1, start, Buffer.alloc(1000, 'p'))
      await assert.rejects(writer.write(timeline, at, Buffer.alloc(8)), (error) => isCoffreError(error, 'journal.gap'))
      await writer[Symbol.asyncDispose]()
      assert.deepEqual((await readdir(folder)).sort(), [name(1, 5), 'archive_status'])
    })
  })
}
