import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { passesKnownAnswers } from './known-answers.ts'
import { NativePrimitives } from './native-primitives.ts'
import { openPrimitives } from './open-primitives.ts'
import { PortablePrimitives } from './portable-primitives.ts'
import { Sealer } from './sealer.ts'

const masterKey = { encrypt: Buffer.alloc(32, 1), macK: Buffer.alloc(16, 2), macR: Buffer.alloc(16, 3) }

for (const primitives of [new NativePrimitives(), new PortablePrimitives()]) {
  test(`${primitives.kind} primitives give the known answers`, () => {
    assert.equal(passesKnownAnswers(primitives), true)
  })
}

test('this Node offers native primitives', () => {
  assert.equal(openPrimitives().kind, 'native')
})

test('what one kind of primitives seals, the other opens, at every length around a block', () => {
  const native = new NativePrimitives()
  const portable = new PortablePrimitives()
  for (let length = 0; length < 100; length++) {
    for (const [from, to] of [
      [native, portable],
      [portable, native],
    ] as const) {
      const plain = from.allocate(256)
      plain.bytes.fill(length, 0, length)
      const sealed = from.allocate(256)
      new Sealer(masterKey, from).seal(sealed, 0, plain, 0, length)
      const source = to.allocate(256)
      sealed.bytes.copy(source.bytes)
      const opened = to.allocate(256)
      assert.equal(new Sealer(masterKey, to).open(opened, 0, source, 0, length + 32), true)
      assert.deepEqual(opened.bytes.subarray(0, length), plain.bytes.subarray(0, length))
    }
  }
})

test('a sealed thing with any bit flipped does not open and writes nothing', () => {
  const primitives = new NativePrimitives()
  const sealer = new Sealer(masterKey, primitives)
  const length = 40
  const plain = primitives.allocate(64)
  const sealed = primitives.allocate(128)
  sealer.seal(sealed, 0, plain, 0, length)
  for (let bit = 0; bit < (length + 32) * 8; bit++) {
    const byte = bit >> 3
    sealed.bytes[byte] = (sealed.bytes[byte] ?? 0) ^ (1 << (bit & 7))
    const target = primitives.allocate(64)
    target.bytes.fill(0xee)
    assert.equal(sealer.open(target, 0, sealed, 0, length + 32), false, `bit ${bit}`)
    assert.ok(target.bytes.every((value) => value === 0xee))
    sealed.bytes[byte] = (sealed.bytes[byte] ?? 0) ^ (1 << (bit & 7))
  }
  assert.equal(sealer.open(plain, 0, sealed, 0, length + 32), true)
})

test('both kinds decompress what the other compressed, and neither writes beyond its capacity', (t) => {
  const seed = testSeed(t.name)
  const random = new SeededRandom(seed)
  const native = new NativePrimitives()
  const portable = new PortablePrimitives()
  for (const [from, to] of [
    [native, portable],
    [portable, native],
  ] as const) {
    const content = from.allocate(100_000)
    content.bytes.set(random.bytes(50_000), 50_000)
    const packed = from.allocate(120_000)
    const size = from.compress(packed, 0, 120_000, content, 0, 100_000, 1)
    assert.ok(size > 50_000 && size < 60_000, `${size}`)
    assert.equal(from.compress(packed, 0, 40_000, content, 0, 100_000, 1), 0)
    const source = to.allocate(size)
    packed.bytes.copy(source.bytes, 0, 0, size)
    const back = to.allocate(100_000)
    assert.equal(to.decompress(back, 0, 99_999, source, 0, size), -1)
    assert.equal(to.decompress(back, 0, 100_000, source, 0, size), 100_000)
    assert.ok(back.bytes.equals(content.bytes))
    source.bytes[size >> 1] = (source.bytes[size >> 1] ?? 0) ^ 0xff
    source.bytes[3] = 0
    assert.equal(to.decompress(back, 0, 100_000, source, 0, size), -1)
  }
})
