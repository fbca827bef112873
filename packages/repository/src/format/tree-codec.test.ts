import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byteStringFrom, type Random } from '@coffre/foundation'
import { SeededRandom, testSeed } from '@coffre/testkit'
import type { Node } from './node.ts'
import { decodeTree, decodeTreeInBatches } from './tree-decoder.ts'
import { encodeTree, TreeEncoder } from './tree-encoder.ts'

const id = 'ab'.repeat(32)
const times = {
  mtime: '2026-11-21T10:54:20.1Z',
  atime: '2026-11-21T10:54:20Z',
  ctime: '2026-11-21T11:54:20.123456789+01:00',
} as const
const base = { ...times, uid: 0, gid: 0 } as const
const timesJson =
  '"mtime":"2026-11-21T10:54:20.1Z","atime":"2026-11-21T10:54:20Z","ctime":"2026-11-21T11:54:20.123456789+01:00","uid":0,"gid":0'

test('a tree is written with restic’s fields in restic’s order', () => {
  const nodes: readonly Node[] = [
    { ...base, name: 'a', type: 'dir', mode: 0x800001ed, content: null, subtree: id },
    {
      ...base,
      name: 'b"<',
      type: 'file',
      uid: 4294967295,
      user: 'r&d',
      group: 'g',
      inode: 18446744073709551615n,
      deviceId: 9007199254740993n,
      size: 5,
      links: 2,
      extendedAttributes: [
        { name: 'user.x', value: Buffer.of(0, 255) },
        { name: 'user.y', value: Buffer.alloc(0) },
      ],
      genericAttributes: new Map([
        ['b.z', '12345678901234567890'],
        ['a.y', '{"p":"<"}'],
      ]),
      content: [id, id],
      error: 'e',
    },
    { ...base, name: 'c', type: 'file', content: [] },
    { ...base, name: 'd', type: 'symlink', linkTarget: byteStringFrom(Buffer.of(0x2f, 0xff)), content: null },
    { ...base, name: 'é\u2028', type: 'chardev', device: 1283, content: null },
  ]
  const json = [
    `{"name":"a","type":"dir","mode":2147484141,${timesJson},"content":null,"subtree":"${id}"}`,
    `{"name":"b\\\\\\"\\u003c","type":"file",${timesJson.replace('"uid":0', '"uid":4294967295')},"user":"r\\u0026d","group":"g",` +
      '"inode":18446744073709551615,"device_id":9007199254740993,"size":5,"links":2,' +
      '"extended_attributes":[{"name":"user.x","value":"AP8="},{"name":"user.y","value":""}],' +
      `"generic_attributes":{"a.y":{"p":"\\u003c"},"b.z":12345678901234567890},"content":["${id}","${id}"],"error":"e"}`,
    `{"name":"c","type":"file",${timesJson},"content":[]}`,
    `{"name":"d","type":"symlink",${timesJson},"linktarget":"/\\ufffd","linktarget_raw":"L/8=","content":null}`,
    `{"name":"é\\\\u2028","type":"chardev",${timesJson},"device":1283,"content":null}`,
  ]
  const blob = encodeTree(nodes)
  assert.equal(blob.toString(), `{"nodes":[${json.join()}]}\n`)
  assert.equal(encodeTree(decodeTree(blob)).toString(), blob.toString())
  const read = decodeTree(blob)
  assert.deepEqual([read[0], read[2], read[3], read[4]], [nodes[0], nodes[2], nodes[3], nodes[4]])
  assert.equal(read[1]?.inode, 18446744073709551615n)
})

test('large numbers are exact, with and without generic attributes', () => {
  for (const inode of [2 ** 53 - 1, 9007199254740992n, 9223372036854775807n, 18446744073709551615n]) {
    for (const genericAttributes of [undefined, new Map([['x.y', '1.0']])]) {
      const node: Node = {
        ...base,
        name: '"inode":1234567890123456789,',
        type: 'file',
        inode,
        content: [],
        ...(genericAttributes && { genericAttributes }),
      }
      assert.deepEqual(decodeTree(encodeTree([node])), [node])
    }
  }
})

test('an empty tree', () => {
  assert.equal(encodeTree([]).toString(), '{"nodes":[]}\n')
  assert.deepEqual(decodeTree(Buffer.from('{"nodes":[]}\n')), [])
  assert.deepEqual(decodeTree(Buffer.from('{"nodes":null}')), [])
})

