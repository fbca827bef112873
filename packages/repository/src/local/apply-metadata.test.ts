import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { userInfo } from 'node:os'
import { test } from 'node:test'
import { temporaryFolder } from '@coffre/testkit'
import type { Node } from '../format/node.ts'
import { applyMetadata } from './apply-metadata.ts'
import { goFileMode } from './go-file-mode.ts'
import { LinuxFiles } from './linux-files.ts'

const files = new LinuxFiles()
const { uid, gid } = userInfo()
const user = (name: string, ...bytes: readonly number[]) => ({ name: `user.${name}`, value: Uint8Array.from(bytes) })

const node: Node = {
  name: 'file',
  type: 'file',
  mode: goFileMode('file', 0o4540),
  mtime: '1969-07-20T20:17:40.000000123Z',
  atime: '2024-03-31T03:00:00.5+02:00',
  ctime: '2024-03-31T03:00:00Z',
  uid,
  gid,
  extendedAttributes: [user('a', 1), user('b', 2, 3)],
  content: [],
}

test('all metadata is applied, and attributes that the node lacks are removed', async () => {
  await using folder = await temporaryFolder()
  const path = `${folder.path}/file`
  fs.writeFileSync(path, '')
  files.setExtendedAttribute(path, user('b', 9))
  files.setExtendedAttribute(path, user('surplus', 9))
  assert.deepEqual(applyMetadata(node, path, files, {}), [])
  const status = files.status(path)
  assert.equal(status.permissions, 0o4540)
  assert.deepEqual(status.mtime, { seconds: -14182940, nanoseconds: 123 })
  assert.deepEqual(status.atime, { seconds: 1711846800, nanoseconds: 500000000 })
  assert.deepEqual(files.extendedAttributes(path), node.extendedAttributes)
})

test('attributes that are not selected are neither set nor removed', async () => {
  await using folder = await temporaryFolder()
  const path = `${folder.path}/file`
  fs.writeFileSync(path, '')
  files.setExtendedAttribute(path, user('kept', 9))
  assert.deepEqual(applyMetadata(node, path, files, { selectAttribute: (name) => name === 'user.a' }), [])
  assert.deepEqual(files.extendedAttributes(path), [user('a', 1), user('kept', 9)])
})

test('of a symlink, the target keeps its permissions and times', async () => {
  await using folder = await temporaryFolder()
  const path = `${folder.path}/link`
  fs.writeFileSync(`${folder.path}/file`, '')
  files.makeSymlink('file', path)
  const before = files.status(`${folder.path}/file`)
  const { extendedAttributes: _, ...plain } = node
  assert.deepEqual(applyMetadata({ ...plain, type: 'symlink' }, path, files, {}), [])
  assert.deepEqual(files.status(path).mtime, { seconds: -14182940, nanoseconds: 123 })
  assert.deepEqual(files.status(`${folder.path}/file`), { ...before, ctime: files.status(`${folder.path}/file`).ctime })
})

test('each step that fails is reported, and the others are done', async () => {
  await using folder = await temporaryFolder()
  const path = `${folder.path}/file`
  fs.writeFileSync(path, '')
  const odd: Node = {
    ...node,
    mtime: 'yesterday',
    extendedAttributes: [{ name: 'nonsense', value: Uint8Array.of(1) }, user('a', 1)],
  }
  const failures = applyMetadata(odd, path, files, {})
  assert.deepEqual(
    failures.map((error) => error.code),
    ['system.unsupported', 'repository.damaged'],
  )
  assert.deepEqual(files.extendedAttributes(path), [user('a', 1)])
  assert.equal(files.status(path).permissions, 0o4540)
  const none = applyMetadata(node, `${folder.path}/none`, files, {})
  assert.equal(none.length, 6)
  assert.ok(none.every((error) => error.code === 'target.failed' || error.code === 'source.missing'))
})

test('what is forbidden is left out only when it is to be ignored', async () => {
  await using folder = await temporaryFolder()
  const path = `${folder.path}/file`
  fs.writeFileSync(path, '')
  class ForbiddingFiles extends LinuxFiles {
    override setOwner(at: string): void {
      super.openForRead(`${at}/none`)
    }
  }
  // A fifo takes no user attributes, whoever asks: EPERM.
  files.makeFifo(`${folder.path}/fifo`, 0o600)
  const fifo: Node = { ...node, type: 'fifo', content: null }
  const failures = applyMetadata(fifo, `${folder.path}/fifo`, files, { ignoreDenied: false })
  assert.deepEqual(
    failures.map((error) => error.code),
    ['storage.permission', 'storage.permission'],
  )
  assert.deepEqual(applyMetadata(fifo, `${folder.path}/fifo`, files, { ignoreDenied: true }), [])
  assert.equal(applyMetadata(node, path, new ForbiddingFiles(), { ignoreDenied: true }).length, 1)
})
