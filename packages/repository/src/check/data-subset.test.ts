import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '@coffre/testkit'
import { parseDataSubset, selectPacks } from './data-subset.ts'

const packs = Array.from({ length: 1000 }, (_, pack) => pack)
const firstByteOf = (pack: number): number => pack % 256
const sizeOf = (pack: number): number => 100 + pack

function select(text: string, from: readonly number[] = packs): number[] {
  return selectPacks(from, parseDataSubset(text), firstByteOf, sizeOf, new SeededRandom(1))
}

test('groups have no pack in common and all packs together', () => {
  for (const groups of [1, 2, 7, 256]) {
    const chosen = Array.from({ length: groups }, (_, group) => select(`${group + 1}/${groups}`)).flat()
    assert.deepEqual(
      chosen.toSorted((a, b) => a - b),
      packs,
    )
  }
})

test('a share is drawn without repetition and never empty', () => {
  assert.equal(select('2.5%').length, 25)
  assert.equal(new Set(select('50%')).size, 500)
  assert.deepEqual(
    select('100%').toSorted((a, b) => a - b),
    packs,
  )
  assert.equal(select('1%', [3]).length, 1)
  assert.deepEqual(select('1%', []), [])
  const first = new Set(
    Array.from(
      { length: 40 },
      (_, seed) => selectPacks(packs, parseDataSubset('.1%'), firstByteOf, sizeOf, new SeededRandom(seed))[0],
    ),
  )
  assert.ok(first.size > 20)
})

test('a size becomes a share of the whole', () => {
  const total = packs.reduce((sum, pack) => sum + sizeOf(pack), 0)
  assert.equal(select(`${Math.ceil(total / 4)}`).length, 250)
  assert.equal(select('1T').length, 1000)
  assert.deepEqual(parseDataSubset('3K'), { kind: 'bytes', sizeBytes: 3072 })
  assert.deepEqual(select('5m', []), [])
})

test('anything else is refused', () => {
  for (const text of ['', '0/5', '6/5', '1/257', '101%', '0%', '-1%', '0', 'x', '5X', '1/2/3', '1.5G']) {
    assert.throws(() => parseDataSubset(text), { code: 'usage.invalid' }, text)
  }
})
