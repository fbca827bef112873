import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type ByteString, byteStringFrom, bytesOf, compareByteStrings } from '@coffre/foundation'
import { findTool, ResticOracle } from '@coffre/testkit'
import type { Id, Node } from '../format/node.ts'
import { decodeTree } from '../format/tree-decoder.ts'
import { applyMetadata } from './apply-metadata.ts'
import type { NodeOptions } from './build-node.ts'
import { deviceNumber } from './device-number.ts'
import { readFileNode } from './file-node.ts'
import { LinuxFiles } from './linux-files.ts'
import { createSpecialFile } from './special-file.ts'

const files = new LinuxFiles()
process.env['COFFRE_RESTIC'] = findTool('restic', 'COFFRE_RESTIC')

let oracle: ResticOracle
let root: string

before(async () => {
  oracle = await ResticOracle.create()
  root = join(oracle.folder, 'tree')
  makeEveryKind(root)
})
after(() => oracle[Symbol.asyncDispose]())

const variants: readonly (readonly [name: string, options: NodeOptions, args: readonly string[], features: string])[] = [
  ['as restic has it by default', { withAtime: false, deviceIds: 'all' }, [], ''],
  ['with access times', { withAtime: true, deviceIds: 'all' }, ['--with-atime'], ''],
  ['with device ids for hard links only', { withAtime: false, deviceIds: 'linked' }, [], 'device-id-for-hardlinks=true'],
]

for (const [name, options, args, features] of variants) {
  test(`each node equals restic's, ${name}`, async () => {
    await oracle.run(['backup', '--force', ...args, 'tree'], { RESTIC_FEATURES: features })
    const [snapshot] = await oracle.json<readonly { readonly tree: Id }[]>(['snapshots', '--latest', '1'])
    assert.ok(snapshot !== undefined)
    const compared = await compareTree(snapshot.tree, oracle.folder, ['tree'], options)
    assert.ok(compared > 40, `only ${compared} nodes were compared`)
  })
}

test('a restored node is the node that was stored', () => {
  const target = join(oracle.folder, 'restored')
  fs.mkdirSync(target)
  for (const { name, type } of files.readDirectory(root)) {
    const options: NodeOptions = { withAtime: true, deviceIds: 'linked' }
    const path = `${root}/${name}`
    const stored = readFileNode(files, path, name, files.status(path), options, assert.fail)
    const restored = `${target}/${name}`
    if (type === 'dir') files.makeDirectory(restored, 0o700)
    else if (type === 'file') files.close(files.openForWrite(restored, true))
    else createSpecialFile(stored, restored, files)
    assert.deepEqual(applyMetadata(stored, restored, files, {}), [])
    const again = readFileNode(files, restored, name, files.status(restored), options, assert.fail)
    assert.deepEqual(withoutPlace(again), withoutPlace(stored))
  }
})

/** What a copy cannot share with its original. */
function withoutPlace(node: Node): Partial<Node> {
  const { ctime, inode, deviceId, size, links, ...rest } = node
  return rest
}

async function compareTree(id: Id, folder: string, names: readonly ByteString[], options: NodeOptions): Promise<number> {
  const nodes = await loadTree(id)
  assert.deepEqual(
    nodes.map((node) => node.name),
    names.toSorted(compareByteStrings),
  )
  let compared = 0
  for (const expected of nodes) {
    const path = `${folder}/${expected.name}`
    const node = readFileNode(files, path, expected.name, files.status(path), options, assert.fail)
    const { content, subtree, extendedAttributes, ...fields } = expected
    const { content: ownContent, extendedAttributes: ownAttributes, ...ownFields } = node
    assert.deepEqual(ownFields, fields)
    assert.equal(ownContent === null, content === null)
    assert.deepEqual(
      ownAttributes ?? [],
      (extendedAttributes ?? []).toSorted((a, b) => compareByteStrings(a.name, b.name)).map(plainBytes),
    )
    compared += subtree === undefined ? 1 : 1 + (await compareTree(subtree, path, storedNames(path), options))
  }
  return compared
}

