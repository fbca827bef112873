import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileSystemIn } from './file-system-in.ts'

const mounts = 'disk / ext4 rw 0 0\nfast /data xfs rw 0 0\ntmpfs /data2 tmpfs rw 0 0\nover /data btrfs rw 0 0\n'

test('the file system of a path is the last one mounted on the longest folder above it', () => {
  assert.equal(fileSystemIn(mounts, '/data/x'), 'btrfs')
  assert.equal(fileSystemIn(mounts, '/data2'), 'tmpfs')
  assert.equal(fileSystemIn(mounts, '/data3/x'), 'ext4')
  assert.equal(fileSystemIn('', '/x'), 'unknown file system')
})
