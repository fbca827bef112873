import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { test } from 'node:test'
import { temporaryFolder } from '@coffre/testkit'
import { buildNode, type NodeOptions } from './build-node.ts'
import { readFileNode } from './file-node.ts'
import { FileSystemError } from './file-system-error.ts'
import { LinuxFiles } from './linux-files.ts'
import type { FileStatus, UnreadableAttribute } from './local-files.ts'
import { createSpecialFile } from './special-file.ts'

const nodeOptions: NodeOptions = { withAtime: false, deviceIds: 'linked' }
const status: FileStatus = {
  type: 'file',
  permissions: 0o2755,
  uid: 1,
  gid: 2,
  links: 2,
  inode: 2n ** 63n,
  device: 64769,
  specialDevice: 0x103,
  sizeBytes: 12,
  blocks512: 8,
  mtime: { seconds: 10, nanoseconds: 5 },
  atime: { seconds: 20, nanoseconds: 0 },
  ctime: { seconds: 30, nanoseconds: 0 },
}
const inGreenwich = ({ seconds, nanoseconds }: FileStatus['mtime']): string => `${seconds}.${nanoseconds}`
const common = { name: 'n', uid: 1, gid: 2, user: 'u', inode: 2n ** 63n, mtime: '10.5', atime: '10.5', ctime: '30.0' }
const nodeOf = (changes: Partial<FileStatus>, options = nodeOptions) =>
  buildNode({ name: 'n', status: { ...status, ...changes }, user: 'u', group: '' }, options, inGreenwich)

test('a file has size and links', () => {
  const node = { ...common, type: 'file', mode: 4194797, deviceId: 64769, size: 12, links: 2, content: [] }
  assert.deepEqual(nodeOf({}), node)
})

test('a folder has neither, nor a device id unless asked for', () => {
  const node = { ...common, type: 'dir', mode: 2151678445, content: null }
  assert.deepEqual(nodeOf({ type: 'dir' }), node)
  assert.deepEqual(nodeOf({ type: 'dir' }, { withAtime: true, deviceIds: 'all' }), { ...node, atime: '20.0', deviceId: 64769 })
})

test('a device has its number', () => {
  const node = { ...common, type: 'chardev', mode: 69206454, links: 1, device: 0x103, content: null }
  assert.deepEqual(nodeOf({ type: 'chardev', permissions: 0o666, links: 1 }), node)
})

test("Go's zero values are absent", () => {
  const node = nodeOf({ permissions: 0, sizeBytes: 0, links: 0, device: 0 })
  assert.deepEqual(node, { ...common, type: 'file', content: [] })
})

test('attributes that cannot be read leave a node that lacks them, and are reported', async () => {
  await using folder = await temporaryFolder()
  const path = `${folder.path}/file`
  fs.writeFileSync(path, '')
  class PartlyReadable extends LinuxFiles {
    override extendedAttributes(at: string, onUnreadable?: UnreadableAttribute) {
      onUnreadable?.('user.a', new FileSystemError('read the extended attributes of', at, 'EACCES', { attribute: 'user.a' }))
      return [{ name: 'user.b', value: Uint8Array.of(1) }]
    }
  }
  class Unreadable extends LinuxFiles {
    override extendedAttributes(at: string): never {
      throw new FileSystemError('read the extended attributes of', at, 'EACCES')
    }
  }
  for (const [files, attributes] of [
    [new PartlyReadable(), [{ name: 'user.b', value: Uint8Array.of(1) }]],
    [new Unreadable(), undefined],
  ] as const) {
    const errors: FileSystemError[] = []
    const node = readFileNode(files, path, 'file', files.status(path), nodeOptions, (error) => errors.push(error))
    assert.deepEqual(node.extendedAttributes, attributes)
    assert.deepEqual(
      errors.map((error) => error.errno),
      ['EACCES'],
    )
  }
})

test('special files are made from their nodes; others are refused', async () => {
  await using folder = await temporaryFolder()
  const files = new LinuxFiles()
  const link = { ...nodeOf({ type: 'symlink' }), linkTarget: 'where\udcff' }
  createSpecialFile(link, `${folder.path}/link`, files)
  createSpecialFile(nodeOf({ type: 'fifo' }), `${folder.path}/fifo`, files)
  createSpecialFile(nodeOf({ type: 'socket' }), `${folder.path}/socket`, files)
  assert.equal(files.readLink(`${folder.path}/link`), 'where\udcff')
  assert.equal(files.status(`${folder.path}/fifo`).type, 'fifo')
  assert.equal(files.status(`${folder.path}/socket`).type, 'socket')
  for (const type of ['file', 'dir', 'irregular'] as const) {
    assert.throws(() => createSpecialFile(nodeOf({ type }), `${folder.path}/x`, files), { code: 'target.failed' })
  }
})
