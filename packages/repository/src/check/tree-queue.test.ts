import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { RepositoryIndex } from '../index/repository-index.ts'
import { TreeQueue } from './tree-queue.ts'

function indexOfTrees(packs: readonly number[]): RepositoryIndex {
  const index = new RepositoryIndex()
  for (const [number, pack] of packs.entries()) {
    index.blobs.add(createHash('sha256').update(`${number}`).digest(), 0, true, { pack, offset: 0, sealedBytes: 132, rawBytes: 0 })
  }
  return index
}

test('trees come out pack by pack, the fullest first, new ones of the same pack at once', () => {
  const packs = [1, 2, 2, 1, 2, 3, 2]
  const queue = new TreeQueue(indexOfTrees(packs))
  for (let entry = 0; entry < 6; entry++) queue.add(entry)
  const packsOf = (entries: readonly number[]): (number | undefined)[] => entries.map((entry) => packs[entry])
  assert.deepEqual(packsOf(queue.take(1, 1000)), [2])
  queue.add(6)
  assert.deepEqual(packsOf(queue.take(4, 1000)), [2, 2, 2, 1])
  assert.equal(queue.size, 2)
  assert.deepEqual(packsOf(queue.take(9, 1000)), [1, 3])
  assert.deepEqual(queue.take(9, 1000), [])
})

test('so much is given as fits, and one tree in any case', () => {
  const queue = new TreeQueue(indexOfTrees([1, 1, 1]))
  for (let entry = 0; entry < 3; entry++) queue.add(entry)
  assert.equal(queue.take(9, 300).length, 2)
  assert.equal(queue.take(9, 1).length, 1)
})
