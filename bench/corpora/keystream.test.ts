import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Keystream } from './keystream.ts'

test('a part of the stream is the same wherever it begins, and another seed makes another stream', () => {
  const stream = new Keystream(1)
  const whole = stream.bytes(0, 4096)
  assert.deepEqual(stream.bytes(1024, 64), whole.subarray(1024, 1088))
  assert.notDeepEqual(new Keystream(2).bytes(0, 64), whole.subarray(0, 64))
  assert.throws(() => stream.bytes(8, 8), RangeError)
})
