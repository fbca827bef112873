import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { test } from 'node:test'
import { byteStringFrom } from '@coffre/foundation'
import { temporaryFolder } from '@coffre/testkit'
import { isFileSystemError } from './file-system-error.ts'
import { LinuxFiles } from './linux-files.ts'
import { openLinuxLibrary } from './linux-library.ts'
import type { FileTime } from './local-files.ts'

const files = new LinuxFiles()

const times: readonly FileTime[] = [
  { seconds: 1700000000, nanoseconds: 123456789 },
  { seconds: 0, nanoseconds: 1 },
  { seconds: -1, nanoseconds: 999999999 },
  { seconds: -86400 * 365, nanoseconds: 500 },
  { seconds: 2 ** 32 + 7, nanoseconds: 42 },
]

test('times are kept to the nanosecond, before 1970 and after 2038', async () => {
  await using folder = await temporaryFolder()
  const path = `${folder.path}/file`
  const descriptor = files.openForWrite(path, true)
  for (const time of times) {
    const other = { seconds: time.seconds + 1, nanoseconds: 3 }
    files.setTimes(path, other, time)
    assert.deepEqual(files.status(path).mtime, time)
    assert.deepEqual(files.status(path).atime, other)
    files.setTimesOf(descriptor, time, other)
    assert.deepEqual(files.statusOf(descriptor).atime, time)
    assert.deepEqual(files.statusOf(descriptor).mtime, other)
  }
  files.close(descriptor)
})

test('fifos and sockets are made', async () => {
  await using folder = await temporaryFolder()
  files.makeFifo(`${folder.path}/fifo`, 0o600)
  files.makeSocket(`${folder.path}/socket`)
  assert.equal(files.status(`${folder.path}/fifo`).type, 'fifo')
  assert.equal(files.status(`${folder.path}/fifo`).permissions, 0o600)
  assert.equal(files.status(`${folder.path}/socket`).type, 'socket')
  const types = new Map(files.readDirectory(folder.path).map(({ name, type }) => [name, type]))
  assert.ok(['fifo', ''].includes(types.get('fifo') ?? 'none'))
  assert.ok(['socket', ''].includes(types.get('socket') ?? 'none'))
})

test('extended attributes of any size and bytes are set, listed in order and removed', async () => {
  await using folder = await temporaryFolder()
  const path = `${folder.path}/file`
  fs.writeFileSync(path, '')
  assert.deepEqual(files.extendedAttributes(path), [])
  const odd = `user.${byteStringFrom(Buffer.of(0xff, 0x80))}`
  const wanted = [
    { name: 'user.empty', value: new Uint8Array(0) },
    { name: 'user.large', value: new Uint8Array(2000).fill(7) },
    { name: 'user.text', value: new Uint8Array(Buffer.from('some\0bytes\xff', 'latin1')) },
    { name: odd, value: Uint8Array.of(1) },
  ]
  for (const attribute of wanted.toReversed()) files.setExtendedAttribute(path, attribute)
  assert.deepEqual(files.extendedAttributes(path), wanted)
  files.setExtendedAttribute(path, { name: 'user.text', value: Uint8Array.of(2) })
  files.removeExtendedAttribute(path, 'user.large')
  files.removeExtendedAttribute(path, odd)
  assert.deepEqual(files.extendedAttributes(path), [
    { name: 'user.empty', value: new Uint8Array(0) },
    { name: 'user.text', value: Uint8Array.of(2) },
  ])
})

test('a list of names beyond the usual length is read whole', async () => {
  await using folder = await temporaryFolder()
  const path = `${folder.path}/file`
  fs.writeFileSync(path, '')
  const names = Array.from({ length: 20 }, (_, i) => `user.${String(i).padStart(2, '0')}${'n'.repeat(60)}`)
  for (const name of names) files.setExtendedAttribute(path, { name, value: Uint8Array.of(names.indexOf(name)) })
  assert.deepEqual(
    files.extendedAttributes(path).map(({ name }) => name),
    names,
  )
})

test('failures of extended attributes name the attribute', async () => {
  await using folder = await temporaryFolder()
  const path = `${folder.path}/file`
  fs.writeFileSync(path, '')
  assert.throws(
    () => files.removeExtendedAttribute(path, 'user.none'),
    /remove an extended attribute of .*: user\.none: .*\(ENODATA\)/,
  )
  assert.throws(() => files.setExtendedAttribute(path, { name: 'nonsense', value: Uint8Array.of(1) }), /nonsense: .*\(ENOTSUP\)/)
  assert.throws(() => files.setExtendedAttribute(path, { name: 'user.a\0', value: Uint8Array.of(1) }), /zero byte \(EINVAL\)/)
  assert.throws(
    () => files.setExtendedAttribute(path, { name: 'user.a', value: new Uint8Array(70_000) }),
    (error) => isFileSystemError(error, 'E2BIG', 'ENOSPC', 'ERANGE'),
  )
  assert.throws(
    () => files.extendedAttributes(`${path}/none`),
    (error) => isFileSystemError(error, 'ENOTDIR'),
  )
})

test('a file system without extended attributes has none', () => {
  assert.deepEqual(files.extendedAttributes('/proc/self/status'), [])
})

test('permissions are set without following links on kernels without fchmodat2', async () => {
  await using folder = await temporaryFolder()
  const path = `${folder.path}/file`
  fs.writeFileSync(path, '')
  files.makeSymlink('file', `${folder.path}/link`)
  const old = new LinuxFiles({ ...openLinuxLibrary(), chmodAt: () => -1 })
  const descriptors = fs.readdirSync('/proc/self/fd').length
  old.setPermissions(path, 0o4711)
  assert.equal(old.status(path).permissions, 0o4711)
  assert.throws(
    () => old.setPermissions(`${folder.path}/link`, 0o600),
    (error) => isFileSystemError(error, 'ENOTSUP'),
  )
  assert.throws(
    () => old.setPermissions(`${folder.path}/none`, 0o600),
    (error) => isFileSystemError(error, 'ENOENT'),
  )
  assert.equal(fs.readdirSync('/proc/self/fd').length, descriptors)
})

test('reading does not change access times', async () => {
  await using folder = await temporaryFolder()
  const path = `${folder.path}/file`
  fs.writeFileSync(path, 'content')
  const old = { seconds: 1000, nanoseconds: 0 }
  files.setTimes(path, old, old)
  files.setTimes(folder.path, old, old)
  const descriptor = files.openForRead(path)
  fs.readSync(descriptor, Buffer.alloc(7))
  files.close(descriptor)
  files.readDirectory(folder.path)
  assert.deepEqual(files.status(path).atime, old)
  assert.deepEqual(files.status(folder.path).atime, old)
})
