import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatusReader, statusBytes } from './linux-status.ts'
import { NativeMemory } from './native-memory.ts'

test('statx fields are read as 64-bit numbers', () => {
  const memory = new NativeMemory(statusBytes, () => 0)
  memory.bytes.fill(0)
  memory.bytes.writeUInt16LE(0o104751, 28)
  memory.bytes.writeUInt32LE(4294967294, 20)
  memory.bytes.writeBigUInt64LE(0xffff_ffff_ffff_fffen, 32)
  memory.bytes.writeBigUInt64LE(2n ** 40n + 5n, 40)
  memory.bytes.writeBigInt64LE(-(2n ** 33n) - 1n, 112)
  memory.bytes.writeUInt32LE(999_999_999, 120)
  memory.bytes.writeBigInt64LE(2n ** 34n + 3n, 96)
  const status = new StatusReader(memory).read()
  assert.equal(status.type, 'file')
  assert.equal(status.permissions, 0o4751)
  assert.equal(status.uid, 4294967294)
  assert.equal(status.inode, 0xffff_ffff_ffff_fffen)
  assert.equal(status.sizeBytes, 2 ** 40 + 5)
  assert.deepEqual(status.mtime, { seconds: -(2 ** 33) - 1, nanoseconds: 999_999_999 })
  assert.deepEqual(status.ctime, { seconds: 2 ** 34 + 3, nanoseconds: 0 })
})