test('nodes out of order or twice are our bug', () => {
  const named = (name: string): Node => ({ ...base, name, type: 'file', content: [] })
  for (const names of [['b', 'a'], ['a', 'a'], [''], ['\u{10000}', '\uffff']]) {
    assert.throws(() => encodeTree(names.map(named)), RangeError, names.join())
  }
  assert.equal(decodeTree(encodeTree([named('\uffff'), named('\u{10000}')])).length, 2)
  const encoder = new TreeEncoder()
  encoder.add(named('z'))
  encoder.finish()
  encoder.add(named('a'))
  assert.equal(encoder.finish().toString(), encodeTree([named('a')]).toString())
})

test('fields of another program are reported', () => {
  const reported: string[] = []
  const blob = Buffer.from(`{"nodes":[{"name":"n","type":"file",${timesJson},"colour":"red","content":[]}],"version":3}`)
  decodeTree(blob, (field, node) => reported.push(`${node?.name}.${field}`))
  assert.deepEqual(reported, ['undefined.version', 'n.colour'])
})

test('what is malformed is damage', () => {
  const cases = [
    '',
    '{"nodes":[{]}',
    '[]',
    '{"nodes":{}}',
    `{"nodes":[{"name":"n","type":"file",${timesJson},"content":["ab"]}]}`,
    `{"nodes":[{"name":"n","type":"folder",${timesJson},"content":null}]}`,
    '{"nodes":[{"name":"n","type":"file","mtime":"yesterday","content":null}]}',
    '{"nodes":[{"name":"n","type":"file","uid":-1,"content":null}]}',
    '{"nodes":[{"name":"\\\\q","type":"file","content":null}]}',
    '{"nodes":[{"name":"n","type":"file","inode":18446744073709551616,"content":null}]}',
  ]
  for (const json of cases) assert.throws(() => decodeTree(Buffer.from(json)), { code: 'repository.damaged' }, json)
})

test('a large tree is read in batches, whatever its attributes look like', () => {
  const nodes: Node[] = []
  for (let i = 0; i < 20_000; i++) {
    const lookalike =
      i % 100 === 0
        ? { genericAttributes: new Map([['x.y', `[{"name":"a"},{"name":"b","type":${i}},{"name":"c","type":1}]`]]) }
        : {}
    const attributes =
      i % 3 === 0
        ? {
            extendedAttributes: [
              { name: 'user.a\\', value: Buffer.of(1) },
              { name: 'user.b', value: Buffer.of(2) },
            ],
          }
        : {}
    nodes.push({
      ...base,
      name: `${String(i).padStart(6, '0')}",{"name":"\\`,
      type: 'file',
      inode: 2n ** 60n + BigInt(i),
      ...attributes,
      ...lookalike,
      content: [id],
    })
  }
  const blob = encodeTree(nodes)
  const batches = [...decodeTreeInBatches(blob)]
  assert.ok(blob.length > 5_000_000 && batches.length > 3, `${batches.length} batches of ${blob.length} bytes`)
  assert.deepEqual(encodeTree(batches.flat()), blob)
  assert.deepEqual(decodeTree(blob), batches.flat())
  assert.throws(() => decodeTree(blob.subarray(0, blob.length / 2)), { code: 'repository.damaged' })
})

test('random trees survive byte for byte', () => {
  const random = new SeededRandom(testSeed('tree-codec'))
  for (let round = 0; round < 200; round++) {
    const nodes = randomNodes(random)
    const blob = encodeTree(nodes)
    assert.deepEqual(decodeTree(blob), nodes)
    assert.deepEqual(encodeTree(decodeTree(blob)), blob)
  }
})

function randomNodes(random: Random): Node[] {
  const names = new Map(
    Array.from({ length: random.integer(20) }, () => random.bytes(1 + random.integer(20))).map((bytes) => [
      Buffer.from(bytes).toString('hex'),
      bytes,
    ]),
  )
  const text = (): string => byteStringFrom(random.bytes(1 + random.integer(8))).toWellFormed()
  return [...names]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, bytes]) => ({
      name: byteStringFrom(bytes),
      type: 'file',
      mtime: times.mtime,
      atime: times.atime,
      ctime: times.ctime,
      uid: random.integer(2 ** 32),
      gid: random.integer(70000),
      content:
        random.integer(3) === 0
          ? null
          : Array.from({ length: random.integer(3) }, () => Buffer.from(random.bytes(32)).toString('hex')),
      ...(random.integer(2) && { user: text(), inode: random.integer(2 ** 48) + 1 }),
      ...(random.integer(4) === 0 && { inode: Buffer.from(random.bytes(8)).readBigUInt64LE() | (1n << 60n) }),
      ...(random.integer(4) === 0 && { linkTarget: byteStringFrom(random.bytes(5)) }),
      ...(random.integer(4) === 0 && {
        extendedAttributes: [{ name: text(), value: Buffer.from(random.bytes(random.integer(9))) }],
      }),
    }))
}
