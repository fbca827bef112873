import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CoffreError, type ErrorCode } from '@coffre/foundation'
import { errnoName, type FileOperation, FileSystemError, isFileSystemError } from './file-system-error.ts'

const codes: readonly (readonly [operation: FileOperation, errno: string, code: ErrorCode])[] = [
  ['open', 'ENOENT', 'source.missing'],
  ['read the status of', 'ENOTDIR', 'source.missing'],
  ['read the directory', 'EIO', 'source.failed'],
  ['open', 'EACCES', 'storage.permission'],
  ['set the owner of', 'EPERM', 'storage.permission'],
  ['make the directory', 'ENOENT', 'target.failed'],
  ['make the directory', 'ENOSPC', 'storage.no-space'],
  ['set an extended attribute of', 'EDQUOT', 'storage.no-space'],
  ['make the device', 'ENOTSUP', 'system.unsupported'],
]

for (const [operation, errno, code] of codes) {
  test(`${errno} of '${operation}' is ${code}`, () => {
    const error = new FileSystemError(operation, '/x', errno)
    assert.equal(error.code, code)
    assert.equal(error.errno, errno)
    assert.ok(error instanceof CoffreError)
    assert.ok(isFileSystemError(error, 'EBADF', errno))
    assert.ok(!isFileSystemError(error, 'EBADF'))
  })
}

test('the message names operation, path, reason and errno', () => {
  const error = new FileSystemError('open', '/a\udcff', 'EACCES')
  assert.equal(error.message, 'cannot open /a\\xff: permission denied (EACCES)')
  assert.match(error.hint ?? '', /as root\./)
})

test('an extended attribute is named too', () => {
  const error = new FileSystemError('set an extended attribute of', '/a', 'ENOTSUP', { attribute: 'user.b' })
  assert.equal(error.message, 'cannot set an extended attribute of /a: user.b: operation not supported (ENOTSUP)')
})

test('errno numbers have the names that Node gives them', () => {
  assert.deepEqual([2, 11, 61, 95, 117].map(errnoName), ['ENOENT', 'EAGAIN', 'ENODATA', 'ENOTSUP', 'EUCLEAN'])
  assert.equal(errnoName(4095), 'E4095')
  assert.match(new FileSystemError('open', '/a', errnoName(4095)).message, /unknown error \(E4095\)/)
  assert.match(new FileSystemError('open', '/a', 'EUCLEAN').message, /needs cleaning/)
})
