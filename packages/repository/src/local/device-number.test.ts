import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deviceNumber } from './device-number.ts'

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
