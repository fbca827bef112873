import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { BlobIndex } from './blob-index.ts'
import { PackTable } from './pack-table.ts'

const place = (pack: number, offset: number) => ({ pack, offset, sealedBytes: 100 + offset, rawBytes: 0 })

test('finds every blob that was added, by type, and nothing else, through many growths', (t) => {
  const random = new SeededRandom(testSeed(t.name))
  const index = new BlobIndex()
  const ids = Array.from({ length: 20_000 }, () => Buffer.from(random.bytes(32)))
  ids.forEach((id, i) => {
    index.add(id, 0, i % 3 === 0, place(i >> 4, i & 15))
  })
  assert.equal(index.count, ids.length)
  ids.forEach((id, i) => {
    const entry = index.find(id, 0, i % 3 === 0)
    assert.equal(index.idHex(entry), id.toString('hex'))
    assert.deepEqual(index.location(entry), place(i >> 4, i & 15))
    assert.equal(index.find(id, 0, i % 3 !== 0), -1)
  })
  assert.equal(index.find(random.bytes(32), 0, false), -1)
  assert.ok(index.memoryBytes / index.count <= 60, `${index.memoryBytes / index.count} bytes a blob`)
})

test('what another thread has added is seen right at the first look, beyond the view of this one', () => {
  for (const look of ['packOf', 'isTree', 'location', 'idHex'] as const) {
    const writer = new BlobIndex()
    const reader = new BlobIndex(writer.memory)
    const id = Buffer.alloc(32, 9)
    // The reader's view was made when there was nothing.
    for (let entry = 0; entry < 3; entry++) writer.add(id, 0, true, place(entry + 5, entry))
    assert.deepEqual(reader[look](2), writer[look](2), look)
  }
})

test('keeps several places of one blob', () => {
  const index = new BlobIndex()
  const id = Buffer.alloc(32, 7)
  const entries = [0, 1, 2].map((pack) => index.add(id, 0, false, place(pack, 0)))
  assert.deepEqual(index.findAllHex(id.toString('hex'), false), entries)
  assert.deepEqual(index.siblings(entries[1] ?? -1), entries)
})

test('of several threads that claim the same blobs, each blob goes to exactly one', async () => {
  const index = new BlobIndex()
  const code = `
    import { workerData, parentPort } from 'node:worker_threads'
    const { BlobIndex } = await import(workerData.module)
    const index = new BlobIndex(workerData.memory)
    const id = Buffer.alloc(32)
    let won = 0
    for (let i = 0; i < 30000; i++) {
      id.writeUInt32LE(Math.imul(i, 2654435761) >>> 0)
      if (index.claim(id, 0, false) < 0) won++
    }
    parentPort.postMessage(won)`
  const module = new URL('./blob-index.ts', import.meta.url).href
  const wins = await Promise.all(
    [0, 1, 2].map(
      () =>
        new Promise<number>((resolve, reject) => {
          const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), {
            workerData: { module, memory: index.memory },
          })
          worker.once('message', resolve).once('error', reject)
        }),
    ),
  )
  assert.equal(
    wins.reduce((sum, won) => sum + won, 0),
    30_000,
  )
  assert.equal(index.count, 30_000)
})

test('a pack table finds packs by name and by number, with gaps in the numbers', (t) => {
  const random = new SeededRandom(testSeed(t.name))
  const table = new PackTable()
  const ids = Array.from({ length: 5000 }, () => Buffer.from(random.bytes(32)).toString('hex'))
  ids.forEach((id, i) => {
    table.set(i * 2, id, i)
  })
  ids.forEach((id, i) => {
    assert.equal(table.find(id), i * 2)
    assert.equal(table.id(i * 2), id)
    assert.equal(table.sizeBytes(i * 2), i)
    assert.equal(table.has(i * 2 + 1), false)
  })
  assert.equal(table.find('00'.repeat(32)), -1)
  assert.deepEqual([...table.numbers()].length, ids.length)
})

test('isAt knows the very place; a frozen index takes no more', () => {
  const index = new BlobIndex()
  const id = Buffer.alloc(32, 7)
  for (const pack of [1, 2]) index.add(id, 0, false, place(pack, 40))
  const other = new BlobIndex(index.memory)
  index.freeze()
  assert.equal(other.isAt(id.toString('hex'), false, place(2, 40)), true)
  assert.equal(other.isAt(id.toString('hex'), true, place(2, 40)), false)
  assert.equal(other.isAt(id.toString('hex'), false, place(2, 41)), false)
  assert.equal(other.isAt(id.toString('hex'), false, place(3, 40)), false)
  assert.equal(other.isAt(Buffer.alloc(32, 8).toString('hex'), false, place(1, 40)), false)
  assert.equal(other.find(id, 0, false), 0)
  assert.throws(() => other.add(Buffer.alloc(32, 8), 0, false, place(1, 0)), /frozen/)
})
