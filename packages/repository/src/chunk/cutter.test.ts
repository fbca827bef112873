import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Random } from '@coffre/foundation'
import { SeededRandom, testSeed } from '@coffre/testkit'
import type { Cutter } from './cutter.ts'
import { FixedCutter } from './fixed-cutter.ts'
import { GearCutter, gearTable } from './gear-cutter.ts'
import { RabinCutter } from './rabin-cutter.ts'

const mebi = 1024 * 1024
const table = gearTable(Buffer.from('a secret of the vault'))
const cutters: Readonly<Record<string, () => Cutter>> = {
  fixed: () => new FixedCutter(),
  gear: () => new GearCutter(table),
  rabin: () => new RabinCutter('2cdad2c1931f73'),
}

for (const [name, newCutter] of Object.entries(cutters)) {
  test(`${name}: chunks add up to the content and keep within their bounds`, () => {
    const random = new SeededRandom(testSeed('cutter'))
    for (const content of [contentOf(random, 24 * mebi), Buffer.alloc(20 * mebi, 'A'), Buffer.alloc(0), Buffer.of(1)]) {
      const lengths = cutWhole(newCutter(), content)
      assert.equal(sum(lengths), content.length)
      for (const length of lengths.slice(0, -1)) assert.ok(length >= mebi / 2 && length <= newCutter().maxBytes, `length ${length}`)
    }
  })

  test(`${name}: neither buffers nor their places change the cuts`, () => {
    const random = new SeededRandom(testSeed('cutter'))
    const content = contentOf(random, 16 * mebi)
    const expected = cutWhole(newCutter(), content)
    for (let round = 0; round < 6; round++) {
      const bufferBytes = newCutter().maxBytes + random.integer(mebi)
      assert.deepEqual(cutStream(newCutter(), content, bufferBytes, random), expected)
    }
  })

  test(`${name}: data is called for only where it could decide`, () => {
    const cutter = newCutter()
    const data = Buffer.alloc(cutter.maxBytes + 1, 'A')
    for (const end of [0, 1, mebi / 2 - 1]) assert.equal(cutter.next(data, 0, end, false), undefined)
    assert.equal(newCutter().next(data, 1, cutter.maxBytes + 1, false), cutter.maxBytes)
    assert.equal(newCutter().next(data, 0, 17, true), 17)
    assert.equal(newCutter().next(data, 5, 5, true), 0)
  })
}

for (const name of ['gear', 'rabin'] as const) {
  test(`${name}: an insertion changes only the chunks around it`, () => {
    const random = new SeededRandom(testSeed('cutter'))
    const content = contentOf(random, 48 * mebi)
    const at = 16 * mebi + random.integer(mebi)
    const changed = Buffer.concat([content.subarray(0, at), random.bytes(1 + random.integer(100)), content.subarray(at)])
    const before = chunkSet(cutters[name]?.() as Cutter, content)
    const after = chunkSet(cutters[name]?.() as Cutter, changed)
    const fresh = [...after].filter((chunk) => !before.has(chunk))
    assert.ok(fresh.length >= 1 && fresh.length <= 6, `${fresh.length} of ${after.size} chunks are new`)
  })
}

test('gear: 1 MiB on average on random content', () => {
  const lengths = cutWhole(new GearCutter(table), contentOf(new SeededRandom(testSeed('cutter')), 96 * mebi))
  const average = sum(lengths) / lengths.length
  assert.ok(average > 0.88 * mebi && average < 1.15 * mebi, `average ${average}`)
})

test('gear: another secret, other cuts', () => {
  const content = contentOf(new SeededRandom(testSeed('cutter')), 8 * mebi)
  const other = gearTable(Buffer.from('another secret'))
  assert.notDeepEqual(cutWhole(new GearCutter(table), content), cutWhole(new GearCutter(other), content))
})

test('gear: the table and the cuts of a secret never change', () => {
  assert.deepEqual([...table.subarray(0, 4), table[255]], goldenTable)
  let state = 1
  const content = Buffer.alloc(6 * mebi)
  for (let i = 0; i < content.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    content[i] = state >>> 24
  }
  assert.deepEqual(cutWhole(new GearCutter(table), content), goldenCuts)
})

test('gear: the cuts are those of the plain definition', () => {
  const content = contentOf(new SeededRandom(testSeed('cutter')), 12 * mebi)
  const expected: number[] = []
  for (let begin = 0; begin < content.length; begin += expected.at(-1) ?? 0) expected.push(plainGearCut(content.subarray(begin)))
  assert.deepEqual(cutWhole(new GearCutter(table), content), expected)
})

function plainGearCut(content: Buffer): number {
  for (let length = mebi / 2 + 1; length <= Math.min(content.length, 4 * mebi); length++) {
    const mask = length <= 800 * 1024 ? 0xfffffc00 : 0xffffc000
    if ((plainGearHash(content, length) & mask) === 0) return length
  }
  return Math.min(content.length, 4 * mebi)
}

function plainGearHash(content: Buffer, length: number): number {
  let hash = 0
  for (let age = 0; age < 32; age++) hash = (hash + ((table[content[length - 1 - age] ?? 0] ?? 0) << age)) | 0
  return hash
}

const goldenTable = [921409723, -542711160, 1077105858, -328210156, 26339552]
const goldenCuts = [1300752, 1081145, 855947, 850115, 825193, 1106151, 272153]

function contentOf(random: Random, length: number): Buffer {
  return Buffer.from(random.bytes(length))
}

function cutWhole(cutter: Cutter, content: Buffer): number[] {
  const lengths: number[] = []
  for (let begin = 0; begin < content.length; begin += lengths.at(-1) ?? 0) {
    lengths.push(cutter.next(content, begin, content.length, true) ?? assert.fail('undecided at the end'))
  }
  return lengths
}

/** As a reader does it: a bounded buffer, refilled by pieces of any size, the rest of a chunk moved to any place in it. */
function cutStream(cutter: Cutter, content: Buffer, bufferBytes: number, random: Random): number[] {
  const room = 64
  const memory = Buffer.from(new ArrayBuffer(bufferBytes + room + 7), random.integer(8))
  const lengths: number[] = []
  let begin = 0
  let end = 0
  let taken = 0
  while (taken < content.length || begin < end) {
    const target = random.integer(room)
    memory.copyWithin(target, begin, end)
    end += target - begin
    begin = target
    const piece = Math.min(content.length - taken, bufferBytes - (end - begin), 1 + random.integer(700_000))
    content.copy(memory, end, taken, taken + piece)
    end += piece
    taken += piece
    for (;;) {
      const length = begin < end ? cutter.next(memory, begin, end, taken === content.length) : undefined
      if (length === undefined) break
      lengths.push(length)
      begin += length
    }
  }
  return lengths
}

function chunkSet(cutter: Cutter, content: Buffer): Set<string> {
  const chunks = new Set<string>()
  let begin = 0
  for (const length of cutWhole(cutter, content)) {
    chunks.add(content.toString('latin1', begin, begin + length))
    begin += length
  }
  return chunks
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
