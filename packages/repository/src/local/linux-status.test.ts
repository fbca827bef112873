import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deviceNumber, StatusReader, statusBytes } from './linux-status.ts'
import { NativeMemory } from './native-memory.ts'

/** From gnu_dev_makedev(3), which Go's `unix.Mkdev` repeats. */
const devices: readonly (readonly [major: number, minor: number, device: number | bigint])[] = [
  [0, 0, 0],
  [8, 1, 0x801],
  [1, 3, 0x103],
  [259, 70000, 0x11110370],
  [0xfff, 0xfffff, 0xffffffff],
  [0x1000, 0, 0x1000_0000_0000],
  [0xffffffff, 0xffffffff, 0xffff_ffff_ffff_ffffn],
  [0x12345678, 0x9abcdef0, 0x1234_59ab_cde6_78f0n],
]

for (const [major, minor, device] of devices) {
  test(`the device ${major}:${minor} is ${device.toString(16)}`, () => {
    assert.equal(deviceNumber(major, minor), device)
  })
}

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
