import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { test } from 'node:test'
import { temporaryFolder } from '@coffre/testkit'
import { deviceNumber } from './device-number.ts'
import { isFileSystemError } from './file-system-error.ts'
import { LinuxFiles } from './linux-files.ts'

const files = new LinuxFiles()

test('devices are made with their numbers', async () => {
  await using folder = await temporaryFolder()
  for (const [name, type, major, minor] of [
    ['null', 'chardev', 1, 3],
    ['loop', 'dev', 7, 0],
    ['large', 'dev', 0xffe, 0xabcde],
  ] as const) {
    const path = `${folder.path}/${name}`
    files.makeDevice(path, type, deviceNumber(major, minor))
    const status = files.status(path)
    assert.equal(status.type, type)
    assert.equal(status.permissions, 0o600)
    assert.equal(status.specialDevice, deviceNumber(major, minor))
    assert.equal(BigInt(status.specialDevice), fs.lstatSync(path, { bigint: true }).rdev)
  }
})

test('a device number that the kernel would cut is refused', async () => {
  await using folder = await temporaryFolder()
  for (const device of [2 ** 32, 2n ** 60n + 1n]) {
    assert.throws(
      () => files.makeDevice(`${folder.path}/x`, 'dev', device),
      (error) => isFileSystemError(error, 'EINVAL'),
    )
  }
  assert.deepEqual(files.readDirectory(folder.path), [])
})

test('owners are set up to the largest number, of links too', async () => {
  await using folder = await temporaryFolder()
  const path = `${folder.path}/file`
  const descriptor = files.openForWrite(path, true)
  files.makeSymlink('file', `${folder.path}/link`)
  files.setOwner(path, 4294967294, 12345)
  files.setOwner(`${folder.path}/link`, 7, 8)
  assert.deepEqual([files.status(path).uid, files.status(path).gid], [4294967294, 12345])
  assert.deepEqual([files.status(`${folder.path}/link`).uid, files.status(`${folder.path}/link`).gid], [7, 8])
  files.setOwnerOf(descriptor, 1, 2)
  assert.deepEqual([files.statusOf(descriptor).uid, files.statusOf(descriptor).gid], [1, 2])
  files.close(descriptor)
})

test('extended attributes of links and of the system', async () => {
  await using folder = await temporaryFolder()
  files.makeSymlink('nowhere', `${folder.path}/link`)
  const attribute = { name: 'trusted.coffre', value: Uint8Array.of(1, 2, 3) }
  files.setExtendedAttribute(`${folder.path}/link`, attribute)
  assert.deepEqual(files.extendedAttributes(`${folder.path}/link`), [attribute])
  files.removeExtendedAttribute(`${folder.path}/link`, attribute.name)
  assert.deepEqual(files.extendedAttributes(`${folder.path}/link`), [])
})

test('as another user: what is forbidden says so, files of others are read all the same', async () => {
  await using folder = await temporaryFolder()
  fs.chmodSync(folder.path, 0o755)
  const open = `${folder.path}/open`
  const closed = `${folder.path}/closed`
  fs.writeFileSync(open, 'x', { mode: 0o644 })
  fs.writeFileSync(closed, 'x', { mode: 0o600 })
  fs.mkdirSync(`${folder.path}/dir`, 0o700)
  process.setegid?.(65534)
  process.seteuid?.(65534)
  try {
    files.close(files.openForRead(open))
    assert.equal(files.readDirectory(folder.path).length, 3)
    assert.throws(() => files.openForRead(closed), { code: 'storage.permission', errno: 'EACCES' })
    assert.throws(() => files.readDirectory(`${folder.path}/dir`), { errno: 'EACCES' })
    assert.throws(() => files.status(`${folder.path}/dir/x`), { errno: 'EACCES' })
    assert.throws(() => files.setOwner(open, 1, 1), { errno: 'EPERM', code: 'storage.permission' })
    assert.throws(
      () => files.makeDevice(`${folder.path}/null`, 'chardev', 0x103),
      (error) => isFileSystemError(error, 'EPERM', 'EACCES'),
    )
  } finally {
    process.seteuid?.(0)
    process.setegid?.(0)
  }
})