function plainBytes({ name, value }: { readonly name: string; readonly value: Uint8Array }) {
  return { name, value: new Uint8Array(value) }
}

/** restic leaves out sockets. */
function storedNames(folder: string): ByteString[] {
  return files
    .readDirectory(folder)
    .map((entry) => entry.name)
    .filter((name) => files.status(`${folder}/${name}`).type !== 'socket')
}

const trees = new Map<Id, Node[]>()

async function loadTree(id: Id): Promise<Node[]> {
  const known = trees.get(id)
  if (known !== undefined) return known
  const nodes = decodeTree(await oracle.run(['cat', 'blob', id]))
  trees.set(id, nodes)
  return nodes
}

function makeEveryKind(folder: string): void {
  const at = (name: string): string => `${folder}/${name}`
  const make = (name: string, content = ''): string => {
    fs.writeFileSync(bytesOf(at(name)), content)
    return at(name)
  }
  files.makeDirectory(folder, 0o755)
  make('empty')
  make('hard', 'linked')
  files.makeHardLink(at('hard'), at('hard-2'))
  for (const permissions of [0, 0o400, 0o777, 0o4755, 0o2755, 0o1644, 0o7777]) {
    files.setPermissions(make(`mode-${permissions.toString(8)}`, 'x'), permissions)
    files.makeDirectory(at(`dir-${permissions.toString(8)}`), 0o700)
    files.setPermissions(at(`dir-${permissions.toString(8)}`), permissions)
  }
  makeSpecialFiles(at)
  const sparse = files.openForWrite(at('sparse'), true)
  fs.ftruncateSync(sparse, 5_000_000)
  files.close(sparse)
  for (const bytes of [Buffer.of(0xff, 0xfe), Buffer.of(0x61, 0xed, 0xa0, 0x80), Buffer.from('é "\\\n\u2028<&> 🙂')]) {
    make(byteStringFrom(bytes), 'name')
    files.makeSymlink(byteStringFrom(bytes), at(`to-${bytes.toString('hex')}`))
  }
  makeAttributes(make('attributes', 'x'))
  makeAttributes(at('dir-777'))
  files.setOwner(make('owner', 'x'), 4294967290, 4294967291)
  files.setOwner(make('known-owner', 'x'), 65534, 1)
  makeTimes(make)
}

function makeSpecialFiles(at: (name: string) => string): void {
  files.makeFifo(at('fifo'), 0o640)
  files.makeSocket(at('socket'))
  files.makeDevice(at('null'), 'chardev', deviceNumber(1, 3))
  files.makeDevice(at('disk'), 'dev', deviceNumber(8, 17))
  files.makeDevice(at('large'), 'dev', deviceNumber(0xffe, 0xabcde))
  files.makeDevice(at('zero'), 'chardev', 0)
  files.makeSymlink('nowhere', at('symlink'))
  files.setOwner(at('symlink'), 3, 4)
  files.setTimes(at('symlink'), { seconds: 77, nanoseconds: 7 }, { seconds: 88, nanoseconds: 8 })
}

function makeAttributes(path: string): void {
  files.setExtendedAttribute(path, { name: 'user.z', value: Uint8Array.of(0, 255, 1) })
  files.setExtendedAttribute(path, { name: 'user.a', value: new Uint8Array(0) })
  files.setExtendedAttribute(path, { name: 'user.long', value: new Uint8Array(1500).fill(0x41) })
  files.setExtendedAttribute(path, { name: 'trusted.t', value: Uint8Array.of(1) })
  files.setExtendedAttribute(path, { name: 'security.s', value: Uint8Array.of(2) })
}

function makeTimes(make: (name: string, content?: string) => string): void {
  for (const [seconds, nanoseconds] of [
    [1700000000, 123456789],
    [1700000000, 100000000],
    [1, 1],
    [0, 0],
    [-1, 999999999],
    [-86400 * 3650, 5],
    [2 ** 33, 20],
  ] as const) {
    const path = make(`time-${seconds}-${nanoseconds}`, 'x')
    files.setTimes(path, { seconds: seconds + 3, nanoseconds: 30 }, { seconds, nanoseconds })
  }
}
