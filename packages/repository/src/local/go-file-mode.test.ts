import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NodeType } from '../format/node.ts'
import { goFileMode, permissionsOf } from './go-file-mode.ts'

/** From Go itself: `uint32(info.Mode())` of such files. */
const known: readonly (readonly [type: Exclude<NodeType, ''>, permissions: number, mode: number])[] = [
  ['file', 0o644, 420],
  ['file', 0, 0],
  ['file', 0o4755, 8389101],
  ['file', 0o2755, 4194797],
  ['dir', 0o755, 2147484141],
  ['dir', 0o1777, 2148532735],
  ['symlink', 0o777, 134218239],
  ['dev', 0o660, 67109296],
  ['chardev', 0o666, 69206454],
  ['fifo', 0o600, 33554816],
  ['socket', 0o777, 16777727],
  ['irregular', 0o600, 524672],
]

for (const [type, permissions, mode] of known) {
  test(`${type} with ${permissions.toString(8)} is ${mode} in Go, and back`, () => {
    assert.equal(goFileMode(type, permissions), mode)
    assert.equal(permissionsOf(mode), permissions)
  })
}

test('every permission bit survives', () => {
  for (let permissions = 0; permissions <= 0o7777; permissions++) {
    assert.equal(permissionsOf(goFileMode('dir', permissions)), permissions)
  }
})
