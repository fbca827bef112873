import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { openPrimitives } from '../crypto/open-primitives.ts'
import { Sealer } from '../crypto/sealer.ts'
import { BlobIndex } from '../index/blob-index.ts'
import { parsePackHeader } from '../pack/pack-header.ts'
import { PieceOpener } from './open-piece.ts'
import { type AssemblerOptions, type FinishedPack, PackAssembler } from './pack-assembler.ts'
import { GrowingSlots } from './pack-slots.ts'

const key = { encrypt: Buffer.alloc(32, 1), macK: Buffer.alloc(16, 2), macR: Buffer.alloc(16, 3) }

interface StoredPack {
  readonly number: number
  readonly id: string
  readonly bytes: Buffer
}

function bench(options: Partial<AssemblerOptions> = {}, packBytes = 64 * 1024) {
  const primitives = openPrimitives()
  const sealer = new Sealer(key, primitives)
  const index = new BlobIndex()
  const slots = new GrowingSlots(packBytes, primitives)
  const packs: StoredPack[] = []
  const emit = (pack: FinishedPack): void => {
    packs.push({ number: pack.number, id: pack.id, bytes: Buffer.from(pack.slot.region.bytes.subarray(0, pack.lengthBytes)) })
    slots.giveBack(pack.slot)
  }
  let turn = 0
  const all: AssemblerOptions = {
    level: 1,
    canCompress: true,
    verification: 'all',
    openDataPacks: 2,
    randomInteger: (below) => turn++ % below,
    ...options,
  }
  const assembler = new PackAssembler(primitives, sealer, index, slots, all, emit)
  const source = primitives.allocate(1 << 20)
  const id = primitives.allocate(32)
  const add = (content: Uint8Array, isTree = false): string => {
    source.bytes.set(content)
    assembler.add(isTree, source, 0, content.length, id, 0)
    return id.bytes.toString('hex', 0, 32)
  }
  return { primitives, sealer, index, packs, assembler, add, opener: new PieceOpener(primitives, sealer) }
}

test('every blob reads back from its pack at the place that the index names, and each pack is named by its hash', (t) => {
  const random = new SeededRandom(testSeed(t.name))
  const it = bench()
  const contents = Array.from({ length: 300 }, (_, i) =>
    i % 2 === 0 ? Buffer.from(random.bytes(1 + random.integer(3000))) : Buffer.alloc(1 + i * 7, i),
  )
  const ids = contents.map((content, i) => it.add(content, i % 5 === 0))
  it.assembler.finish()
  assert.ok(it.packs.length > 2)
  for (const pack of it.packs) assert.equal(hash('sha256', pack.bytes, 'hex'), pack.id)
  contents.forEach((content, i) => {
    const id = ids[i] ?? ''
    assert.equal(id, hash('sha256', content, 'hex'))
    const location = it.index.location(it.index.findHex(id, i % 5 === 0))
    const pack = it.packs.find(({ number }) => number === location.pack)
    assert.ok(pack)
    const region = it.primitives.allocate(pack.bytes.length)
    region.bytes.set(pack.bytes)
    const opened = it.opener.open(region, { id, ...location })
    assert.ok(typeof opened !== 'string', String(opened))
    assert.ok(opened.region.bytes.subarray(opened.offset, opened.offset + opened.length).equals(content))
  })
})

test('a pack lists its blobs in its header, trees and data in packs of their own', () => {
  const it = bench()
  for (let i = 0; i < 40; i++) it.add(Buffer.alloc(500, i), i % 2 === 0)
  it.assembler.finish()
  for (const pack of it.packs) {
    const sealedBytes = pack.bytes.readUInt32LE(pack.bytes.length - 4)
    const region = it.primitives.allocate(pack.bytes.length)
    region.bytes.set(pack.bytes)
    assert.ok(it.sealer.open(region, 0, region, pack.bytes.length - 4 - sealedBytes, sealedBytes))
    const blobs = parsePackHeader(region.bytes.subarray(0, sealedBytes - 32), pack.id)
    assert.equal(new Set(blobs.map((blob) => blob.isTree)).size, 1)
    for (const blob of blobs) {
      const location = it.index.location(it.index.findHex(blob.id, blob.isTree))
      assert.deepEqual(
        [location.pack, location.offset, location.sealedBytes, location.rawBytes],
        [pack.number, blob.offset, blob.sealedBytes, blob.rawBytes],
      )
    }
  }
})

test('a known blob is not stored again, and leftovers of two open packs are merged', () => {
  const it = bench()
  it.add(Buffer.from('one'))
  it.add(Buffer.from('two'))
  it.add(Buffer.from('one'))
  it.assembler.finish()
  assert.equal(it.packs.length, 1)
  assert.equal(it.assembler.counts.dataBlobs, 2)
})

test('a blob larger than a pack gets one of its own', () => {
  const it = bench({}, 4096)
  const id = it.add(Buffer.from(Array.from({ length: 20_000 }, (_, i) => Math.imul(i, 7919) >> 3)), true)
  it.assembler.finish()
  assert.equal(it.packs.length, 1)
  assert.equal(it.index.location(it.index.findHex(id, true)).offset, 0)
})

test('trees are compressed even when data is not, and never in format 1', () => {
  const off = bench({ level: undefined })
  const data = off.add(Buffer.alloc(5000, 1))
  const tree = off.add(Buffer.alloc(5000, 2), true)
  off.assembler.finish()
  assert.equal(off.index.location(off.index.findHex(data, false)).rawBytes, 0)
  assert.equal(off.index.location(off.index.findHex(tree, true)).rawBytes, 5000)
  const one = bench({ canCompress: false })
  const plain = one.add(Buffer.alloc(5000, 2), true)
  one.assembler.finish()
  assert.equal(one.index.location(one.index.findHex(plain, true)).rawBytes, 0)
})
