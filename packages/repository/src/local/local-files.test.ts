import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { test } from 'node:test'
import { byteStringFrom, bytesOf, compareByteStrings } from '@coffre/foundation'
import { temporaryFolder } from '@coffre/testkit'
import { isFileSystemError } from './file-system-error.ts'
import { LinuxFiles } from './linux-files.ts'
import type { LocalFiles } from './local-files.ts'
import { PortableFiles, statusFrom } from './portable-files.ts'

const implementations: readonly (readonly [name: string, open: () => LocalFiles])[] = [
  ['LinuxFiles', () => new LinuxFiles()],
  ['PortableFiles', () => new PortableFiles()],
]

const strange = [
  Buffer.from('plain'),
  Buffer.from('été 🙂'),
  Buffer.of(0xff, 0xfe, 0x41),
  Buffer.of(0xed, 0xa0, 0x80),
  Buffer.from('new\nline \\ "quoted"'),
  Buffer.alloc(255, 'x'),
  Buffer.from('...'),
].map((bytes) => byteStringFrom(bytes))

function failsWith(act: () => unknown, errno: string, path: string): void {
  assert.throws(act, (error) => isFileSystemError(error, errno) && error.path === path)
}

for (const [name, open] of implementations) {
  test(`${name}: names of any bytes are made, listed and removed`, async () => {
    await using folder = await temporaryFolder()
    const files = open()
    for (const entry of strange) files.makeDirectory(`${folder.path}/${entry}`, 0o700)
    const listed = files.readDirectory(folder.path).sort((a, b) => compareByteStrings(a.name, b.name))
    assert.deepEqual(
      listed.map((entry) => entry.name),
      strange.toSorted(compareByteStrings),
    )
    assert.ok(listed.every((entry) => entry.type === 'dir' || entry.type === ''))
    assert.deepEqual(new Set(fs.readdirSync(folder.path, 'hex')), new Set(strange.map((entry) => bytesOf(entry).toString('hex'))))
    for (const entry of strange) files.removeDirectory(`${folder.path}/${entry}`)
    assert.deepEqual(files.readDirectory(folder.path), [])
  })

  test(`${name}: a directory of many buffers is listed whole`, async () => {
    await using folder = await temporaryFolder()
    const files = open()
    const wanted = new Set<string>()
    for (let i = 0; i < 5000; i++) {
      const entry = `${i}-${'n'.repeat(i % 120)}`
      wanted.add(entry)
      files.close(files.openForWrite(`${folder.path}/${entry}`, true))
    }
    const listed = files.readDirectory(folder.path)
    assert.equal(listed.length, wanted.size)
    assert.deepEqual(new Set(listed.map((entry) => entry.name)), wanted)
  })

  test(`${name}: status says what Node says`, async () => {
    await using folder = await temporaryFolder()
    const files = open()
    const path = `${folder.path}/file`
    fs.writeFileSync(path, 'content')
    fs.chmodSync(path, 0o4751)
    files.makeHardLink(path, `${folder.path}/other`)
    files.makeSymlink('some where', `${folder.path}/link`)
    for (const entry of ['file', 'other', 'link', '.']) {
      const at = `${folder.path}/${entry}`
      assert.deepEqual(files.status(at), statusFrom(fs.lstatSync(at, { bigint: true })), entry)
    }
    assert.equal(files.status(path).links, 2)
    assert.equal(files.status(path).permissions, 0o4751)
    assert.equal(files.status(`${folder.path}/link`).type, 'symlink')
    const descriptor = files.openForRead(path)
    assert.deepEqual(files.statusOf(descriptor), files.status(path))
    files.close(descriptor)
  })

  test(`${name}: links are read, and never followed`, async () => {
    await using folder = await temporaryFolder()
    const files = open()
    const target = byteStringFrom(Buffer.of(0x2e, 0x2e, 0x2f, 0xff, 0x80))
    const link = `${folder.path}/link`
    files.makeSymlink(target, link)
    assert.equal(files.readLink(link), target)
    fs.writeFileSync(`${folder.path}/file`, 'x')
    fs.mkdirSync(`${folder.path}/dir`)
    files.makeSymlink('file', `${folder.path}/to-file`)
    files.makeSymlink('dir', `${folder.path}/to-dir`)
    failsWith(() => files.openForRead(`${folder.path}/to-file`), 'ELOOP', `${folder.path}/to-file`)
    failsWith(() => files.openForWrite(`${folder.path}/to-file`, false), 'ELOOP', `${folder.path}/to-file`)
    failsWith(() => files.setPermissions(`${folder.path}/to-file`, 0o600), 'ENOTSUP', `${folder.path}/to-file`)
    const before = files.status(`${folder.path}/file`)
    files.setTimes(`${folder.path}/to-file`, { seconds: 1, nanoseconds: 0 }, { seconds: 2, nanoseconds: 0 })
    assert.deepEqual(files.status(`${folder.path}/file`), before)
    assert.deepEqual(files.status(`${folder.path}/to-file`).mtime, { seconds: 2, nanoseconds: 0 })
    failsWith(() => files.readLink(`${folder.path}/file`), 'EINVAL', `${folder.path}/file`)
  })

  test(`${name}: files are opened, written, read, renamed and removed`, async () => {
    await using folder = await temporaryFolder()
    const files = open()
    const path = `${folder.path}/${byteStringFrom(Buffer.of(0xff))}`
    const written = files.openForWrite(path, true)
    assert.equal(fs.fstatSync(written).mode & 0o777, 0o600)
    fs.writeSync(written, 'hello', 0)
    files.setPermissionsOf(written, 0o640)
    files.setTimesOf(written, { seconds: 5, nanoseconds: 0 }, { seconds: 6, nanoseconds: 0 })
    files.close(written)
    failsWith(() => files.openForWrite(path, true), 'EEXIST', path)
    files.close(files.openForWrite(path, false))
    assert.equal(files.status(path).sizeBytes, 5)
    assert.equal(files.status(path).permissions, 0o640)
    assert.deepEqual(files.status(path).mtime, { seconds: 6, nanoseconds: 0 })
    const memory = Buffer.from(new SharedArrayBuffer(16) as unknown as ArrayBuffer)
    const read = files.openForRead(path)
    assert.equal(fs.readSync(read, memory, 2, 10, 1), 4)
    files.close(read)
    assert.equal(memory.toString('latin1', 2, 6), 'ello')
    files.rename(path, `${folder.path}/new`)
    failsWith(() => files.status(path), 'ENOENT', path)
    files.removeFile(`${folder.path}/new`)
    assert.deepEqual(files.readDirectory(folder.path), [])
  })

  test(`${name}: only regular files are opened, and no descriptor is lost`, async () => {
    await using folder = await temporaryFolder()
    const files = open()
    const fifo = `${folder.path}/fifo`
    new LinuxFiles().makeFifo(fifo, 0o600)
    const before = fs.readdirSync('/proc/self/fd').length
    failsWith(() => files.openForRead(folder.path), 'EISDIR', folder.path)
    failsWith(() => files.openForWrite(folder.path, false), 'EISDIR', folder.path)
    failsWith(() => files.openForRead(fifo), 'EINVAL', fifo)
    failsWith(() => files.openForWrite(fifo, false), 'EINVAL', fifo)
    failsWith(() => files.readDirectory(`${folder.path}/none`), 'ENOENT', `${folder.path}/none`)
    assert.equal(fs.readdirSync('/proc/self/fd').length, before)
  })

  test(`${name}: failures name errno, operation and path`, async () => {
    await using folder = await temporaryFolder()
    const files = open()
    const file = `${folder.path}/file`
    const none = `${folder.path}/none/x`
    fs.writeFileSync(file, '')
    failsWith(() => files.status(none), 'ENOENT', none)
    failsWith(() => files.readDirectory(file), 'ENOTDIR', file)
    failsWith(() => files.openForRead(none), 'ENOENT', none)
    failsWith(() => files.openForWrite(none, false), 'ENOENT', none)
    failsWith(() => files.makeDirectory(folder.path, 0o700), 'EEXIST', folder.path)
    failsWith(() => files.makeSymlink('x', file), 'EEXIST', file)
    failsWith(() => files.makeHardLink(none, `${folder.path}/y`), 'ENOENT', `${folder.path}/y`)
    failsWith(() => files.setPermissions(none, 0o600), 'ENOENT', none)
    failsWith(() => files.setOwner(none, 0, 0), 'ENOENT', none)
    failsWith(() => files.setTimes(none, { seconds: 0, nanoseconds: 0 }, { seconds: 0, nanoseconds: 0 }), 'ENOENT', none)
    failsWith(() => files.rename(none, file), 'ENOENT', none)
    failsWith(() => files.removeFile(none), 'ENOENT', none)
    failsWith(() => files.removeDirectory(folder.path), 'ENOTEMPTY', folder.path)
    failsWith(() => files.statusOf(1_000_000), 'EBADF', 'file descriptor 1000000')
    failsWith(() => files.close(1_000_000), 'EBADF', 'file descriptor 1000000')
    assert.throws(() => files.makeDirectory(none, 0o700), {
      message: `cannot make the directory ${none}: no such file or directory (ENOENT)`,
      code: 'target.failed',
    })
  })

  test(`${name}: names that no system takes are refused before the system is asked`, async () => {
    await using folder = await temporaryFolder()
    const files = open()
    for (const act of [
      () => files.status(`${folder.path}\0/x`),
      () => files.makeSymlink('a\0b', `${folder.path}/link`),
      () => files.makeHardLink(folder.path, `${folder.path}/a\0`),
      () => files.rename(folder.path, `${folder.path}\0`),
    ]) {
      assert.throws(act, (error) => isFileSystemError(error, 'EINVAL') && error.message.includes('zero byte'))
    }
    for (const length of [256, 4200, 9000, 100_000]) {
      const path = `${folder.path}/${'n'.repeat(length)}`
      failsWith(() => files.status(path), 'ENAMETOOLONG', path)
      failsWith(() => files.makeDirectory(path, 0o700), 'ENAMETOOLONG', path)
      const bytes = `${folder.path}/${'\udcff'.repeat(length)}`
      failsWith(() => files.status(bytes), 'ENAMETOOLONG', bytes)
    }
    assert.deepEqual(files.readDirectory(folder.path), [])
  })
}
