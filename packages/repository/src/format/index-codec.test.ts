import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Random } from '@coffre/foundation'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { encodeIndex, IndexEncoder, type IndexedPack } from './index-encoder.ts'
import { type IndexVisitor, scanIndex } from './index-scanner.ts'

const packId = 'cd'.repeat(32)
const blobId = '0123456789abcdef'.repeat(4)

class Recorder implements IndexVisitor {
  readonly id = new Uint8Array(32)
  readonly told: string[] = []

  pack(): void {
    this.told.push(`pack ${this.#hex}`)
  }

  blob(isTree: boolean, offset: number, sealedBytes: number, rawBytes: number): void {
    this.told.push(`${isTree ? 'tree' : 'data'} ${this.#hex} ${offset} ${sealedBytes} ${rawBytes}`)
  }

  get #hex(): string {
    return Buffer.from(this.id).toString('hex')
  }
}

function scan(content: string | Buffer): string[] {
  const recorder = new Recorder()
  scanIndex(Buffer.from(content), recorder)
  return recorder.told
}

test('an index is written as restic writes it', () => {
  const packs: readonly IndexedPack[] = [
    {
      id: packId,
      blobs: [
        { id: blobId, isTree: false, offset: 0, sealedBytes: 38, rawBytes: 0 },
        { id: packId, isTree: true, offset: 38, sealedBytes: 50, rawBytes: 90 },
      ],
    },
    { id: blobId, blobs: [] },
  ]
  const json =
    `{"packs":[{"id":"${packId}","blobs":[{"id":"${blobId}","type":"data","offset":0,"length":38},` +
    `{"id":"${packId}","type":"tree","offset":38,"length":50,"uncompressed_length":90}]},{"id":"${blobId}","blobs":[]}]}\n`
  assert.equal(encodeIndex(packs).toString(), json)
  assert.deepEqual(scan(json), [`pack ${packId}`, `data ${blobId} 0 38 0`, `tree ${packId} 38 50 90`, `pack ${blobId}`])
  assert.equal(encodeIndex([]).toString(), '{"packs":[]}\n')
  assert.deepEqual(scan('{"packs":[]}\n'), [])
})

test('an encoder counts, and grows with its index', () => {
  const encoder = new IndexEncoder()
  for (let pack = 0; pack < 40; pack++) {
    encoder.beginPack(packId)
    for (let blob = 0; blob < 100; blob++) encoder.blob(blobId, false, blob, 1, 0)
  }
  assert.deepEqual([encoder.packCount, encoder.blobCount], [40, 4000])
  assert.equal(scan(encoder.finish()).length, 4040)
})

test('older and other shapes are read', () => {
  const pack = `{"id":"${packId}","blobs":[{"id":"${blobId}","type":"data","offset":1,"length":2}]}`
  const expected = [`pack ${packId}`, `data ${blobId} 1 2 0`]
  const shapes = [
    `[${pack}]`,
    `[${pack}]\n`,
    `{"supersedes":["${blobId}","${packId}"],"packs":[${pack}]}`,
    `{"packs":[${pack}],"colour":"red"}`,
    JSON.stringify(JSON.parse(`{"packs":[${pack}]}`), null, 2),
    `{"packs":[{"blobs":[{"length":2,"offset":1,"type":"data","id":"${blobId.toUpperCase()}"}],"id":"${packId}"}]}`,
    `{"packs":[${pack.replace('"length":2', '"length":2,"uncompressed_length":0')}]} `,
  ]
  for (const json of shapes) assert.deepEqual(scan(json), expected, json)
  assert.deepEqual(scan(`{"packs":[${pack},{"id":"${blobId}","blobs":null}]}`), [...expected, `pack ${blobId}`])
  assert.deepEqual(scan('{"packs":null}'), [])
  assert.deepEqual(scan('[]'), [])
})

test('numbers of more than 32 bits and what is no index are damage', () => {
  const withNumber = (number: string): string =>
    `{"packs":[{"id":"${packId}","blobs":[{"id":"${blobId}","type":"data","offset":${number},"length":2}]}]}`
  assert.deepEqual(scan(withNumber('4294967295')), [`pack ${packId}`, `data ${blobId} 4294967295 2 0`])
  const cases = [
    '',
    '{',
    '7',
    '"x"',
    '{"packs":[7]}',
    '{"packs":[{}]}',
    withNumber('4294967296'),
    withNumber('-1'),
    withNumber('01'),
    withNumber('1.5'),
    `${withNumber('1')}x`,
  ]
  cases.push(
    withNumber('1').replace('data', 'blob'),
    withNumber('1').replace(blobId, blobId.slice(1)),
    withNumber('1').slice(0, -1),
  )
  for (const json of cases) assert.throws(() => scan(json), { code: 'repository.damaged' }, json)
})

test('the scanner agrees with JSON.parse on canonical and on mutated indexes', () => {
  const random = new SeededRandom(testSeed('index-codec'))
  for (let round = 0; round < 3000; round++) {
    const content = Buffer.from(encodeIndex(randomPacks(random)))
    for (let mutations = random.integer(3); mutations > 0; mutations--) {
      content[random.integer(content.length)] =
        random.integer(2) === 0 ? random.integer(256) : (content[random.integer(content.length)] ?? 0)
    }
    assert.deepEqual(
      outcome(() => scan(content)),
      outcome(() => viaParse(content)),
      content.toString(),
    )
  }
})

function randomPacks(random: Random): IndexedPack[] {
  const id = (): string => Buffer.from(random.bytes(32)).toString('hex')
  return Array.from({ length: random.integer(3) }, () => ({
    id: id(),
    blobs: Array.from({ length: random.integer(4) }, () => ({
      id: id(),
      isTree: random.integer(2) === 0,
      offset: random.integer(2 ** (1 + random.integer(31))),
      sealedBytes: random.integer(2 ** 32),
      rawBytes: random.integer(2) * random.integer(2 ** 32),
    })),
  }))
}

function outcome(action: () => string[]): string[] | 'damaged' {
  try {
    return action()
  } catch {
    return 'damaged'
  }
}

/** The plain reading of an index; throws on everything that is not one. */
function viaParse(content: Buffer): string[] {
  const hex = (value: unknown): string =>
    typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value) ? value.toLowerCase() : assert.fail()
  const number = (value: unknown): number => {
    if (value === undefined || value === null) return 0
    return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32 ? value : assert.fail()
  }
  const told: string[] = []
  const parsed = JSON.parse(content.toString())
  assert.ok(typeof parsed === 'object' && parsed !== null)
  assert.ok(parsed.packs == null || Array.isArray(parsed.packs))
  for (const pack of parsed.packs ?? []) {
    told.push(`pack ${hex(pack.id)}`)
    assert.ok(pack.blobs == null || Array.isArray(pack.blobs))
    for (const blob of pack.blobs ?? []) {
      assert.ok(blob.type === 'data' || blob.type === 'tree')
      told.push(`${blob.type} ${hex(blob.id)} ${number(blob.offset)} ${number(blob.length)} ${number(blob.uncompressed_length)}`)
    }
  }
  return told
}
